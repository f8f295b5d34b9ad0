package serve

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A pipe is a connection in memory, for virtual time: unlike net.Pipe it has
// buffers, without which both sides of a handshake write at once and hang.
type pipe struct {
	in, out *pipeBuffer
}

const pipeBufferSize = 64 << 10

func newPipe() (client, server *pipe) {
	a, b := newPipeBuffer(), newPipeBuffer()
	return &pipe{a, b}, &pipe{b, a}
}

func (p *pipe) Read(b []byte) (int, error)         { return p.in.read(b) }
func (p *pipe) Write(b []byte) (int, error)        { return p.out.write(b) }
func (p *pipe) CloseWrite() error                  { p.out.end(); return nil }
func (p *pipe) LocalAddr() net.Addr                { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
func (p *pipe) RemoteAddr() net.Addr               { return p.LocalAddr() }
func (p *pipe) SetReadDeadline(t time.Time) error  { p.in.setDeadline(&p.in.readBy, t); return nil }
func (p *pipe) SetWriteDeadline(t time.Time) error { p.out.setDeadline(&p.out.writeBy, t); return nil }
func (p *pipe) SetDeadline(t time.Time) error {
	_ = p.SetReadDeadline(t)
	return p.SetWriteDeadline(t)
}

func (p *pipe) Close() error {
	p.in.close()
	p.out.end()
	return nil
}

// A pipeBuffer is one direction.
type pipeBuffer struct {
	mu              sync.Mutex
	cond            sync.Cond
	data            []byte
	ended, closed   bool // by the writer, by the reader
	readBy, writeBy time.Time
	timers          []*time.Timer
}

func newPipeBuffer() *pipeBuffer {
	b := &pipeBuffer{}
	b.cond.L = &b.mu
	return b
}

func (b *pipeBuffer) read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.closed:
			return 0, net.ErrClosed
		case len(b.data) > 0:
			n := copy(p, b.data)
			b.data = b.data[n:]
			b.cond.Broadcast()
			return n, nil
		case b.ended:
			return 0, io.EOF
		case !b.readBy.IsZero() && !time.Now().Before(b.readBy):
			return 0, os.ErrDeadlineExceeded
		}
		b.cond.Wait()
	}
}

func (b *pipeBuffer) write(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.ended || b.closed:
			return n, io.ErrClosedPipe
		case len(p) == 0:
			return n, nil
		case len(b.data) < pipeBufferSize:
			m := min(len(p), pipeBufferSize-len(b.data))
			b.data = append(b.data, p[:m]...)
			p, n = p[m:], n+m
			b.cond.Broadcast()
			continue
		case !b.writeBy.IsZero() && !time.Now().Before(b.writeBy):
			return n, os.ErrDeadlineExceeded
		}
		b.cond.Wait()
	}
}

func (b *pipeBuffer) setDeadline(which *time.Time, t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*which = t
	if !t.IsZero() {
		b.timers = append(b.timers, time.AfterFunc(time.Until(t), b.wake))
	}
	b.cond.Broadcast()
}

func (b *pipeBuffer) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cond.Broadcast()
}

func (b *pipeBuffer) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	b.cond.Broadcast()
}

func (b *pipeBuffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, t := range b.timers {
		t.Stop()
	}
	b.cond.Broadcast()
}

// A pipeListener accepts the server's ends of pipes.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial() net.Conn {
	client, server := newPipe()
	l.conns <- server
	return client
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
