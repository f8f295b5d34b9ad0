package rtmptest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// A Fault is what happens to the bytes of one direction. The zero Fault lets
// them through.
type Fault struct {
	Latency time.Duration // from one end to the other, for each byte

	// CutAfter is how many bytes are let through before the connection is cut,
	// both ways; 0: all.
	CutAfter int64
	Reset    bool // cut by a RST rather than by a FIN

	// Drip lets through so many bytes at a time, one portion every Every.
	Drip  int
	Every time.Duration
}

// A Line is a way between client and server.
type Line struct {
	Up   Fault // from the client to the server
	Down Fault // from the server to the client
}

// Dial puts the line in front of dial: the connections that it opens are Pipes
// into the line. It works within testing/synctest bubbles if dial does. The
// connection's own set-up takes no time.
func (l Line) Dial(t testing.TB, dial DialFunc) DialFunc {
	var wait sync.WaitGroup
	t.Cleanup(wait.Wait)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		server, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, near := Pipe()
		l.join(&wait, near, server)
		return client, nil
	}
}

// Proxy is a port of the loopback interface from which the line leads to addr.
func (l Line) Proxy(t testing.TB, addr string) string {
	t.Helper()
	var wait sync.WaitGroup
	t.Cleanup(wait.Wait)
	return forward(t, addr, func(client, server net.Conn) {
		l.join(&wait, client, server)
		t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	})
}

// forward opens a port of the loopback interface, and hands each client to join with
// a connection to addr. Until the test ends; cleanups of join come before that.
func forward(t testing.TB, addr string, join func(client, server net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				abort(client)
				continue
			}
			join(client, server)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		accepting.Wait()
	})
	return listener.Addr().String()
}

// join connects both ends. Each ends when the other does.
func (l Line) join(wait *sync.WaitGroup, client, server net.Conn) {
	up := &pump{Fault: l.Up, from: client, to: server, ended: make(chan struct{})}
	down := &pump{Fault: l.Down, from: server, to: client, ended: make(chan struct{})}
	for _, p := range []*pump{up, down} {
		queue := make(chan packet, 1024)
		wait.Go(func() { p.take(queue) })
		wait.Go(func() { p.give(queue) })
	}
}

// A pump moves the bytes of one direction.
type pump struct {
	Fault
	from, to net.Conn
	ended    chan struct{} // closed when give has ended
}

// A packet is what was read at once, and when it is due. Without data it is the
// end.
type packet struct {
	data []byte
	due  time.Time
}

func (p *pump) take(queue chan<- packet) {
	defer close(queue)
	for {
		b := make([]byte, 4096)
		n, err := p.from.Read(b)
		if n > 0 {
			select {
			case queue <- packet{b[:n], time.Now().Add(p.Latency)}:
			case <-p.ended:
				return
			}
		}
		if err != nil {
			select {
			case queue <- packet{nil, time.Now().Add(p.Latency)}:
			case <-p.ended:
			}
			return
		}
	}
}

func (p *pump) give(queue <-chan packet) {
	defer close(p.ended)
	var passed int64
	for q := range queue {
		time.Sleep(time.Until(q.due))
		if len(q.data) == 0 {
			closeWrite(p.to)
			return
		}
		cut := p.CutAfter > 0 && passed+int64(len(q.data)) >= p.CutAfter
		if cut {
			q.data = q.data[:p.CutAfter-passed]
		}
		passed += int64(len(q.data))
		if p.write(q.data) != nil {
			_ = p.from.Close()
			return
		}
		switch {
		case cut && p.Reset:
			abort(p.from)
			abort(p.to)
			return
		case cut:
			_, _ = p.from.Close(), p.to.Close()
			return
		}
	}
}

func (p *pump) write(b []byte) error {
	for p.Drip > 0 && len(b) > 0 {
		n := min(p.Drip, len(b))
		if _, err := p.to.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
		time.Sleep(p.Every)
	}
	_, err := p.to.Write(b)
	return err
}

// closeWrite ends one direction, or both where that cannot be.
func closeWrite(nc net.Conn) {
	if c, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
		return
	}
	_ = nc.Close()
}
