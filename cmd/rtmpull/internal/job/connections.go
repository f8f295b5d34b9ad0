package job

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// ErrNeverLive is the error of a stream that ended in good order before it began.
var ErrNeverLive error = &neverLive{}

type neverLive struct{}

func (*neverLive) Error() string { return "the stream ended before any media came" }
func (*neverLive) Unwrap() error { return rtmp.ErrNoMedia }

// connections records over one connection after the other. The reason is empty if
// an error ended it.
func (p *Pull) connections(ctx context.Context) (Reason, error) {
	random := p.random
	if random == nil {
		random = rand.Float64
	}
	p.origins = []origin{{target: p.Target}}
	if p.Backup != nil {
		p.origins = append(p.origins, origin{target: p.Backup})
	}
	s := survivor{Retry: p.Retry, wait: p.Wait, grace: p.grace(), sources: len(p.origins), since: p.start}
	for c := (course{left: p.Wait}); ; {
		reason, b := p.connection(ctx, c)
		switch {
		case reason != "":
			return reason, nil
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case errors.Is(b.err, flvout.ErrChanged):
			return Changed, nil
		case isOutputError(b.err):
			return "", b.err
		}
		if errors.Is(b.err, ErrAstray) && !p.tail.asked {
			return "", p.strayed()
		}
		if p.extent.items > 0 && p.Splice.Raw && b.err != nil {
			return "", &LostError{b.err, errItem}
		}
		switch p.tail.next(b, p.isWhole()) {
		case isAll:
			return StreamEnded, nil
		case isEarly:
			p.endsEarly()
			return StreamEnded, nil
		case isShort:
			return "", p.tail.short
		}
		before := c.source
		switch c = s.next(b, time.Now(), random()); c.do {
		case finish:
			return StreamEnded, nil
		case giveUp:
			if p.tail.asked && p.tail.short == nil {
				return StreamEnded, nil
			}
			return "", s.verdict()
		}
		p.tell(&s, b, c, before)
		if err := sleep(ctx, c.wait); err != nil {
			return "", err
		}
	}
}

// grace is how long a stream may take to come back that its server has ended.
func (p *Pull) grace() time.Duration {
	return max(0, cmp.Or(p.Client.EOFGrace, rtmp.DefaultEOFGrace))
}

// tell reports what is done about a setback.
func (p *Pull) tell(s *survivor, b setback, c course, before int) {
	why := cmp.Or(b.err, ErrEnded)
	if b.live > 0 {
		p.why = why
	}
	state := &Awaited{Why: why, Since: s.since, Begun: s.plight != starting}
	if c.left > 0 {
		state.Until = time.Now().Add(c.wait + c.left)
	}
	p.progress.awaited.Store(state)
	if c.source != before && !s.waits() {
		p.report(Event{Kind: SourceChanged, Name: p.origins[c.source].at().Redacted(), Err: why})
		if c.wait == 0 {
			return
		}
	}
	if !s.waits() {
		p.report(Event{Kind: Reconnect, Err: why, Wait: c.wait, Attempt: s.attempt})
		return
	}
	if p.news(before, why) { // or there would be a line for every attempt
		p.report(Event{Kind: Waiting, Err: why, Wait: c.wait, Left: time.Until(s.since.Add(s.wait))})
	}
}

// news tells whether the reason why a source has no stream was not told yet.
func (p *Pull) news(source int, why error) bool {
	o := &p.origins[source]
	said := gist(why)
	same := o.said == said
	o.said = said
	return !same
}

// ErrEnded is why a stream is taken up again that was over by the server's word.
var ErrEnded = errors.New("the server ended the stream")

// gist is what an error says, without figures that are different each time.
func gist(err error) string {
	if errors.Is(err, rtmp.ErrNoMedia) || errors.Is(err, ErrSilent) {
		return "silence"
	}
	if e, ok := errors.AsType[*rtmp.TimeoutError](err); ok {
		return e.For
	}
	if e, ok := errors.AsType[*session.StatusError](err); ok {
		return e.Code
	}
	return err.Error()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// connection records over one connection, and those that take its place at the
// server's request, until the stream ends or is lost. The reason is empty if that is
// a setback.
func (p *Pull) connection(ctx context.Context, c course) (Reason, setback) {
	begun := time.Now()
	l, err := p.connect(ctx, c)
	if err == nil {
		l, err = p.sought(ctx, c, l)
	}
	if err != nil {
		return "", setback{err: err, took: time.Since(begun), brief: p.isBrief(c)}
	}
	for {
		p.place(ctx, l)
		reason, err := p.record(ctx, l)
		b := p.leave(l, err)
		b.brief = b.live == 0 && p.isBrief(c)
		switch {
		case reason != "" && reason != StreamEnded:
			l.next.drop()
			return reason, b
		case b.err == nil && b.ended.IsZero():
			l.next.drop()
			return StreamEnded, b
		case isOutputError(err), errors.Is(err, flvout.ErrChanged):
			l.next.drop()
			return "", b
		}
		if l = p.onward(ctx, l, c, err, &b); l == nil {
			return "", b
		}
	}
}

// isBrief tells whether a course leaves an attempt less time than it would take.
func (p *Pull) isBrief(c course) bool {
	return c.left > 0 && c.left < max(p.Client.StartTimeout, cmp.Or(p.Client.SetupTimeout, rtmp.DefaultSetupTimeout))
}

// leave ends a connection, and says what that means for the recording.
func (p *Pull) leave(l *link, err error) setback {
	_ = l.player.Close()
	l.cut(nil)
	s := l.player.Stats()
	p.result.Received.Bytes += s.Bytes
	p.result.Received.Dropped += s.Dropped
	p.recorded = p.recorded || l.recorded
	b := setback{err: err, all: l.all, took: time.Since(l.begun)}
	if !s.LastMedia.IsZero() {
		b.live, b.took = max(1, s.LastMedia.Sub(l.begun)), 0
	}
	if _, beyond := errors.AsType[*BeyondError](err); beyond { // what came was passed over
		b.live = 0
	}
	b.gain = min(p.out.Duration()-l.before, p.tempo.media-l.heard)
	at := l.player.EndedAt()
	if _, refused := errors.AsType[*session.StatusError](err); refused && !at.IsZero() {
		b.err = nil // it is over, and the server says so twice
	}
	file := p.wasFile(l, b.live)
	p.file = p.file || file && (p.recorded || p.extent.total > 0)
	from := startOf(l.target)
	switch {
	case b.err != nil:
	case b.live == 0 && from > 0 && !p.hasRest(b):
		b.err = &BeyondError{from}
	case b.live == 0 && !p.hasRest(b):
		b.err = ErrNeverLive
	case !file:
		b.ended = at
	case p.out.Astray():
		b.err = ErrAstray
	default:
		if short := p.fallsShort(); short != nil {
			b.err = short
		}
	}
	return b
}
