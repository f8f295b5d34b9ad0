package job

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Each member of a group has its own fate, and ctx is the end of all.
func TestGroup(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var (
		cause, broken = errors.New("cause"), errors.New("broken")
		ctx, cancel   = context.WithCancelCause(t.Context())
		settled       atomic.Int64
		outs          [4]bytes.Buffer
		told          [4]Result
	)
	defer cancel(nil)
	settle := func() {
		if settled.Add(1) == 4 { // two have ended, and media of two has come
			cancel(cause)
		}
	}
	endless := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, key)
		p.Video(100, inter)
		p.Linger()
	}
	scripts := []rtmptest.Script{endless, video(5), video(5), endless}
	group := make(Group, len(scripts))
	for i, script := range scripts {
		pull := newPull(t, &outs[i], script)
		pull.Report = func(e Event) {
			if e.Kind == FirstMedia && (i == 0 || i == 3) {
				settle()
			}
		}
		group[i] = Member{Pull: pull, Done: func(r Result) {
			told[i] = r
			if i == 1 || i == 2 {
				settle()
			}
		}}
	}
	group[1].Open = func(context.Context) error { return broken }
	results := group.Run(ctx)
	for i, want := range []error{cause, broken, nil, cause} {
		r := results[i]
		if !errors.Is(r.Err, want) || (r.Err == nil) != (want == nil) || r.Media != (i != 1) {
			t.Errorf("stream %d: %v, media %v, want %v", i, r.Err, r.Media, want)
		}
		if !errors.Is(told[i].Err, r.Err) || told[i].Size != r.Size || r.Size != int64(outs[i].Len()) {
			t.Errorf("stream %d: told %+v, and its result is %+v", i, told[i], r)
		}
	}
	if results[2].Reason != StreamEnded || results[2].Stats.Video != 5 {
		t.Errorf("the stream that ended: %q, %d pictures", results[2].Reason, results[2].Stats.Video)
	}
}

// A group that is to end before it has begun opens nothing that has to be waited
// for.
func TestGroupCancelled(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	group := Group{{Open: func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }}}
	if r := group.Run(ctx); !errors.Is(r[0].Err, cause) {
		t.Errorf("got %v", r[0].Err)
	}
}
