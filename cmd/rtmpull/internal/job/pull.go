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
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// An Output is what a stream is written to: a flvout.File or a stdout Writer.
type Output interface {
	flvout.TagWriter
	AvailableBuffer(n int) []byte
	Begin() error
	Begun() bool
	Flush() error
	Close() error
	Name() string
	Size() int64
	Duration() time.Duration
	Stats() flvout.Stats
}

// Limits end a recording. Zero fields are no limits.
type Limits struct {
	Duration time.Duration // of media, from its first frame
	Size     int64         // bytes of output
}

// A Pull records one stream.
type Pull struct {
	Client *rtmp.Client
	Target *rtmp.Target
	Output Output
	Limits Limits

	// Report is called with what happens, from the goroutine of Run; nil: not.
	Report func(Event)

	progress Progress
	opened   bool // the output has begun, and that was reported
}

// A Reason says why a recording ended without an error.
type Reason string

// The reasons.
const (
	StreamEnded     Reason = "by the server"
	DurationReached Reason = "the duration was reached"
	SizeReached     Reason = "the size was reached"
)

// A Result is what came of a recording.
type Result struct {
	Reason   Reason // empty if Err is not nil
	Err      error
	Media    bool // audio or video came
	Name     string
	Size     int64
	Duration time.Duration
	Stats    flvout.Stats
	Received rtmp.Stats
	Took     time.Duration // from the call of Run
}

// patience is how long the output may wait for a second track after the first
// has come, if the stream's own time does not tell: it may have gone quiet.
const patience = 2 * time.Second

// Run records until the end and completes the output. Cancelling ctx ends it
// with the context's cause as the error, and completes the output as well.
func (p *Pull) Run(ctx context.Context) Result {
	start := time.Now()
	r := Result{}
	player, err := p.Client.Play(ctx, p.Target)
	if err == nil {
		r.Reason, err = p.record(player)
		_ = player.Close()
		r.Received = player.Stats()
	}
	// A write error was told by record already; what Close then says is whether
	// the rest is safe.
	if e := p.Output.Close(); e != nil && !isOutputError(err) {
		r.Reason, err = "", errors.Join(e, err)
	}
	r.Err = err
	r.Name, r.Size, r.Duration = p.Output.Name(), p.Output.Size(), p.Output.Duration()
	r.Stats, r.Took = p.Output.Stats(), time.Since(start)
	r.Media = r.Stats.Audio+r.Stats.Video > 0
	if r.Media {
		p.report(Event{Kind: FileClosed, Name: r.Name, Size: r.Size, Duration: r.Duration})
	}
	return r
}

func isOutputError(err error) bool {
	var e *flvout.Error
	return errors.As(err, &e)
}

// record takes messages until something ends it. The reason is empty if that is
// an error.
//
// What is written is flushed when the next message has to be waited for: at the
// stream's live edge each message goes out at once, behind it writes are large.
func (p *Pull) record(player *rtmp.Player) (Reason, error) {
	var kind kinds
	var failed error
	defer func() { p.progress.update(p.Output) }()
	player.Lend(p.Output.AvailableBuffer)
	player.BeforeWait(func() {
		if failed == nil {
			failed = p.Output.Flush()
		}
		p.progress.update(p.Output)
	})
	for {
		m, err := player.Next()
		switch {
		case failed != nil:
			return "", failed
		case errors.Is(err, io.EOF):
			return StreamEnded, nil
		case err != nil:
			return "", err
		}
		if limit := p.reached(m); limit != "" {
			return limit, nil
		}
		if kind == (kinds{}) && m.Type.IsMedia() {
			player.After(patience, func() {
				_ = p.Output.Begin() // its errors stick
				p.reportOpened()
			})
		}
		if kind.first(m) {
			p.report(Event{Kind: FirstMedia, Media: m.Type.String()})
		}
		t := flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}
		if err := p.Output.WriteTag(t); err != nil {
			return "", err
		}
		p.reportOpened()
	}
}

// reportOpened reports, once, that the output has begun.
func (p *Pull) reportOpened() {
	if !p.opened && p.Output.Begun() && p.Output.Size() > 0 {
		p.opened = true
		p.report(Event{Kind: FileOpened, Name: p.Output.Name()})
	}
}

// reached tells which limit there is no room left under for m.
func (p *Pull) reached(m *message.Message) Reason {
	if !m.Type.IsMedia() {
		return ""
	}
	const framing = 15 // a tag's header and trailer, in bytes
	switch {
	case p.Limits.Duration > 0 && p.Output.Duration() >= p.Limits.Duration:
		return DurationReached
	case p.Limits.Size > 0 && p.Output.Size()+int64(len(m.Payload))+framing > p.Limits.Size:
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
	if p.Report != nil {
		p.Report(e)
	}
}
