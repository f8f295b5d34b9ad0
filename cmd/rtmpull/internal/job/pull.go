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
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
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

	Retry  Retry         // of a stream that is lost; if it is for the First, also of one that is not there
	Wait   time.Duration // how long to wait for the stream to begin, from the start; 0: that is not waited for
	Backup *rtmp.Target  // where the stream is to be had as well; nil: nowhere

	// Fresh gives the place of Target before every connection but the first; nil:
	// it is always the same.
	Fresh func(context.Context) (*rtmp.Target, error)

	// Learn is told of places that are not from the command line before they are
	// connected to; nil: it is not.
	Learn func(*rtmp.Target)

	// Report is called with what happens, by one goroutine at a time, but not
	// always the same; nil: not.
	Report func(Event)

	random   func() float64 // nil: math/rand's
	progress Progress
	start    time.Time
	out      *flvout.Splicer
	origins  []origin
	recorded bool // the server says that this is no live stream
	kind     kinds
	ears     listener
	clock    arrivals
	rotate   atomic.Bool // a new file is asked for
	linked   bool        // there was a connection
	moves    moves
	why      error  // the connection before was left
	awaiting string // what was told last that is waited for
	result   Result

	reporting sync.Mutex
	opened    bool // the Output has begun, and that was reported
}

// Rotate ends the file at the next key frame, with which another begins. It may be
// called from anywhere, and does nothing to a pipe.
func (p *Pull) Rotate() { p.rotate.Store(true) }

// patience is how long the output may wait for a second track after the first
// has come, if the stream's own time does not tell: it may have gone quiet.
const patience = 2 * time.Second

// What is written to a file stays with us for up to flushEvery, and is lost if we are
// killed. What comes may be gatherTime late; to wake up less than 20 times a second
// saves little more.
const (
	flushEvery = 500 * time.Millisecond
	gatherTime = 50 * time.Millisecond
)

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
	p.Splice.Event = p.spliced
	p.out = flvout.NewSplicer(sink, p.Splice)
	p.recorded = p.Target.Session.Kind == session.Recorded
	var err error
	resumed := p.Files != nil && p.Files.Resumed != nil
	if resumed {
		err = p.out.Resume(p.Files.Resumed)
	}
	if err == nil {
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
	r.Name, r.Size, r.Duration, r.Stats = p.out.Name(), p.out.Size(), p.out.Duration(), p.out.Stats()
	if p.Files != nil {
		fail(p.gather(p.Files.end(ctx)))
	}
	r.Mended = p.out.Corrections()
	r.Err, r.Took = err, time.Since(p.start)
	r.Media = r.Stats.Audio+r.Stats.Video > 0 && (!resumed || p.kind != kinds{})
	if r.Media && p.Files == nil {
		r.Files, r.First = 1, r.Name
		p.report(Event{Kind: FileClosed, Name: r.Name, Size: r.Size, Duration: r.Duration})
	}
	return *r
}

// record takes messages until something ends it. The reason is empty if that is
// an error.
//
// What is written to a pipe is flushed when the next message has to be waited for:
// at the stream's live edge each message goes out at once, behind it writes are
// large. Nobody waits for a file, which is flushed now and then, and whose messages
// may gather before they are read.
func (p *Pull) record(ctx context.Context, l *link) (Reason, error) {
	var failed error
	media := false // came on this connection
	defer func() { p.progress.update(p.out) }()
	p.clock.waited()
	p.ears.reconnected()
	l.player.Lend(p.out.AvailableBuffer)
	l.player.BeforeWait(p.flusher(&failed))
	if p.lazy() {
		l.player.Gather(gatherTime)
	}
	p.expect(l)
	for {
		m, err := l.message()
		switch {
		case failed != nil:
			return "", failed
		case errors.Is(err, io.EOF):
			return StreamEnded, nil
		case err != nil:
			return "", err
		}
		if !media && m.Type.IsMedia() {
			media = true
			p.begun(l)
		}
		switch {
		case l.next != nil && l.next.meets(m):
			return "", ErrMoved
		case l.asked:
			l.next = p.move(ctx, l)
		}
		if reason, err := p.take(m, l); reason != "" || err != nil {
			return reason, err
		}
	}
}

