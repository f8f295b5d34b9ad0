package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// handshakeTimeout bounds the handshake as a whole: a client that drips a
	// byte now and then would never trip a deadline for each read.
	handshakeTimeout = 10 * time.Second

	// idleTimeout is how long a client may stay without playing anything,
	// however much it says.
	idleTimeout = 30 * time.Second

	// endGrace is how long a client may stay after the end of a stream.
	endGrace = 5 * time.Second

	pauseTimeout = 10 * time.Minute

	// leaveTimeout is how long the client has to close a connection that we
	// have closed.
	leaveTimeout = 2 * time.Second

	// maxWaiting is how many messages of the client may wait to be answered.
	maxWaiting = 16
)

// A conn is one client. run's goroutine owns it; the reader has only the link's
// receiving side, heard, and readErr until it closes heard.
type conn struct {
	server *Server
	id     int
	link   *link
	heard  chan *message.Message
	out    *chunk.Writer // of all that is not the stream

	readErr error

	app       string
	connected bool
	streams   uint32    // message streams created
	play      *playback // nil: nothing plays
	until     time.Time // when to hang up if nothing plays
}

func newConn(s *Server, id int, nc net.Conn) *conn {
	c := &conn{server: s, id: id, link: &link{Conn: nc}, heard: make(chan *message.Message, maxWaiting)}
	if s.Cut.concerns(id) {
		c.link.cut = s.Cut.Bytes
	}
	if tcp, ok := nc.(interface{ SetWriteBuffer(int) error }); ok {
		_ = tcp.SetWriteBuffer(writeBuffer)
	}
	c.out = chunk.NewWriter(c.link)
	return c
}

var (
	errIdle    = errors.New("serve: the client played nothing for too long")
	errRefused = errors.New("serve: no such application")
)

// run serves the client until either side has had enough.
func (c *conn) run(ctx context.Context) {
	c.tell(Event{Kind: Connected})
	defer context.AfterFunc(ctx, func() { _ = c.link.Close() })()
	err := c.serve()
	c.stop()
	if errors.Is(err, errCut) {
		c.tell(Event{Kind: CutOff, Bytes: c.link.sent})
	}
	if ctx.Err() != nil || hungUp(err) {
		err = nil
	}
	c.tell(Event{Kind: Disconnected, Bytes: c.link.sent, Err: err})
}

// serve has the link closed and the reader gone when it returns.
func (c *conn) serve() error {
	defer c.link.Close()
	if err := c.link.SetReadDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	err := handshake.Server(c.link, handshake.Config{})
	if err != nil && !errors.Is(err, errCut) {
		return err
	}
	if err := c.link.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	go c.read()
	if err == nil {
		c.until = time.Now().Add(idleTimeout)
		err = c.converse()
	}
	switch {
	case !errors.Is(err, errCut):
		c.leave()
	case c.server.Cut.Kind == CutReset:
		c.link.reset()
	case c.server.Cut.Kind == CutFreeze:
		for range c.heard { // until the client has had enough
		}
	default:
		c.leave()
	}
	_ = c.link.Close()
	for range c.heard {
	}
	return err
}

// read passes on what the client says, until it says no more.
func (c *conn) read() {
	defer close(c.heard)
	r := chunk.NewReader(c.link.Conn)
	for {
		m, err := r.Next()
		if err != nil {
			c.readErr = err
			_ = c.link.Close() // or a write may wait long for a client that is gone
			return
		}
		switch m.Type {
		case message.TypeCommand, message.TypeCommandAMF3, message.TypeUserControl:
			c.heard <- m.Clone()
		}
	}
}

// converse answers the client and sends it what it plays.
func (c *conn) converse() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := c.sendStream()
		if err != nil {
			return err
		}
		var m *message.Message
		ok := true
		if wait > 0 {
			timer.Reset(wait)
			select {
			case m, ok = <-c.heard:
			case <-timer.C:
			}
		} else {
			select {
			case m, ok = <-c.heard:
			default:
			}
		}
		if !ok {
			return c.readErr
		}
		if m != nil {
			err = c.handle(m)
		}
		if flushErr := c.out.Flush(); err == nil {
			err = flushErr
		}
		if err != nil {
			return err
		}
	}
}

// sendStream sends what is due, and returns how long the client may be listened
// to before it is to be called again.
func (c *conn) sendStream() (time.Duration, error) {
	now := time.Now()
	switch {
	case c.play == nil:
		if wait := c.until.Sub(now); wait > 0 {
			return wait, nil
		}
		return 0, errIdle
	case c.play.paused():
		if wait := c.play.pausedAt.Add(pauseTimeout).Sub(now); wait > 0 {
			return wait, nil
		}
		return 0, errIdle
	}
	wait, err := c.play.send(now)
	if errors.Is(err, io.EOF) {
		return 0, c.end(now)
	}
	return wait, err
}

// stop ends what plays.
func (c *conn) stop() {
	if p := c.play; p != nil {
		c.play = nil
		c.until = time.Now().Add(idleTimeout)
		c.tell(Event{Kind: Stopped, Stream: p.name, Media: time.Duration(p.furthest) * time.Millisecond})
	}
}

// leave closes our side and gives the client time to read to the end and close
// its own.
func (c *conn) leave() {
	if c.link.closeWrite() != nil {
		return
	}
	timeout := time.NewTimer(leaveTimeout)
	defer timeout.Stop()
	for {
		select {
		case _, ok := <-c.heard:
			if !ok {
				return
			}
		case <-timeout.C:
			return
		}
	}
}

// hungUp tells whether the client went, in whatever way.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
