// Package tunnel carries RTMP over HTTP, as it is done for the schemes rtmpt,
// rtmpte and rtmpts: what there is to say goes out as the bodies of POST requests, what the
// server says comes back in the answers, and when there is nothing to say the
// server is asked now and then whether it has something.
//
//	POST /open/1                  opens a session, which the answer names
//	POST /send/<session>/<n>      brings bytes
//	POST /idle/<session>/<n>      only asks
//	POST /close/<session>/<n>     ends the session
//
// A Conn does that behind the methods of a net.Conn, and RTMP's handshake, RTMPE's
// too, and chunks are as on any other. It is the session that counts, not the connection
// to the HTTP server: when that closes one between two requests, another takes
// its place.
//
// Dialling is the caller's, and so is TLS. No proxy is asked for in the
// environment, no redirect is followed, and no cookie kept.
package tunnel

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A Config says where the server is.
type Config struct {
	// Dial opens a connection to the HTTP server: the first one, and others when
	// the server has closed that. It is called by one goroutine at a time.
	Dial func(ctx context.Context) (net.Conn, error)

	Host string // the server's name and port, for the header Host
}

const (
	// So many bytes wait for Read, and for the next request, at most. As many again
	// as those are in the request that is under way.
	inSize  = 64 << 10
	outSize = 128 << 10

	// parting is how long Close takes to say what is left to say, and what CloseWrite
	// leaves the server for its last words.
	parting = 500 * time.Millisecond
)

// A Conn is a session with a server. Its methods may be called from any goroutine.
// One goroutine of its own makes the requests, one after the other or a few at a time, and
// is gone when Close returns.
//
// Write returns when the bytes are on their way or wait for the next request, and
// waits while too many do. While nobody reads, the server is not asked for more.
type Conn struct {
	link          link // the goroutine's, but for cut
	local, remote net.Addr
	ctx           context.Context //nolint:containedctx // the session's life, for redialling
	cancel        context.CancelFunc
	kick          chan struct{} // wakes the goroutine
	done          chan struct{} // closed when it has ended

	session string // the server's name for it
	n       uint64 // of the next request
	pace    pace
	leaving bool // the last request is close

	mu      sync.Mutex
	changed *sync.Cond
	ring    []byte // what waits for Read: unread bytes from begin on, going round
	begin   int
	unread  int
	starved bool   // the goroutine waits for room in ring
	waiting int    // Reads, for something to come
	polite  bool   // the goroutine waits for one of those
	out     []byte // what waits for the next request
	flying  int    // bytes of the requests under way
	asking  int    // how many those are, if they bring none
	readBy  time.Time
	writeBy time.Time

	pollAt   time.Time // when the server is to be asked again
	answered time.Time // when the last answer had come whole
	ended    time.Time // when CloseWrite was called; zero: not
	leaveAt  time.Time // when the session is closed after that; zero: there is something to send
	late     bool      // a write has waited until its deadline
	closed   bool
	err      error // why the session is over
}

// Open opens a session. ctx is for that alone; what ends the session is Close.
//
// An error is a *StatusError or a *ResponseError if there is an HTTP server that
// does not do as it should, and else Dial's or the connection's.
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	c := &Conn{
		link: link{cfg: cfg},
		kick: make(chan struct{}, 1), done: make(chan struct{}),
	}
	c.changed = sync.NewCond(&c.mu)
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, c.cut)
	err := c.open()
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.cut()
		return nil, err
	}
	c.ring = make([]byte, inSize)
	c.answered = time.Now()
	go c.run()
	return c, nil
}

// Read reads what has come, and waits if that is nothing. At the end of the session
// it gives io.EOF if it was ours, by CloseWrite, and else why it is over.
func (c *Conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case expired(c.readBy):
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		case c.unread > 0:
			return c.take(b), nil
		case c.err != nil:
			return 0, c.err
		}
		c.waiting++
		if c.polite {
			c.polite = false
			c.poke()
		}
		c.wait(c.readBy)
		c.waiting--
	}
}

// take takes what is unread.
func (c *Conn) take(b []byte) (n int) {
	for n < len(b) && c.unread > 0 {
		k := copy(b[n:], c.ring[c.begin:min(c.begin+c.unread, len(c.ring))])
		n += k
		c.begin = (c.begin + k) % len(c.ring)
		c.unread -= k
	}
	if c.starved && c.unread <= inSize/2 {
		c.starved = false
		c.poke()
		c.changed.Broadcast()
	}
	return n
}

// Write has b sent.
func (c *Conn) Write(b []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waited := false
	for {
		switch {
		case c.closed:
			return n, c.opError("write", net.ErrClosed)
		case expired(c.writeBy):
			c.late = c.late || waited
			return n, c.opError("write", os.ErrDeadlineExceeded)
		case !c.ended.IsZero():
			return n, c.opError("write", errEnded)
		case c.err != nil:
			return n, c.opError("write", noEOF(c.err))
		case n == len(b):
			return n, nil
		}
		if k := min(outSize-len(c.out), len(b)-n); k > 0 {
			c.out = append(c.out, b[n:n+k]...)
			n += k
			c.poke()
			continue
		}
		c.wait(c.writeBy)
		waited = true
	}
}

// errEnded is about a write after CloseWrite.
var errEnded = errors.New("the tunnel is closed for writing")

// CloseWrite has what waits sent, and then the session closed, which a tunnel cannot
// do by half: in between the server has half a second for its last words, or half of
// the time that is left to the write deadline if that is shorter. Then Read gives
// io.EOF. CloseWrite waits for nothing.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.err != nil {
		return c.opError("close", net.ErrClosed)
	}
	if c.ended.IsZero() {
		c.ended = time.Now()
		if soon := c.ended.Add(lastWords); c.pollAt.After(soon) {
			c.pollAt = soon
		}
		c.poke()
	}
	return nil
}

// Unacknowledged is how many of the bytes written the server has not yet answered
// for.
func (c *Conn) Unacknowledged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out) + c.flying
}

// Close has what waits sent, and the session closed, as far as the server lets that
// be done in half a second; an answer that it is waiting for to come is then of no
// interest. If CloseWrite was called, that time began with the server's last answer. If a
// write has waited until its deadline, there is none left.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.done
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	left := parting
	switch {
	case c.late:
		left = 0
	case !c.ended.IsZero():
		since := c.ended
		if c.answered.After(since) {
			since = c.answered
		}
		left = max(0, left-time.Since(since))
	}
	patience := left / 5
	if c.asking > 1 { // the server has much to say, and answers soon
		patience = left * 3 / 5
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	c.poke()
	defer time.AfterFunc(patience, c.interrupt).Stop()
	defer time.AfterFunc(left, c.cut).Stop()
	<-c.done
	return nil
}

// interrupt ends requests that only ask, if those are under way: Flash Media Server
// holds its answer back until it has something to say.
func (c *Conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asking > 0 {
		c.link.interrupt()
	}
}

// cut ends the session at once.
func (c *Conn) cut() {
	c.cancel()
	c.link.cut()
}

// LocalAddr is our address on the first connection.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the server's address on the first connection.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tunnel", Addr: c.remote, Err: err}
}

// poke wakes the goroutine.
func (c *Conn) poke() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// noEOF is for places at which the end of the input is no goodbye.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
