package rtmptest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipeBuffer is how many bytes each direction of a Pipe holds before a write
// blocks, as in a socket.
const pipeBuffer = 64 << 10

// A Conn is one end of a Pipe. Unlike a socket it behaves the same on all
// systems, and to the byte.
type Conn struct {
	name     string
	in, out  *half
	rdl, wdl *deadline
}

// Pipe returns the two ends of a connection in memory. Each direction holds
// some 64 KiB, so that two sides which write at once (as in RTMP's handshake)
// do not hang as they do with net.Pipe, and one that never reads is felt.
//
// Deadlines work. Within a testing/synctest bubble they are of virtual time, and
// who waits for the other end is durably blocked.
func Pipe() (client, server *Conn) {
	up, down := newHalf(), newHalf()
	client = &Conn{name: "client", in: down, out: up}
	server = &Conn{name: "server", in: up, out: down}
	for _, c := range []*Conn{client, server} {
		c.rdl, c.wdl = &deadline{half: c.in}, &deadline{half: c.out}
	}
	return client, server
}

// Read reads what there is, and waits if that is nothing. After the other end's
// Close or CloseWrite it gives io.EOF, as soon as all before it was read.
func (c *Conn) Read(b []byte) (int, error) {
	h := c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case c.rdl.passed:
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case h.readErr != nil:
			return 0, c.opError("read", h.readErr)
		case len(b) == 0:
			return 0, nil
		case len(h.data) > 0:
			n := copy(b, h.data)
			h.data = h.data[n:]
			h.changed.Broadcast()
			return n, nil
		case h.ended:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

// Write writes all of b, and waits while the other end has too much to read. It
// fails with EPIPE after the other end's Close or CloseRead.
func (c *Conn) Write(b []byte) (n int, err error) {
	h := c.out
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case c.wdl.passed:
			return n, c.opError("write", os.ErrDeadlineExceeded)
		case h.writeErr != nil:
			return n, c.opError("write", h.writeErr)
		case n == len(b):
			return n, nil
		}
		if room := pipeBuffer - len(h.data); room > 0 {
			k := min(room, len(b)-n)
			h.data = append(h.data, b[n:n+k]...)
			n += k
			h.changed.Broadcast()
			continue
		}
		h.changed.Wait()
	}
}

// Close closes both directions. What was written before it can still be read.
func (c *Conn) Close() error {
	_ = c.CloseWrite()
	_ = c.CloseRead()
	c.in.set(func(h *half) { h.readErr = net.ErrClosed })
	c.out.set(func(h *half) { h.writeErr = net.ErrClosed })
	_ = c.SetDeadline(time.Time{}) // let go of the timers
	return nil
}

// CloseWrite ends what the other end reads, like a FIN.
func (c *Conn) CloseWrite() error {
	c.out.set(func(h *half) { h.ended = true; h.writeErr = either(h.writeErr, syscall.EPIPE) })
	return nil
}

// CloseRead makes the other end's writes fail, while what this end writes still
// arrives.
func (c *Conn) CloseRead() error {
	c.in.set(func(h *half) { h.data = nil; h.writeErr = either(h.writeErr, syscall.EPIPE) })
	return nil
}

// Abort closes both directions like a RST: what the other end has not read is
// lost, and it gets ECONNRESET.
func (c *Conn) Abort() error {
	c.out.set(func(h *half) { h.data = nil; h.readErr = either(h.readErr, syscall.ECONNRESET) })
	c.in.set(func(h *half) { h.data = nil; h.writeErr = either(h.writeErr, syscall.ECONNRESET) })
	return c.Close()
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	c.rdl.set(t)
	c.wdl.set(t)
	return nil
}

// SetReadDeadline ends reads at t, also those under way; the zero time: never.
func (c *Conn) SetReadDeadline(t time.Time) error { c.rdl.set(t); return nil }

// SetWriteDeadline ends writes at t, also those under way; the zero time: never.
func (c *Conn) SetWriteDeadline(t time.Time) error { c.wdl.set(t); return nil }

// LocalAddr gives the address of this end, which is a mere name.
func (c *Conn) LocalAddr() net.Addr { return pipeAddr(c.name) }

// RemoteAddr gives the address of the other end.
func (c *Conn) RemoteAddr() net.Addr {
	if c.name == "client" {
		return pipeAddr("server")
	}
	return pipeAddr("client")
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "pipe", Addr: c.RemoteAddr(), Err: err}
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// A half is one direction of a Pipe.
type half struct {
	mu       sync.Mutex
	changed  *sync.Cond
	data     []byte
	ended    bool  // nothing comes after data
	readErr  error // of every read, from now on
	writeErr error // of every write
}

func newHalf() *half {
	h := &half{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *half) set(f func(*half)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
	h.changed.Broadcast()
}

func either(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// A deadline is that of the reads, or of the writes, of one end. It is guarded by
// the half's mutex.
type deadline struct {
	half   *half
	timer  *time.Timer
	passed bool
}

func (d *deadline) set(t time.Time) {
	d.half.set(func(*half) {
		if d.timer != nil {
			d.timer.Stop()
			d.timer = nil
		}
		d.passed = false
		if t.IsZero() {
			return
		}
		wait := time.Until(t)
		if wait <= 0 {
			d.passed = true
			return
		}
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			d.half.set(func(*half) {
				if d.timer == timer { // and not replaced while this waited
					d.passed = true
				}
			})
		})
		d.timer = timer
	})
}
