package rtmptest

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// A Listener is a net.Listener without a network: what is dialled is one end of a
// Pipe, and what is accepted the other. It is for whole servers what Dial is for
// scripts, and works within testing/synctest bubbles.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// NewListener returns a Listener that is open.
func NewListener() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Dial connects to the listener. It is made for rtmp.Client.DialContext. Once the
// listener is closed, it is refused.
func (l *Listener) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	client, server := Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, refused(addr)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close lets nobody in any more. Connections that were accepted stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is a mere name.
func (l *Listener) Addr() net.Addr { return pipeAddr("listener") }

// refused is the error of a dial where nobody listens.
func refused(addr string) error {
	return &net.OpError{Op: "dial", Net: "pipe", Addr: pipeAddr(addr), Err: syscall.ECONNREFUSED}
}
