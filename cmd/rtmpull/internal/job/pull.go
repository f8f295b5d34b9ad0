// Package job is one stream's life in the program: it takes messages from a
// server and hands them as tags to an output, until the stream, a limit or the
// user ends it.
//
// It is where the two halves of the program meet, which do not know each other:
// package rtmp and package flvout. It knows nothing of flags or terminals.
package job

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Limits end a recording. Zero fields are no limits.
type Limits struct {
	Duration time.Duration // of media, from its first frame
	Size     int64         // bytes of output
}

// A Pull records one stream.
type Pull struct {
	Client *rtmp.Client // its EOFGrace counts for new connections as well
	Target *rtmp.Target
	Files  *Files      // what it is written to
	Output flvout.Sink // the same, if there are no Files: a pipe
	Limits Limits
	Splice flvout.SplicerOptions // Event is ours

	// Whole says that the file that is gone on with has all that is asked for: nobody is
	// connected to.
	Whole bool

	Retry  Retry         // of a stream that is lost; if it is for the First, also of one that is not there
	Wait   time.Duration // how long to wait for the stream to begin, from the start; 0: that is not waited for
	Backup *rtmp.Target  // where the stream is to be had as well; nil: nowhere

	// Fresh gives the place of Target before every connection but the first, for
	// which Locate does; nil: it is always the same.
	Fresh func(context.Context) (*rtmp.Target, error)

	// Learn is told of each place before it is connected to; nil: it is not.
	Learn func(*rtmp.Target)

	// Report is called with what happens, by one goroutine at a time, but not
	// always the same; nil: not.
	Report func(Event)

	random   func() float64 // nil: math/rand's
	progress Progress
	start    time.Time
	out      *flvout.Splicer
	origins  []origin
	tempo    tempo
	extent   extent
	recorded bool // the server says that this is no live stream
	file     bool // and it came like that
	tail     tail
	kind     kinds
	ears     listener
	clock    arrivals
	rotate   atomic.Bool // a new file is asked for
	linked   bool        // there was a connection
	placed   bool        // whether the server heeds where it is asked to begin has been looked at
	deaf     bool        // it does not
	sure     bool        // whether the stream is the file's from its beginning has been looked at
	moves    moves
	why      error // the connection before was left
	astray   bool  // what came was not found where the recording ends
	unknown  error // why Fresh did not give the place of the first connection
	result   Result

	reporting sync.Mutex
	opened    bool // the Output has begun, and that was reported
}

// Rotate ends the file at the next key frame, with which another begins. It may be
// called from anywhere, and does nothing to a pipe.
func (p *Pull) Rotate() { p.rotate.Store(true) }

// Run records until the end and completes the output. Cancelling ctx ends it
// with the context's cause as the error, and completes the output as well.
func (p *Pull) Run(ctx context.Context) Result {
	p.start = time.Now()
	p.clock.start = p.start
	r := &p.result
	inner, end := context.WithCancelCause(ctx)
	defer end(nil)
	sink := p.Output
	if p.Files != nil {
		sink = p.Files
		p.Files.start(p.report, end)
	}
	p.Splice.Event, p.Splice.Lost = p.spliced, p.placeLost
	p.out = flvout.NewSplicer(sink, p.Splice)
	p.tail.once, p.extent.list = p.Splice.Raw, p.Target.Session.Playlist
	p.recorded = p.Target.Session.Kind == session.Recorded
	var err error
	resumed := p.Files != nil && p.Files.Resumed != nil
	if resumed {
		if err = p.out.Resume(p.Files.Resumed); p.recorded {
			p.takenUp()
		}
	}
	had := p.out.Stats()
	switch {
	case err != nil:
	case p.Whole:
		r.Reason = DurationReached
	default:
		r.Reason, err = p.connections(inner)
	}
	// A write error was told by record already; what Close then says is whether
	// the rest is safe.
	fail := func(e error) {
		if e != nil && !isOutputError(err) {
			r.Reason, err = "", errors.Join(e, err)
		}
	}
	fail(p.out.Close())
	if now := p.out.Stats(); resumed && now.Audio+now.Video == had.Audio+had.Video && (errors.Is(err, ErrAstray) || err == nil && p.astray) {
		r.Reason, err = "", errNothingAdded
	}
	r.Name, r.Size, r.Duration, r.Stats = p.out.Name(), p.out.Size(), p.out.Duration(), p.out.Stats()
	if p.Files != nil {
		fail(p.gather(p.Files.end(ctx)))
	}
	r.Mended = p.out.Corrections()
	r.Total = time.Duration(p.progress.span.total.Load())
	r.Err, r.Took = err, time.Since(p.start)
	limit := p.Whole || r.Reason == DurationReached || r.Reason == SizeReached // and the file had it all
	r.Media = r.Stats.Audio+r.Stats.Video > 0 && (!resumed || limit || p.kind != kinds{} || p.tail.rest && err == nil)
	r.Heard = p.kind != kinds{}
	if r.Media && p.Files == nil {
		r.Files, r.First = 1, r.Name
		p.report(Event{Kind: FileClosed, Name: r.Name, Size: r.Size, Duration: r.Duration})
	}
	return *r
}

func (p *Pull) report(e Event) {
	p.reporting.Lock()
	defer p.reporting.Unlock()
	if p.Report != nil {
		p.Report(e)
	}
}
