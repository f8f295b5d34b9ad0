package rtmp

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// beforeRead acknowledges what has come, even in the middle of a message that is
// longer than the server's window, and gives the deadline of the read.
func (p *Player) beforeRead() (time.Time, error) {
	p.publish()
	p.ring()
	p.reactions = p.session.Received(p.reactions[:0], p.conn.total)
	if _, err := p.react(); err != nil {
		return time.Time{}, err
	}
	if p.beforeWait != nil && (!p.conn.full || !p.reader.Pending()) {
		p.againAt = p.beforeWait()
	}
	if err := p.conn.flush(); err != nil {
		return time.Time{}, err
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
	if p.gather() {
		// What fell due meanwhile would be the deadline of a read that does not read.
		p.ring()
		if due(p.againAt) {
			p.againAt = p.beforeWait()
		}
	}
	return p.readBy(), nil
}

// ring calls whom After was given, when it is time.
func (p *Player) ring() {
	if due(p.alarmAt) {
		f := p.alarm
		p.alarmAt, p.alarm = time.Time{}, nil
		f()
	}
}

// due tells whether a time has come; the zero one never does.
func due(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }

// readBy is the deadline of the next read: the soonest of those in force.
func (p *Player) readBy() time.Time {
	if p.phase < PhaseStream {
		return p.setUpBy()
	}
	if p.paused {
		return soonest(p.alarmAt, p.againAt)
	}
	var silence time.Time
	if !p.eofAt.IsZero() {
		silence = p.eofAt.Add(p.grace())
	} else if wait := p.mediaTimeout(); wait > 0 {
		silence = p.lastMedia.Add(wait)
	}
	return soonest(p.alarmAt, p.againAt, silence)
}

func (p *Player) mediaTimeout() time.Duration {
	if p.hasMedia {
		return p.client.IdleTimeout
	}
	return p.client.StartTimeout
}

func (p *Player) grace() time.Duration {
	if g := p.client.EOFGrace; g != 0 {
		return max(0, g)
	}
	return DefaultEOFGrace
}

// believes tells whether the end has been announced, and nothing is to be waited
// for then.
func (p *Player) believes() bool { return !p.eofAt.IsZero() && p.grace() == 0 && !p.paused }

// dismissed finds out what the end of the conversation by the server's word means:
// after it has announced the end of the stream, to close the connection is part of
// that.
func (p *Player) dismissed(err error) error {
	if errors.Is(err, io.EOF) {
		p.eofAt = time.Time{} // it leaves no doubt
		return err
	}
	if p.eofAt.IsZero() {
		return err
	}
	refusal, refused := errors.AsType[*session.StatusError](err)
	if errors.Is(err, session.ErrClosed) || refused && refusal.Closes() {
		return io.EOF
	}
	return err
}

func (p *Player) readFailed(err error) error {
	if cause := p.conn.interrupted(); cause != nil {
		return cause
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) { // of the read; that of a write is a TimeoutError
		if hungUp(err) && !p.eofAt.IsZero() {
			return io.EOF
		}
		return noEOF(err)
	}
	now := time.Now()
	switch {
	case p.phase < PhaseStream:
		return p.late(now)
	case due(p.alarmAt), due(p.againAt):
		return nil
	case !p.eofAt.IsZero() && !now.Before(p.eofAt.Add(p.grace())):
		return io.EOF
	case p.isRecorded() && p.hasMedia && !p.bounced:
		p.bounced, p.lastMedia = true, now
		p.reactions = p.session.Bounce(p.reactions[:0])
		_, err := p.react()
		return err
	}
	after := now.Sub(p.lastMedia)
	if !p.hasMedia {
		return &TimeoutError{"media", after, ErrNoMedia}
	}
	return &TimeoutError{"more media", after, ErrIdle}
}
