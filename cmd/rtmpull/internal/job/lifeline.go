package job

import (
	"context"
	"time"
)

// leaveTime is how long a connection may take to end in good order after the
// context has ended.
const leaveTime = time.Second

// A lifeline is a context for a connection. Until keep is called it ends with
// the one that it comes from, then some time later, so that the connection can
// be taken leave of.
type lifeline struct {
	ctx  context.Context
	keep context.CancelFunc
	end  func() // lets go of it, and waits for its goroutine
}

func outlive(parent context.Context, grace time.Duration) lifeline {
	ctx, cut := context.WithCancelCause(context.WithoutCancel(parent))
	kept, keep := context.WithCancel(context.Background())
	done := make(chan struct{})
	stop := context.AfterFunc(parent, func() {
		defer close(done)
		if kept.Err() != nil {
			t := time.NewTimer(grace)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
			}
		}
		cut(context.Cause(parent))
	})
	return lifeline{ctx, keep, func() {
		keep()
		cut(nil)
		if !stop() {
			<-done
		}
	}}
}
