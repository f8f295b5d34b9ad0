package serve

import (
	"context"
	"errors"
	"fmt"
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

	// idleTimeout is how long a client may stay without playing or publishing
	// anything, however much it says.
	idleTimeout = 30 * time.Second

	// endGrace is how long a client may stay after the end of a stream.
	endGrace = 5 * time.Second

	pauseTimeout = 10 * time.Minute

	// freezeTime is how long nothing is read of a publisher that CutFreeze has
	// struck.
	freezeTime = time.Minute

	// leaveTimeout is how long the client has to close a connection that we
	// have closed.
	leaveTimeout = 2 * time.Second

	// maxWaiting is how many messages of the client may wait to be handled. Each
	// of what it publishes may have 16 MB.
	maxWaiting = 2

	// maxCommand is how long a command may be.
	maxCommand = 64 << 10
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
	streams   uint32 // message streams created
	acks      acks
	done      <-chan struct{} // closed when the server ends

	// The client does one of these at a time; of the others there is none.
	play        *playback
	viewer      *viewer
	publication *publication

	until time.Time // when to hang up if nothing plays and nothing is published
}

func newConn(s *Server, id int, nc net.Conn) *conn {
	c := &conn{server: s, id: id, link: &link{Conn: nc}, heard: make(chan *message.Message, maxWaiting)}
	c.link.allow(maxUnasked)
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
	errSilent  = errors.New("serve: the client published nothing for too long")
	errTooSlow = errors.New("serve: the client held up the publisher for too long")
	errRefused = errors.New("serve: no such application")
)

// run serves the client until either side has had enough.
func (c *conn) run(ctx context.Context) {
	c.tell(Event{Kind: Connected})
	defer context.AfterFunc(ctx, func() { _ = c.link.Close() })()
	c.done = ctx.Done()
	err := c.serve()
	if c.viewer != nil && c.viewer.wasTooSlow() {
		err = errTooSlow
	}
	c.stop()
	if ctx.Err() != nil || hungUp(err) {
		err = nil
	}
	c.tell(Event{Kind: Disconnected, Bytes: c.link.sent.Load(), Err: err})
}

// serve has the link closed and the reader gone when it returns.
func (c *conn) serve() error {
	defer c.link.Close()
	if err := c.link.SetReadDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	accepted, err := handshake.Server(c.link, handshake.Config{})
	switch {
	case err == nil:
		c.link.ciphers = accepted.Ciphers
	case !errors.Is(err, errCut):
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
	cutPublisher := c.publication != nil
	c.endPublication() // those who watch it, or want to publish it again, do not wait for this client
	if errors.Is(err, errCut) {
		c.tell(Event{Kind: CutOff, Bytes: c.link.sent.Load()})
	}
	switch {
	case !errors.Is(err, errCut):
		c.leave()
	case c.server.Cut.Kind == CutReset:
		c.link.reset()
	case c.server.Cut.Kind == CutFreeze:
		if cutPublisher {
			c.freeze()
		}
		for range c.heard { // until the client has had enough
		}
	case !cutPublisher:
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
	r := chunk.NewReader(c.link)
	for {
		m, err := r.Next()
		if err == nil && isCommand(m.Type) && len(m.Payload) > maxCommand {
			err = fmt.Errorf("serve: a command of %d bytes", len(m.Payload))
		}
		if err != nil {
			c.readErr = err
			_ = c.link.Close() // or a write may wait long for a client that is gone
			return
		}
		switch m.Type {
		case message.TypeCommand, message.TypeCommandAMF3, message.TypeUserControl,
			message.TypeWindowAcknowledgementSize,
			message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3:
			c.heard <- m.Clone()
		}
	}
}

// converse answers the client, takes what it publishes and sends it what it
// plays.
func (c *conn) converse() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := c.sendStream()
		if err != nil {
			return err
		}
		var (
			m     *message.Message
			ok    = true
			ready chan struct{}
		)
		if c.viewer != nil {
			ready = c.viewer.ready
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case m, ok = <-c.heard:
			case <-ready:
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
			if err = c.handle(m); err == nil {
				err = c.acknowledge()
			}
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
	var (
		now  = time.Now()
		wait time.Duration
		err  error
	)
	switch pausedAt := c.pausedAt(); {
	case c.publication != nil:
		return timeLeft(c.until, now, errSilent)
	case c.play == nil && c.viewer == nil:
		return timeLeft(c.until, now, errIdle)
	case !pausedAt.IsZero():
		return timeLeft(pausedAt.Add(pauseTimeout), now, errIdle)
	case c.viewer != nil:
		wait, err = c.viewer.send()
	default:
		wait, err = c.play.send(now)
	}
	if errors.Is(err, io.EOF) {
		return 0, c.end(now)
	}
	return wait, err
}

// timeLeft is an error when there is none.
func timeLeft(until, now time.Time, err error) (time.Duration, error) {
	if wait := until.Sub(now); wait > 0 {
		return wait, nil
	}
	return 0, err
}

// stop ends what plays.
func (c *conn) stop() {
	stopped := Event{Kind: Stopped}
	switch p, v := c.play, c.viewer; {
	case p != nil:
		stopped.Stream, stopped.Media = p.name, time.Duration(p.furthest)*time.Millisecond
	case v != nil:
		v.relay.leave(v)
		stopped.Stream, stopped.Media = v.relay.path, v.clock.furthest
	default:
		return
	}
	c.play, c.viewer = nil, nil
	c.until = time.Now().Add(idleTimeout)
	c.tell(stopped)
}

// freeze reads nothing more, as a server that hangs, so that what the client
// writes comes to a stop. When it leaves is not seen, so this has an end.
func (c *conn) freeze() {
	timeout := time.NewTimer(freezeTime)
	defer timeout.Stop()
	select {
	case <-c.done:
	case <-timeout.C:
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
