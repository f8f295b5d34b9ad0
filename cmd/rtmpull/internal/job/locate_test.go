package job

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// Whoever is to say where the stream is may need as long for it as the stream.
func TestLocate(t *testing.T) {
	silent := &CommandError{errors.New("it printed nothing")}
	for name, test := range map[string]struct {
		answers int // the first that is one; 0: none is
		with    func(p *Pull)
		ok      bool
		asked   int // at least
		told    map[Kind]int
	}{
		"at once":         {1, func(*Pull) {}, true, 1, nil},
		"not":             {2, func(*Pull) {}, false, 1, nil},
		"waited for":      {5, func(p *Pull) { p.Wait = time.Minute }, true, 5, map[Kind]int{Waiting: 1}},
		"waited for long": {0, func(p *Pull) { p.Wait = time.Minute }, false, 10, map[Kind]int{Waiting: 1}},
		"again":           {3, func(p *Pull) { p.Retry = Retry{First: true, Attempts: 2} }, true, 3, map[Kind]int{Reconnect: 2}},
		"not so often":    {4, func(p *Pull) { p.Retry = Retry{First: true, Attempts: 2} }, false, 3, map[Kind]int{Reconnect: 2}},
		"with a backup":   {2, func(p *Pull) { p.Backup = &rtmp.Target{Host: "other"} }, true, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPull(t, io.Discard, nil)
				want := p.Target
				p.Target = nil
				test.with(p)
				told, asked := map[Kind]int{}, 0
				p.Report = func(e Event) { told[e.Kind]++ }
				p.Fresh = func(context.Context) (*rtmp.Target, error) {
					if asked++; asked != test.answers {
						return nil, silent
					}
					return want, nil
				}
				wait, start := p.Wait, time.Now()
				err := p.Locate(t.Context())
				if (err == nil) != test.ok || err != nil && !errors.Is(err, silent) || asked < test.asked {
					t.Errorf("asked %d times: %v", asked, err)
				}
				if test.ok && p.Target != want && (p.Backup == nil || p.Target.Host != p.Backup.Host) {
					t.Errorf("it is at %v", p.Target)
				}
				for kind, n := range test.told {
					if told[kind] != n {
						t.Errorf("%d of %s, want %d", told[kind], kind, n)
					}
				}
				if took := time.Since(start); wait > 0 && p.Wait != max(1, wait-took) {
					t.Errorf("%v are left of %v after %v", p.Wait, wait, took)
				}
			})
		})
	}
}
