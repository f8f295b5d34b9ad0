// Package proxytest has a small proxy for tests: SOCKS4, SOCKS4a, SOCKS5 and HTTP's
// CONNECT on one port, as each connection begins.
package proxytest

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// A Proxy says how a Server behaves. The zero Proxy lets everybody in.
type Proxy struct {
	User, Password string      // whom it wants; "": nobody
	TLS            *tls.Config // that it is spoken to in; nil: none
	Deny           bool        // every connection
	Hosts          map[string]string
}

// A Server is a running proxy.
type Server struct {
	Proxy
	Addr string // 127.0.0.1:port

	listener net.Listener
	wait     sync.WaitGroup

	mu    sync.Mutex
	asked []string
	open  map[net.Conn]bool
}

// Start starts a proxy on a free port until the test ends. Names are those in Hosts.
func Start(t testing.TB, p Proxy) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Proxy: p, Addr: l.Addr().String(), listener: l, open: make(map[net.Conn]bool)}
	if p.TLS != nil {
		s.listener = tls.NewListener(l, p.TLS)
	}
	s.wait.Go(s.accept)
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		for nc := range s.open {
			_ = nc.Close()
		}
		s.open = nil
		s.mu.Unlock()
		s.wait.Wait()
	})
	return s
}

// Asked are the places that were asked for, as "socks5 host:1935".
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *Server) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.wait.Go(func() { s.serve(nc) })
	}
}

// keep has a connection closed with the test. It is too late for that if it is false.
func (s *Server) keep(nc net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		_ = nc.Close()
		return false
	}
	s.open[nc] = true
	return true
}

func (s *Server) serve(nc net.Conn) {
	defer nc.Close()
	if !s.keep(nc) {
		return
	}
	in := bufio.NewReader(nc)
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	speak := map[byte]func(*bufio.Reader, net.Conn) net.Conn{4: s.socks4, 5: s.socks5, 'C': s.http}[first[0]]
	if speak == nil {
		return
	}
	to := speak(in, nc)
	if to == nil {
		return
	}
	defer to.Close()
	if !s.keep(to) {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(nc, to)
		end(nc)
	}()
	_, _ = io.Copy(to, in)
	end(to)
	<-back
}

// end tells the other side that nothing more comes.
func end(nc net.Conn) {
	if c, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}

// connect connects to where it was asked to.
func (s *Server) connect(way, host string, port uint16) (net.Conn, error) {
	addr := net.JoinHostPort(host, strconv.Itoa(int(port)))
	s.mu.Lock()
	s.asked = append(s.asked, way+" "+addr)
	s.mu.Unlock()
	if known, ok := s.Hosts[host]; ok {
		addr = known
	} else if _, err := netip.ParseAddr(host); err != nil {
		return nil, fmt.Errorf("no host %s", host)
	}
	return net.Dial("tcp", addr)
}

func (s *Server) socks4(in *bufio.Reader, out net.Conn) net.Conn {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil
	}
	user, err := in.ReadString(0)
	if err != nil {
		return nil
	}
	way, host := "socks4", net.IP(head[4:8]).String()
	if head[4] == 0 && head[5] == 0 && head[6] == 0 && head[7] != 0 {
		if host, err = in.ReadString(0); err != nil {
			return nil
		}
		way, host = "socks4a", host[:len(host)-1]
	}
	answer := func(code byte) { _, _ = out.Write([]byte{0, code, 0, 0, 0, 0, 0, 0}) }
	if user[:len(user)-1] != s.User {
		answer(93)
		return nil
	}
	nc, err := s.connect(way, host, binary.BigEndian.Uint16(head[2:]))
	if err != nil || s.Deny {
		answer(91)
		return nil
	}
	answer(90)
	return nc
}

func (s *Server) socks5(in *bufio.Reader, out net.Conn) net.Conn {
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(in, b)
		return b
	}
	methods := read(int(read(2)[1]))
	if s.User != "" {
		if !slices.Contains(methods, 2) {
			_, _ = out.Write([]byte{5, 0xff})
			return nil
		}
		_, _ = out.Write([]byte{5, 2})
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user != s.User || password != s.Password {
			_, _ = out.Write([]byte{1, 1})
			return nil
		}
		_, _ = out.Write([]byte{1, 0})
	} else {
		_, _ = out.Write([]byte{5, 0})
	}
	var host string
	switch head := read(4); head[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	case 4:
		host = net.IP(read(16)).String()
	default:
		return nil
	}
	port := binary.BigEndian.Uint16(read(2))
	answer := func(code byte) { _, _ = out.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0}) }
	if s.Deny {
		answer(2)
		return nil
	}
	nc, err := s.connect("socks5", host, port)
	if err != nil {
		answer(5)
		return nil
	}
	answer(0)
	return nc
}

func (s *Server) http(in *bufio.Reader, out net.Conn) net.Conn {
	ask, err := http.ReadRequest(in)
	if err != nil {
		return nil
	}
	answer := func(status, header string) {
		_, _ = io.WriteString(out, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n"+header+"\r\n")
	}
	login := http.Request{Header: http.Header{"Authorization": ask.Header["Proxy-Authorization"]}}
	user, password, _ := login.BasicAuth()
	host, text, err := net.SplitHostPort(ask.Host)
	port, bad := strconv.ParseUint(text, 10, 16)
	switch {
	case ask.Method != http.MethodConnect || ask.RequestURI != ask.Host || err != nil || bad != nil:
		answer("400 Bad Request", "")
		return nil
	case user != s.User || password != s.Password:
		answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"a proxy\"\r\n")
		return nil
	case s.Deny:
		answer("403 Forbidden", "")
		return nil
	}
	nc, err := s.connect("http", host, uint16(port))
	if err != nil {
		answer("502 Bad Gateway", "")
		return nil
	}
	_, _ = io.WriteString(out, "HTTP/1.1 200 Connection established\r\n\r\n")
	return nc
}
