package rtmptest

import (
	"net"
	"sync"
	"time"
)

// A tunnelled is a session, and its connection to the server behind the tunnel.
type tunnelled struct {
	server net.Conn

	mu      sync.Mutex
	n       int // of the next request
	changed *sync.Cond
	said    []byte // by the server, and not yet taken
	over    bool   // the server says no more
	left    bool   // the client has closed the session
}

func newTunnelled(server net.Conn) *tunnelled {
	s := &tunnelled{server: server}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// count is the number of a request. The first may be made again.
func (s *tunnelled) count(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == 0 && s.n == 1 {
		return 0
	}
	s.n++
	return s.n - 1
}

// listen keeps what the server says, up to what a socket would. When the client has
// left it reads on until the server does as well: to close a socket in which something
// is unread tears the connection.
func (s *tunnelled) listen() {
	defer s.server.Close()
	b := make([]byte, 16<<10)
	for {
		n, err := s.server.Read(b)
		s.mu.Lock()
		s.said = append(s.said, b[:n]...)
		s.over = err != nil
		s.changed.Broadcast()
		for len(s.said) > 8*pipeBuffer && !s.left {
			s.changed.Wait()
		}
		if s.left {
			s.said = nil
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take is what the server has said, if it says something within hold. over: it never
// will.
func (s *tunnelled) take(most int, hold time.Duration) (data []byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hold > 0 {
		held := true
		defer time.AfterFunc(hold, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			held = false
			s.changed.Broadcast()
		}).Stop()
		for held && len(s.said) == 0 && !s.over && !s.left {
			s.changed.Wait()
		}
	}
	n := min(most, len(s.said))
	data, s.said = s.said[:n:n], s.said[n:]
	s.changed.Broadcast()
	return data, s.left || n == 0 && s.over
}

// close ends the session: the server sees that the client has gone.
func (s *tunnelled) close() {
	s.leave()
	closeWrite(s.server)
}

// abort ends the session with nobody left to tell.
func (s *tunnelled) abort() {
	s.leave()
	_ = s.server.Close()
}

func (s *tunnelled) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
	s.changed.Broadcast()
}
