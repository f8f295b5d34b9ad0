package job

import (
	"context"
	"sync"
)

// A Group records several streams side by side. It has no policy: what they share
// is what their Pulls were made with, and one that fails is nothing to the others.
type Group []Member

// A Member is one stream of a Group.
type Member struct {
	Pull *Pull

	// Open opens what Pull writes to; nil: that is open. An error is the stream's
	// end.
	Open func(context.Context) error

	// Done is called with what came of it, as soon as that is known, from the
	// stream's own goroutine; nil: not.
	Done func(Result)
}

// Run records all streams, each in a goroutine of its own, and returns when the
// last one has ended. The results are in the order of the members. Cancelling ctx
// ends all of them, at the same time.
func (g Group) Run(ctx context.Context) []Result {
	results := make([]Result, len(g))
	var all sync.WaitGroup
	for i := range g {
		all.Go(func() {
			results[i] = g[i].run(ctx)
			if g[i].Done != nil {
				g[i].Done(results[i])
			}
		})
	}
	all.Wait()
	return results
}

func (m *Member) run(ctx context.Context) Result {
	if m.Open != nil {
		if err := m.Open(ctx); err != nil {
			return Result{Err: err}
		}
	}
	return m.Pull.Run(ctx)
}

// Rotate ends the files of all streams; see Pull.Rotate.
func (g Group) Rotate() {
	for i := range g {
		g[i].Pull.Rotate()
	}
}
