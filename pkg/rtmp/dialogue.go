package rtmp

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A dialogue is a connection and the conversation on it, as far as a Player and
// a Publisher have it in common. It belongs to one goroutine at a time.
type dialogue struct {
	client *Client
	target *Target
	addr   string
	cancel context.CancelCauseFunc
	owner  owner

	conn      *conn
	session   *session.Session
	reader    *chunk.Reader
	reactions []session.Reaction
	out       message.Message // what was delivered last

	phase    Phase
	since    time.Time // when the phase began
	setupBy  time.Time
	answerBy time.Time // for connect's answer; zero: setupBy counts alone
	nudgeAt  time.Time // zero: not, or done
}

// An owner is what plays or publishes by a dialogue.
type owner interface {
	// send gathers a message of the session's for the server.
	send(m *message.Message) error

	// noted is told of events, delivered of messages for whoever plays.
	noted(e *session.Event)
	delivered(m *message.Message)

	// streaming is told when the stream begins.
	streaming()

	// beforeRead sends what has been gathered and gives the deadline of the
	// read that follows; zero: none.
	beforeRead() (time.Time, error)

	// readFailed finds out what the error of a read means. nil: go on.
	readFailed(err error) error
}

// init begins a dialogue that ends with ctx. life is newConn's.
func (d *dialogue) init(ctx, life context.Context, c *Client, t *Target, nc net.Conn, s *session.Session, o owner) {
	d.client, d.target, d.addr, d.session, d.owner = c, t, t.Address(), s, o
	ctx, d.cancel = context.WithCancelCause(ctx)
	d.conn = newConn(ctx, life, nc, c.writeTimeout())
	d.conn.beforeRead = o.beforeRead
	d.reader = chunk.NewReader(d.conn)
}

// hear takes one message from the server. The message it returns, if any, is
// one for whoever plays the stream.
func (d *dialogue) hear() (*message.Message, error) {
	m, err := d.reader.Next()
	if err != nil {
		return nil, d.owner.readFailed(err)
	}
	return d.handle(m)
}

func (d *dialogue) handle(m *message.Message) (*message.Message, error) {
	if t := d.client.Trace; t != nil && t.Received != nil {
		t.Received(m)
	}
	var ended error
	d.reactions, ended = d.session.Handle(d.reactions[:0], m)
	out, err := d.react()
	if d.phase < PhaseStream {
		d.setPhase()
	}
	if ended != nil {
		return out, ended
	}
	return out, err
}

// react does what the session asks for. Nothing is written before the next read.
func (d *dialogue) react() (out *message.Message, err error) {
	t := d.client.Trace
	for i := range d.reactions {
		r := &d.reactions[i]
		switch r.Do {
		case session.Send:
			if t != nil && t.Sent != nil {
				t.Sent(&r.Message)
			}
			if e := d.owner.send(&r.Message); e != nil {
				err = e
			}
		case session.Notify:
			d.owner.noted(r.Event)
			if t != nil && t.Event != nil {
				t.Event(r.Event)
			}
		case session.Deliver:
			d.out = r.Message
			out = &d.out
			d.owner.delivered(out)
		}
	}
	return out, err
}

// wrap puts the phase on an error, unless it is the orderly end or the
// context's.
func (d *dialogue) wrap(err error) error {
	said := err == io.EOF //nolint:errorlint // bare from the session; a lost connection's is none
	if said && d.phase == PhaseStream {
		return io.EOF
	}
	if cause := d.conn.interrupted(); cause != nil {
		return cause
	}
	if said {
		err = errNeverBegan
	}
	return &Error{d.phase, d.addr, noEOF(err)}
}
