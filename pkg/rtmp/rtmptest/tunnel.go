package rtmptest

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"
)

// A Tunnel is an HTTP server that RTMP goes through, for rtmpt, in front of one that
// speaks RTMP itself. It answers as librtmp understands it, unless it is told to do
// otherwise, and holds its clients to what Flash Player's requests are: one that
// asks for something else fails the test.
//
// The zero Tunnel is ready; its fields are set before it is used.
type Tunnel struct {
	TLS *tls.Config // for rtmpts; nil: without

	Hint   byte          // the polling interval of each answer
	Most   int           // bytes of an answer; 0: 32 KiB
	Hold   time.Duration // how long an answer waits for something to say
	Delay  time.Duration // before each answer
	Silent bool          // what is sent gets no bytes in return, only who asks does

	Chunked bool   // answers are in chunks, of three bytes and more
	Lower   bool   // header names are in lower case
	Old     bool   // HTTP/1.0: each connection is for one request
	Brief   bool   // the same, without saying so
	Lasts   int    // requests that a connection is for, the last of which is told; 0: any
	Mum     bool   // it is not told
	Forgets bool   // what has come behind a request, by when that is answered, is forgotten
	Split   int    // bytes of an answer that go out at a time; 0: all
	Session string // what open is answered; empty: a name and a newline

	// Status is asked what to answer; 0: what it should be. Less than that: nothing,
	// and the connection is closed.
	Status func(r TunnelRequest) int

	mu       sync.Mutex
	requests []TunnelRequest
	sessions map[string]*tunnelled
	conns    []net.Conn
	made     int
	ended    bool
	wait     sync.WaitGroup
}

// A TunnelRequest is what a Tunnel was asked.
type TunnelRequest struct {
	Command string // open, send, idle or close
	N       int
	Size    int // of the body
	Conn    int // the number of the connection, from 0
	At      time.Time
}

// Requests are those so far.
func (t *Tunnel) Requests() []TunnelRequest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]TunnelRequest(nil), t.requests...)
}

// Dial puts the tunnel in front of dial: the connections that it opens speak HTTP. It
// works within testing/synctest bubbles if dial does.
func (t *Tunnel) Dial(tb testing.TB, dial DialFunc) DialFunc {
	tb.Cleanup(t.end)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		client, near := Pipe()
		t.start(tb, near, func() (net.Conn, error) { return dial(context.Background(), network, addr) })
		return client, nil
	}
}

// Proxy is a port of the loopback interface on which the tunnel leads to addr.
func (t *Tunnel) Proxy(tb testing.TB, addr string) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			t.start(tb, nc, func() (net.Conn, error) { return net.Dial("tcp", addr) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		accepting.Wait()
		t.end()
	})
	return l.Addr().String()
}

// end closes what is left open.
func (t *Tunnel) end() {
	t.mu.Lock()
	t.ended = true
	for _, s := range t.sessions {
		s.abort()
	}
	for _, nc := range t.conns {
		_ = nc.Close()
	}
	t.mu.Unlock()
	t.wait.Wait()
}

func (t *Tunnel) start(tb testing.TB, nc net.Conn, dial func() (net.Conn, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		_ = nc.Close()
		return
	}
	t.conns = append(t.conns, nc)
	c := &tunnelConn{t: t, tb: tb, nc: nc, dial: dial, number: t.made}
	t.made++
	if t.TLS != nil {
		c.nc = tls.Server(nc, t.TLS)
	}
	t.wait.Go(c.serve)
}
