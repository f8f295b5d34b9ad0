package job

import (
	"context"
	"errors"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// The rules for a server that asks to connect anew (Enhanced RTMP v2, Reconnect
// Request), which must not be able to send us round in circles.
const (
	maxMoves  = 5                // in a row
	moveEvery = 10 * time.Second // what it asks for sooner than that is passed over

	movesOver = time.Hour // without a request after which they are counted anew
)

// errTooOften is why a server's request to connect anew is not heeded.
var errTooOften = errors.New("it asks too often")

// moves counts the server's requests.
type moves struct {
	n     int
	last  time.Time // that was heeded
	moans time.Time // the last that was not was told
}

// tell tells whether it is worth a word that one is not heeded: a server may ask
// with each picture.
func (m *moves) tell(now time.Time) bool {
	if now.Sub(m.moans) < moveEvery {
		return false
	}
	m.moans = now
	return true
}

// allow tells whether another one is heeded.
func (m *moves) allow(now time.Time) bool {
	if now.Sub(m.last) > movesOver {
		m.n = 0
	}
	if m.n > 0 && now.Sub(m.last) < moveEvery || m.n >= maxMoves {
		return false
	}
	m.n, m.last = m.n+1, now
	return true
}

// heed begins what a server has asked for.
func (p *Pull) heed(ctx context.Context, l *link) {
	if l.asked && !p.mayRestart(l) {
		p.move(ctx, l)
	}
}

// isMet tells whether the recording is where the successor began, before m is
// recorded. A successor that has died is no longer one.
func (p *Pull) isMet(l *link, m *message.Message) bool {
	s := l.next
	if s.isDead() {
		p.report(Event{Kind: Moving, Name: s.link.target.Redacted(), Err: s.err})
		s.drop()
		l.next = nil
		return false
	}
	return s.meets(m)
}

// mayRestart tells whether another connection would play from the beginning, which
// is no way to go on: a recorded stream is asked for from where the recording is, at
// the connection's end.
func (p *Pull) mayRestart(l *link) bool {
	return p.isFile() || (p.recorded || l.recorded) && p.Target.Session.Kind != session.Live && !p.tempo.live
}

// move begins what a server's request asks for, unless that is under way.
func (p *Pull) move(ctx context.Context, l *link) {
	l.asked = false
	if l.next.isPromising() {
		return
	}
	if target := p.lead(l, l.moveTo); target != nil {
		l.next.drop()
		l.next = p.succeed(ctx, l, target)
	}
}

// lead is where a server leads us; nil: that is not followed.
func (p *Pull) lead(l *link, to string) *rtmp.Target {
	now := time.Now()
	target, err := l.player.Target().Redirect(to, l.player.RemoteAddr())
	e := Event{Kind: Moving, Err: err}
	if err == nil {
		if e.Name = target.Redacted(); !p.moves.allow(now) {
			e.Err = errTooOften
		}
	}
	if e.Err != nil {
		if p.moves.tell(now) {
			p.report(e)
		}
		return nil
	}
	if p.Learn != nil {
		p.Learn(target)
	}
	p.report(e)
	return target
}

// onward returns the connection on which the recording goes on when l has ended, if
// its server has led to one; err is why l ended, and b what that means, which is
// changed if more has gone wrong.
func (p *Pull) onward(ctx context.Context, l *link, c course, err error, b *setback) *link {
	o := &p.origins[c.source]
	if s := l.next; s != nil {
		l.next = nil
		place, failed := s.link.target, s.isDead()
		if to := s.takeOver(ctx); to != nil {
			o.moved, p.why = place, ErrMoved
			p.again()
			if b.err = p.rejoin(to); b.err == nil {
				return to
			}
			return nil
		}
		if !failed {
			o.moved = place
		}
	}
	refusal, led := errors.AsType[*session.StatusError](err)
	switch led = led && refusal.Redirect != ""; {
	case led: // as the origins of an SRS cluster do behind Play.Start
		l.moved = p.lead(l, refusal.Redirect)
	case l.asked && ctx.Err() == nil:
		l.moved = p.lead(l, l.moveTo)
		c.left = minOther
	}
	if l.moved == nil {
		return nil
	}
	o.moved, p.why = l.moved, ErrMoved
	begun := time.Now()
	to, err := p.connectTo(ctx, c)
	switch {
	case err == nil:
		return to
	case led:
		*b = setback{err: err, live: b.live, took: time.Since(begun)}
	case to != nil || isOutputError(err):
		b.err = err
	}
	return nil
}
