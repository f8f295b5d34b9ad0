package rtmp

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// maxReplies is how many of the session's messages wait while a write does not
// get on. Beyond it the oldest are dropped: pongs to a server that does not read.
const maxReplies = 64

// listen hears the server until it has no more to say.
func (p *Publisher) listen() {
	defer close(p.done)
	for p.err == nil {
		m, err := p.reader.Next()
		if err != nil {
			err = p.readFailed(err)
		} else {
			p.talk.Lock()
			_, err = p.handle(m)
			p.talk.Unlock()
		}
		if err != nil {
			p.err = p.wrap(err)
			p.cancel(p.err) // a write under way need not wait
		}
	}
}

// beforeRead acknowledges what has come, and sends it if nobody else writes.
func (p *Publisher) beforeRead() (by time.Time, err error) {
	p.talk.Lock()
	p.reactions = p.session.Received(p.reactions[:0], p.conn.total)
	_, err = p.react()
	p.talk.Unlock()
	switch {
	case err != nil:
		return by, err
	case !p.live:
	case p.stuck == nil: // and no deadline: a server may well have nothing to say
		if p.stuck = p.answer(); p.stuck != nil {
			// It may have said why it does not read.
			p.stuckBy = time.Now().Add(partingTimeout)
		}
		return p.stuckBy, nil
	default:
		return p.stuckBy, nil
	}
	return p.setUpBy(), p.conn.flush()
}

func (p *Publisher) readFailed(err error) error {
	if cause := p.conn.interrupted(); cause != nil {
		return cause
	}
	if p.stuck != nil {
		return p.stuck
	}
	if p.phase < PhaseStream && errors.Is(err, os.ErrDeadlineExceeded) {
		return p.late(time.Now())
	}
	if errors.Is(err, syscall.ETIMEDOUT) { // tuneForSending's
		return &TimeoutError{For: "progress in sending", After: p.conn.writeTimeout}
	}
	return noEOF(err)
}

func (p *Publisher) noted(*session.Event) {}

func (p *Publisher) delivered(*message.Message) {}

func (p *Publisher) streaming() { p.live, p.streamID = true, p.session.StreamID() }

// send leaves a message of the session's to whoever has the pen.
func (p *Publisher) send(m *message.Message) error {
	if !p.live {
		return p.conn.send(m)
	}
	p.slip.Lock()
	defer p.slip.Unlock()
	if len(p.replies) == maxReplies {
		p.replies = append(p.replies[:0], p.replies[1:]...)
	}
	p.replies = append(p.replies, *m)
	return nil
}

// answer sends the replies that wait, unless somebody has the pen, who will do
// so when it is laid down.
func (p *Publisher) answer() error {
	for p.waiting() && p.pen.TryLock() {
		err := p.reply()
		p.pen.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Publisher) waiting() bool {
	p.slip.Lock()
	defer p.slip.Unlock()
	return len(p.replies) > 0
}

// reply sends the replies that wait. Its caller has the pen.
func (p *Publisher) reply() error {
	p.slip.Lock()
	replies := p.replies
	p.replies = nil
	p.slip.Unlock()
	for i := range replies {
		if err := p.conn.send(&replies[i]); err != nil {
			return err
		}
	}
	return p.conn.flush()
}
