package job

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// patience is how long the output may wait for a second track after the first
// has come, if the stream's own time does not tell: it may have gone quiet.
const patience = 2 * time.Second

// What is written to a file stays with us for up to flushEvery, and is lost if we are
// killed. What comes may be gatherTime late: to wake up for each message would be most
// of what a live stream costs.
const (
	flushEvery = 500 * time.Millisecond
	gatherTime = 100 * time.Millisecond
)

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
	defer func() { p.show(l) }()
	l.before, l.heard = p.out.Duration(), p.tempo.media
	p.clock.waited()
	p.ears.reconnected()
	p.extent.connected(startOf(l.target))
	p.extent.own = p.deaf
	l.player.Lend(p.out.AvailableBuffer)
	flush := p.flusher(l, &failed)
	l.player.BeforeWait(func() (again time.Time) {
		p.heed(ctx, l)
		return flush()
	})
	if p.lazy() {
		l.player.Gather(gatherTime)
	}
	p.expect(l)
	l.heads.watched = startOf(l.target) > 0 && p.kind == kinds{} && (p.Files == nil || p.Files.Resumed == nil)
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
		if !media && m.HasFrames() {
			media = true
			p.begun(l)
		}
		p.heed(ctx, l)
		if l.next != nil && p.isMet(l, m) {
			return "", ErrMoved
		}
		if l.heads.watched {
			if m, err = p.headed(ctx, l, m); err != nil {
				return "", err
			}
		}
		if reason, err := p.take(m, l); reason != "" || err != nil {
			return reason, err
		}
	}
}

// lazy tells whether nobody waits for what is written.
func (p *Pull) lazy() bool { return p.Files != nil && p.Files.Many() }

// flusher makes what is called before a wait. The first error is kept in failed.
func (p *Pull) flusher(l *link, failed *error) func() (again time.Time) {
	var due time.Time
	return func() (again time.Time) {
		p.clock.waited()
		p.show(l)
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

// show brings the progress up to date.
func (p *Pull) show(l *link) {
	p.progress.update(p.out)
	p.locate(l)
}

// expect tells, if the stream is waited for and nothing comes for a while, that
// there is a connection.
func (p *Pull) expect(l *link) {
	if p.Wait == 0 || p.kind != (kinds{}) {
		return
	}
	l.player.After(patience, func() {
		if p.news(l.source, ErrSilent) {
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
	frames := m.HasFrames()
	if frames {
		p.extent.hear(m.Timestamp)
	}
	if limit := p.reached(m); limit != "" {
		return limit, nil
	}
	at, moved := p.clock.now()
	if moved {
		p.arrived(at, l)
	}
	if m.Type.IsMedia() {
		p.tempo.hear(m.Timestamp, at)
		if frames && p.kind.first(m) {
			p.report(Event{Kind: FirstMedia, Media: m.Type.String()})
		}
		p.ears.heard(m.Type, at, p.report)
		if p.rotate.Load() && p.rotate.Swap(false) && p.Files != nil && p.Files.Many() {
			p.Files.SplitAtKey()
		}
	} else {
		p.extent.learn(m)
	}
	if err := p.out.WriteTag(tagOf(m)); err != nil {
		return "", err
	}
	p.reportOpened()
	return "", nil
}

// tagOf makes a tag of a message. Its body is the message's.
func tagOf(m *message.Message) flvout.Tag {
	return flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}
}

// arrived tells the output when the next message came. Of a recorded stream, which
// comes as fast as it can, that says nothing.
func (p *Pull) arrived(at time.Duration, l *link) {
	asked := p.Target.Session.Kind
	if asked == session.Live || !p.recorded && !l.recorded || asked != session.Recorded && p.tempo.live {
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
	switch _, to := p.asked(); {
	case to > 0 && p.Target.Session.Kind != session.Live && p.extent.begun && p.extent.at >= to:
		return DurationReached
	case p.Limits.Duration > 0 && p.out.Duration() >= p.Limits.Duration:
		return DurationReached
	case p.Limits.Size > 0 && p.out.Size()+int64(len(m.Payload))+framing > p.Limits.Size:
		return SizeReached
	}
	return ""
}

// kinds remembers which of audio and video have come.
type kinds struct{ audio, video bool }

// has tells whether some of a type have come.
func (k *kinds) has(t message.Type) bool {
	return t == message.TypeVideo && k.video || t == message.TypeAudio && k.audio
}

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
