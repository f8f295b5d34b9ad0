package job

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestEarlyResumed: a file that has all that its server has of a stream, and that the
// stream's metadata promises more of, is complete when it is taken up. It is not if the
// server says no more than that it stops, or if it ends before the file does, or has
// nothing at all.
func TestEarlyResumed(t *testing.T) {
	r := reel{n: 500, every: 40, says: 20, complete: true}
	stops, shorter, silent, other := r, r, r, r
	stops.complete, shorter.n, silent.says, other.says = false, 215, 0, 5
	for name, c := range map[string]struct {
		reel  reel
		to    uint32 // pictures
		err   error
		early bool
	}{
		"the rest":                   {reel: r, to: 250, early: true},
		"nothing":                    {reel: r, to: 0, err: new(BeyondError)},
		"more":                       {reel: r, to: 500},
		"it stops":                   {reel: stops, to: 250, err: new(ShortError)},
		"nothing, and it stops":      {reel: stops, to: 0, err: new(BeyondError)},
		"less":                       {reel: shorter, to: 215, err: ErrAstray},
		"nothing of a shorter one":   {reel: other, to: 0, err: new(BeyondError)},
		"nothing, of who knows what": {reel: silent, to: 0, err: new(BeyondError)},
	} {
		t.Run(name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "reel.flv")
			first := r
			for _, resume := range []bool{false, true} {
				var scripts []rtmptest.Script
				reel, to := &first, uint32(250)
				if resume {
					reel, to = &c.reel, c.to
				}
				for range 3 {
					scripts = append(scripts, reel.visit(to, true))
				}
				early := false
				s := &shelved{dial: rtmptest.Dial(t, scripts[0], scripts[1:]...), report: func(e Event) { early = early || e.Kind == EndsEarly }}
				got := s.record(t.Context(), t, name, s.dial, resume)
				if !resume {
					continue
				}
				if fmt.Sprintf("%T", got.Err) != fmt.Sprintf("%T", c.err) && !errors.Is(got.Err, c.err) || got.Err == nil && !got.Media {
					t.Errorf("%q, %v, want %T", got.Reason, got.Err, c.err)
				}
				if early != c.early {
					t.Errorf("that there is no more was told: %t", early)
				}
				pictures(t, content(t, name), max(250, min(c.to, 500)))
			}
		})
	}
}

// TestBeginsBehind: a server goes on with the key frame behind the place that it is asked
// for, and counts from there. What comes is no shorter for that.
func TestBeginsBehind(t *testing.T) {
	const all = 500 // pictures, 20 s
	name := filepath.Join(t.TempDir(), "reel.flv")
	for _, to := range []uint32{all / 2, all} {
		dial := rtmptest.Dial(t, func(p *rtmptest.Peer) {
			start, _ := amf.AsNumber(p.AcceptPlay().Args[1])
			p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
			p.Data(0, metadata(amf.Number(20))...)
			first := uint32(0)
			if start > 0 {
				first = (uint32(start)/1000 + 1) * 25
			}
			for i := first; i < to; i++ {
				p.Video(40*(i-first), numbered(i%25 == 0, i))
			}
			if to == all {
				p.Status("status", "NetStream.Play.Stop")
				p.Linger()
			}
		})
		if got := new(shelved).record(t.Context(), t, name, dial, to == all); to == all && got.Err != nil {
			t.Errorf("%q, %v", got.Reason, got.Err)
		}
	}
	pictures(t, content(t, name), all)
}
