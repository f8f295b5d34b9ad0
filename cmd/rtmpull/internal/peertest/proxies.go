package peertest

import (
	"os/exec"
	"strings"
	"testing"
)

// Microsocks starts microsocks, a SOCKS5 proxy. It wants a user and a password if
// there is a user.
func Microsocks(t testing.TB, user, password string) *Server {
	t.Helper()
	microsocks := program(t, "microsocks")
	return serve(t, 1, func(s *Server, ports []string) func() *exec.Cmd {
		s.Addr = loopback(ports[0])
		args := []string{"-i", "127.0.0.1", "-p", ports[0]}
		if user != "" {
			args = append(args, "-u", user, "-P", password)
		}
		return func() *exec.Cmd { return s.in(exec.Command(microsocks, args...)) }
	})
}

// Tinyproxy starts tinyproxy, an HTTP proxy that connects to any port, but not to the
// host forbidden. It wants a user and a password if there is a user.
func Tinyproxy(t testing.TB, user, password string) *Server {
	t.Helper()
	tinyproxy := program(t, "tinyproxy")
	return serve(t, 1, func(s *Server, ports []string) func() *exec.Cmd {
		s.Addr = loopback(ports[0])
		filter := s.writeFile(t, "filter", "^forbidden$\n")
		conf := []string{
			"Port " + ports[0], "Listen 127.0.0.1", "Timeout 600", "MaxClients 20", "LogLevel Notice",
			"FilterURLs Off", "FilterExtended On", `Filter "` + filter + `"`,
		}
		if user != "" {
			conf = append(conf, "BasicAuth "+user+" "+password)
		}
		file := s.writeFile(t, "tinyproxy.conf", strings.Join(conf, "\n")+"\n")
		return func() *exec.Cmd { return s.in(exec.Command(tinyproxy, "-d", "-c", file)) }
	})
}
