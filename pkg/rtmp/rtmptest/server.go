package rtmptest

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"
)

// A Script is what a server does with one connection. It runs in a goroutine of
// its own, and its connection is closed when it returns.
//
// When the client hangs up while the script reads or writes, the script ends
// there and nothing is reported: it is the client that is tested. What a client
// says out of turn fails the test.
type Script func(p *Peer)

// A Server is a scripted server on a port of the loopback interface. It is
// closed when the test ends.
type Server struct {
	Addr string // host:port

	scheme   string
	listener net.Listener
	scripts  scripts
}

// NewServer starts a server. Its first connection is given to the first script,
// and so on; connections beyond the last are refused.
func NewServer(t testing.TB, first Script, more ...Script) *Server {
	t.Helper()
	return newServer(t, "rtmp", nil, append([]Script{first}, more...))
}

// NewTLSServer starts a server for rtmps. A client that fails TLS takes up a
// connection without running its script.
func NewTLSServer(t testing.TB, cfg *tls.Config, first Script, more ...Script) *Server {
	t.Helper()
	return newServer(t, "rtmps", cfg, append([]Script{first}, more...))
}

func newServer(t testing.TB, scheme string, cfg *tls.Config, list []Script) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), scheme: scheme, listener: l, scripts: scripts{t: t, list: list}}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			run := s.scripts.next()
			if run == nil {
				abort(nc)
				continue
			}
			if cfg == nil {
				s.scripts.start(run, nc)
				continue
			}
			tc := tls.Server(nc, cfg)
			s.scripts.start(func(p *Peer) {
				if tc.Handshake() == nil {
					run(p)
				}
			}, tc)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		accepting.Wait()
		s.scripts.end()
	})
	return s
}

// URL is that of a stream on the server.
func (s *Server) URL(path string) string { return s.scheme + "://" + s.Addr + "/" + path }

// A DialFunc opens connections, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Dial is NewServer without a network: every call gives the client's end of a
// Pipe and the other end to the next script. After the last script it is
// refused. It is made for rtmp.Client.DialContext, and works within
// testing/synctest bubbles.
func Dial(t testing.TB, first Script, more ...Script) DialFunc {
	s := &scripts{t: t, list: append([]Script{first}, more...)}
	t.Cleanup(s.end)
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		run := s.next()
		if run == nil {
			return nil, refused(addr)
		}
		client, server := Pipe()
		s.start(run, server)
		return client, nil
	}
}

// scripts hands out scripts to connections and waits for them to end.
type scripts struct {
	t    testing.TB
	wait sync.WaitGroup

	mu    sync.Mutex
	list  []Script
	conns []net.Conn
}

// next takes a script. nil: there is none left.
func (s *scripts) next() Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return nil
	}
	run := s.list[0]
	s.list = s.list[1:]
	return run
}

func (s *scripts) start(run Script, nc net.Conn) {
	s.mu.Lock()
	s.conns = append(s.conns, nc)
	s.mu.Unlock()
	s.wait.Go(func() {
		defer nc.Close()
		run(newPeer(s.t, nc))
	})
}

// end gives the scripts that still run no more to read or write.
func (s *scripts) end() {
	s.mu.Lock()
	s.list = nil
	for _, nc := range s.conns {
		_ = nc.SetDeadline(time.Unix(1, 0))
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// abort closes a connection with a RST, as far as its kind can.
func abort(nc net.Conn) {
	switch c := nc.(type) {
	case *Conn:
		_ = c.Abort()
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	case *tls.Conn:
		abort(c.NetConn())
	default:
		_ = c.Close()
	}
}
