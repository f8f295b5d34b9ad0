package peertest

import (
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A Server is a running RTMP server, which takes any stream in its
// applications. Its Process changes with Restart.
type Server struct {
	*Process
	Dir     string // its working directory; removed with the test
	Addr    string // 127.0.0.1:port of RTMP
	TLSAddr string // 127.0.0.1:port of RTMPS; empty if it has none
	CAFile  string // the certificate to trust for TLSAddr, PEM

	command func() *exec.Cmd
}

// URL is the address of a stream, for publishers and players.
func (s *Server) URL(app, stream string) string { return "rtmp://" + s.Addr + "/" + app + "/" + stream }

// TLSURL is the address of a stream by RTMPS. The certificate in CAFile is for
// 127.0.0.1 and localhost.
func (s *Server) TLSURL(app, stream string) string {
	s.t.Helper()
	if s.TLSAddr == "" {
		s.t.Fatalf("peertest: %s is not set up for RTMPS", s.name)
	}
	return "rtmps://" + s.TLSAddr + "/" + app + "/" + stream
}

// Restart kills the server if it runs still, and starts it again on the same
// ports, with its streams forgotten.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.StartAgain()
}

// StartAgain is the second half of Restart, for a server that has been killed.
func (s *Server) StartAgain() {
	s.t.Helper()
	s.Process = Start(s.t, s.command())
	if !s.ready() {
		s.t.Fatalf("peertest: %s did not come back on %s:\n%s", s.name, s.Addr, s.Output())
	}
}

// ready waits until every port takes connections.
func (s *Server) ready() bool {
	up := poll(s.Process, func() bool {
		for _, addr := range []string{s.Addr, s.TLSAddr} {
			if addr == "" {
				continue
			}
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				return false
			}
			conn.Close()
		}
		return true
	})
	return up && s.Running() && !s.clashed()
}

// clashed reports whether somebody else had one of the ports. The servers say
// so each in its own way; the Node ones run on without it.
func (s *Server) clashed() bool {
	out := s.Output()
	return strings.Contains(out, "EADDRINUSE") || strings.Contains(out, "ddress already in use")
}

// serve starts a server on new ports, as often as it takes to find free ones.
// configure writes its files into s.Dir for ports, as many as n, and sets
// s.Addr; it may set s.TLSAddr.
func serve(t testing.TB, n int, configure func(s *Server, ports []string) (command func() *exec.Cmd)) *Server {
	t.Helper()
	for range 5 {
		s := &Server{Dir: t.TempDir()}
		s.command = configure(s, freePorts(t, n))
		s.Process = Start(t, s.command())
		if s.ready() {
			return s
		}
		s.Kill()
		if !s.clashed() {
			t.Fatalf("peertest: %s did not come up on %s:\n%s", s.name, s.Addr, s.Output())
		}
	}
	t.Fatal("peertest: found no free port")
	return nil
}

// freePorts returns n ports that nobody listens on. They are from below the
// ephemeral range: neither port 0 of another test nor a connection's own end
// can take one before the server does.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	ports := make([]string, 0, n)
	for range 1000 {
		if len(ports) == n {
			return ports
		}
		port := strconv.Itoa(10000 + rand.IntN(20000))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			continue
		}
		l.Close()
		ports = append(ports, port)
	}
	t.Fatal("peertest: no free ports")
	return nil
}

func loopback(port string) string { return net.JoinHostPort("127.0.0.1", port) }

// writeFile makes a file of a server's configuration, replacing each "old,
// new" pair in text.
func (s *Server) writeFile(t testing.TB, name, text string, replace ...string) string {
	t.Helper()
	path := filepath.Join(s.Dir, name)
	text = strings.NewReplacer(replace...).Replace(text)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