// lazy tells whether nobody waits for what is written.
func (p *Pull) lazy() bool { return p.Files != nil && p.Files.Many() }

// flusher makes what is called before a wait. The first error is kept in failed.
func (p *Pull) flusher(failed *error) func() (again time.Time) {
	var due time.Time
	return func() (again time.Time) {
		p.clock.waited()
		p.progress.update(p.out)
		if p.lazy() {
			now := time.Now()
			if now.Before(due) {
				return due
			}
			due = now.Add(flushEvery)
		}
		if *failed == nil {
			*failed = p.out.Flush()
		}
		return again
	}
}

// expect tells, if the stream is waited for and nothing comes for a while, that
// there is a connection.
func (p *Pull) expect(l *link) {
	if p.Wait == 0 || p.kind != (kinds{}) {
		return
	}
	l.player.After(patience, func() {
		if said := gist(ErrSilent); said != p.awaiting {
			p.awaiting = said
			p.report(Event{Kind: Waiting, Err: ErrSilent, Left: p.Wait - time.Since(p.start)})
		}
	})
}

// ErrSilent is why a stream is waited for although there is a connection.
var ErrSilent = errors.New("the server plays the stream, and nothing comes yet")

// begun is called with the first audio or video of a connection.
func (p *Pull) begun(l *link) {
	p.progress.awaited.Store(nil)
	l.player.After(patience, func() {
		_ = p.out.Begin() // its errors stick
		p.reportOpened()
	})
}

// take records a message. A reason ends the recording.
func (p *Pull) take(m *message.Message, l *link) (Reason, error) {
	if limit := p.reached(m); limit != "" {
		return limit, nil
	}
	at, moved := p.clock.now()
	if moved {
		p.arrived(at, l)
	}
	if m.Type.IsMedia() {
		if p.kind.first(m) {
			p.report(Event{Kind: FirstMedia, Media: m.Type.String()})
		}
		p.ears.heard(m.Type, at, p.report)
		if p.rotate.Load() && p.rotate.Swap(false) && p.Files != nil && p.Files.Many() {
			p.Files.SplitAtKey()
		}
	}
	t := flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}
	if err := p.out.WriteTag(t); err != nil {
		return "", err
	}
	p.reportOpened()
	return "", nil
}

// arrived tells the output when the next message came.
func (p *Pull) arrived(at time.Duration, l *link) {
	if !p.recorded && !l.recorded {
		p.out.Arrived(at)
	}
	if p.Files != nil {
		p.Files.Arrived(at)
	}
}

// reportOpened reports, once for each file, that it has begun.
func (p *Pull) reportOpened() {
	switch {
	case p.Files != nil:
		p.Files.opened()
	case !p.opened && p.out.Begun() && p.out.Size() > 0:
		p.opened = true
		p.report(Event{Kind: FileOpened, Name: p.out.Name()})
	}
}

// reached tells which limit there is no room left under for m.
func (p *Pull) reached(m *message.Message) Reason {
	if !m.Type.IsMedia() {
		return ""
	}
	const framing = 15 // a tag's header and trailer, in bytes
	switch {
	case p.Limits.Duration > 0 && p.out.Duration() >= p.Limits.Duration:
		return DurationReached
	case p.Limits.Size > 0 && p.out.Size()+int64(len(m.Payload))+framing > p.Limits.Size:
		return SizeReached
	}
	return ""
}

// kinds remembers which of audio and video have come.
type kinds struct{ audio, video bool }

// first tells whether m is the first of its kind.
func (k *kinds) first(m *message.Message) bool {
	seen := &k.audio
	switch m.Type {
	case message.TypeVideo:
		seen = &k.video
	case message.TypeAudio:
	default:
		return false
	}
	was := *seen
	*seen = true
	return !was
}

func (p *Pull) report(e Event) {
	p.reporting.Lock()
	defer p.reporting.Unlock()
	if p.Report != nil {
		p.Report(e)
	}
}
