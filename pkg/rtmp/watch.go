package rtmp

import (
	"errors"
	"io"
	"os"
	"time"
)

// beforeRead acknowledges what has come, even in the middle of a message that is
// longer than the server's window, and gives the deadline of the read.
func (p *Player) beforeRead() (time.Time, error) {
	p.publish()
	if p.alarmDue() {
		f := p.alarm
		p.alarmAt, p.alarm = time.Time{}, nil
		f()
	}
	p.reactions = p.session.Received(p.reactions[:0], p.conn.total)
	if _, err := p.react(); err != nil {
		return time.Time{}, err
	}
	if p.beforeWait != nil && (!p.conn.full || !p.reader.Pending()) {
		p.beforeWait()
	}
	if p.away {
		// The time that the caller of Next took over audio or video is no silence
		// of the server's: it may long have sent what is only now read.
		p.away = false
		away := time.Since(p.conn.idleSince)
		p.lastMedia = p.lastMedia.Add(away)
		if !p.eofAt.IsZero() {
			p.eofAt = p.eofAt.Add(away)
		}
	}
	return p.readBy(), nil
}

func (p *Player) alarmDue() bool {
	return !p.alarmAt.IsZero() && !time.Now().Before(p.alarmAt)
}

// readBy is the deadline of the next read: the soonest of those in force.
func (p *Player) readBy() time.Time {
	var by time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (by.IsZero() || t.Before(by)) {
			by = t
		}
	}
	switch p.phase {
	case PhaseStream:
		sooner(p.alarmAt)
		if p.paused {
			return by
		}
		if !p.eofAt.IsZero() {
			sooner(p.eofAt.Add(p.grace()))
		} else if wait := p.mediaTimeout(); wait > 0 {
			sooner(p.lastMedia.Add(wait))
		}
		return by
	case PhaseHandshake:
		by = p.since.Add(p.client.handshakeTimeout())
	case PhaseConnect:
		sooner(p.answerBy)
	}
	sooner(p.nudgeAt)
	sooner(p.setupBy)
	return by
}

func (p *Player) mediaTimeout() time.Duration {
	if p.hasMedia {
		return p.client.IdleTimeout
	}
	return p.client.StartTimeout
}

func (p *Player) grace() time.Duration {
	if g := p.client.EOFGrace; g > 0 {
		return g
	}
	return DefaultEOFGrace
}

// readFailed finds out what a failed read means. nil: go on.
func (p *Player) readFailed(err error) error {
	if cause := p.conn.interrupted(); cause != nil {
		return cause
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) { // of the read; that of a write is a TimeoutError
		if hungUp(err) && !p.eofAt.IsZero() {
			return io.EOF // it had said that the stream was at its end
		}
		return noEOF(err)
	}
	now := time.Now()
	switch {
	case p.alarmDue():
		return nil
	case p.phase == PhaseStream && !p.eofAt.IsZero() && !now.Before(p.eofAt.Add(p.grace())):
		return io.EOF
	case p.phase == PhaseStream && p.recorded && p.hasMedia && !p.bounced:
		p.bounced, p.lastMedia = true, now
		p.reactions = p.session.Bounce(p.reactions[:0])
		_, err := p.react()
		return err
	case !p.nudgeAt.IsZero() && !now.Before(p.nudgeAt):
		p.nudgeAt = time.Time{}
		p.reactions, _ = p.session.Nudge(p.reactions[:0])
		_, err := p.react()
		return err
	}
	return p.timeout(now)
}

// timeout names the wait that took too long.
func (p *Player) timeout(now time.Time) error {
	e := &TimeoutError{After: now.Sub(p.since)}
	switch p.phase {
	case PhaseHandshake:
		e.For = "RTMP handshake"
	case PhaseConnect, PhaseCreateStream:
		e.For = "answer to " + p.phase.String()
	case PhasePlay:
		e.For, e.kind = "answer to play", ErrNoMedia
	default:
		e.After = now.Sub(p.lastMedia)
		e.For, e.kind = "media", ErrIdle
		if !p.hasMedia {
			e.kind = ErrNoMedia
		}
	}
	return e
}
