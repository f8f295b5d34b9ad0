package job

import (
	"context"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A Sink is what a file is published to: an rtmp.Publisher.
type Sink interface {
	Write(m *message.Message) error
	Flush() error
	Done() <-chan struct{}
	Err() error
	Close() error
	Stats() rtmp.Stats
}

// A Push publishes one file.
type Push struct {
	Client *rtmp.Client
	Target *rtmp.Target
	Input  Input

	Speed  float64 // times that of the clock; 0: as fast as the server reads
	Loop   int     // rounds; 0: one; negative: without end
	Limits Limits
	Retry  Retry

	// Report is called with what happens, from the goroutine of Run; nil: not.
	Report func(Event)

	publish  func(ctx context.Context) (Sink, error) // nil: Client's
	random   func() float64                          // nil: math/rand's
	progress Progress
}

// InputEnded is the reason of a Push that has sent all there was.
const InputEnded Reason = "by the end of the input"

// A PushResult is what came of a Push.
type PushResult struct {
	Reason Reason // empty if Err is not nil

	// Err is an *InputError, the cause of the context that ended the Push, or an
	// error of package rtmp.
	Err error

	Media      bool // audio or video was sent
	Duration   time.Duration
	Size       int64 // bytes of audio, video and script data sent
	Audio      int64 // tags sent, sequence headers among them
	Video      int64
	KeyFrames  int64
	LeftOut    LeftOut
	Skipped    Skipped
	Reconnects int           // connections after the first
	Longest    time.Duration // that a server has kept and read it; 0: none has taken it
	Sent       rtmp.Stats    // of the last connection
	Took       time.Duration // from the call of Run
}

// Progress returns how far it is. It may be called at any time.
func (p *Push) Progress() Snapshot { return p.progress.snapshot() }

// Run publishes the file until its end. Nothing is connected to before there is
// something to send. Cancelling ctx ends it in good order, with the context's
// cause as the error.
func (p *Push) Run(ctx context.Context) PushResult {
	start := time.Now()
	r := &run{Push: p, pace: pacer{speed: p.Speed}, retry: retrier{Retry: p.Retry}}
	r.timer = time.NewTimer(0)
	defer r.timer.Stop()
	feed, err := openFeed(ctx, &p.Input, p.Loop)
	if err == nil {
		r.feed = feed
		r.result.Reason, err = r.connections(ctx)
		r.result.LeftOut, r.result.Skipped = feed.left, feed.gate.total()
		feed.close()
	}
	r.result.Err, r.result.Took = err, time.Since(start)
	return r.result
}

func (p *Push) report(e Event) {
	if p.Report != nil {
		p.Report(e)
	}
}
