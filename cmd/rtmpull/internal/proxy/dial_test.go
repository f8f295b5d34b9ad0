package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy/proxytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo starts a server that sends back what it gets, and ends when it is told that
// nothing more comes.
func echo(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(nc, nc)
			nc.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// parse reads a URL that is known to be right.
func parse(t testing.TB, url string) *Proxy {
	t.Helper()
	p, err := Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var direct = (&net.Dialer{}).DialContext

// authority is a certificate for example.com and 127.0.0.1, and who trusts it.
func authority(t *testing.T) (server, client *tls.Config) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: pool}
}

// TestDial: what is said through a proxy arrives, the end of it as well, and the
// address is the server's.
func TestDial(t *testing.T) {
	server, client := authority(t)
	for _, test := range []struct {
		url   string
		asked string // @ is the server's port
		here  bool   // the name is resolved here
	}{
		{"socks4://", "socks4 127.0.0.1:@", true},
		{"socks4://joe@", "socks4 127.0.0.1:@", true},
		{"socks4a://joe@", "socks4a inside:@", false},
		{"socks5://", "socks5 127.0.0.1:@", true},
		{"socks5://joe:p%40ss@", "socks5 127.0.0.1:@", true},
		{"socks5h://joe:p%40ss@", "socks5 inside:@", false},
		{"http://", "http inside:@", false},
		{"http://joe:p%40ss@", "http inside:@", false},
		{"https://joe:p%40ss@", "http inside:@", false},
	} {
		t.Run(test.url, func(t *testing.T) {
			addr := echo(t)
			_, port, _ := net.SplitHostPort(addr)
			settings := proxytest.Proxy{Hosts: map[string]string{"inside": addr}}
			if strings.Contains(test.url, "joe") {
				settings.User = "joe"
			}
			if strings.Contains(test.url, "p%40ss") {
				settings.Password = "p@ss"
			}
			if strings.HasPrefix(test.url, "https") {
				settings.TLS = server
			}
			s := proxytest.Start(t, settings)
			d := &dialer{parse(t, test.url+s.Addr), direct, client, func(_ context.Context, network, host string) ([]netip.Addr, error) {
				if !test.here || host != "inside" || network != "ip" && network != "ip4" {
					t.Errorf("%s is looked up here (%s)", host, network)
				}
				return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1")}, nil
			}}
			want := "inside:" + port
			if test.here {
				want = addr
			}
			check(t, d, "inside:"+port, want)
			check(t, d, addr, addr)
			if got := s.Asked(); got[0] != strings.ReplaceAll(test.asked, "@", port) || !strings.HasSuffix(got[1], " "+addr) {
				t.Errorf("the proxy was asked for %q, want %q and %s", got, test.asked, addr)
			}
		})
	}
}

// check says something to a server that sends it back.
func check(t *testing.T, d *dialer, addr, remote string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	nc, err := d.dial(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	cancel() // which is no longer the connection's
	if got := nc.RemoteAddr().String(); got != remote {
		t.Errorf("the server's address is %s, want %s", got, remote)
	}
	if _, err := io.WriteString(nc, "hello"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(nc, got); err != nil || string(got) != "hello" {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, overTLS := nc.(*tlsConn); overTLS {
		return // what ends there is TLS, for both directions
	}
	if _, ok := nc.(syscall.Conn); !ok {
		t.Error("it is no connection of the system's any more")
	}
	if err := nc.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(nc); err != nil || len(rest) > 0 {
		t.Errorf("in the end got %q, %v", rest, err)
	}
}

// TestRefused: what a proxy refuses, and why.
func TestRefused(t *testing.T) {
	closed := proxytest.Start(t, proxytest.Proxy{Hosts: map[string]string{"away": "127.0.0.1:1"}})
	deny := proxytest.Start(t, proxytest.Proxy{Deny: true})
	login := proxytest.Start(t, proxytest.Proxy{User: "joe", Password: "secret"})
	server, _ := authority(t)
	over := proxytest.Start(t, proxytest.Proxy{TLS: server})
	web := echo(t) // which is no proxy
	for _, test := range []struct {
		url, to string
		kind    Kind
		why     string
	}{
		{"socks4a://" + closed.Addr, "away:1935", Failed, "rejected or failed"},
		{"socks5h://" + closed.Addr, "away:1935", Failed, "connection refused"},
		{"http://" + closed.Addr, "away:1935", Failed, "502 Bad Gateway"},
		{"socks4a://" + deny.Addr, "h:1935", Failed, "rejected or failed"},
		{"socks5h://" + deny.Addr, "h:1935", Denied, "connection not allowed by ruleset"},
		{"http://" + deny.Addr, "h:1935", Denied, "403 Forbidden"},
		{"socks4a://" + login.Addr, "h:1935", Denied, "it does not accept the user"},
		{"socks5h://" + login.Addr, "h:1935", Denied, ErrAuth.Error()},
		{"http://" + login.Addr, "h:1935", Denied, ErrAuth.Error()},
		{"socks4a://jim@" + login.Addr, "h:1935", Denied, "it does not accept the user"},
		{"socks5h://joe:secrets@" + login.Addr, "h:1935", Denied, ErrPassword.Error()},
		{"http://joe:secrets@" + login.Addr, "h:1935", Denied, ErrPassword.Error()},
		{"socks4://" + closed.Addr, "[::1]:1935", Denied, "SOCKS4 knows no IPv6"},
		{"socks5h://" + deny.Addr, strings.Repeat("h", 256) + ":1935", Denied, "the server's name is too long"},
		{"socks5h://127.0.0.1:1", "h:1935", Unreachable, "connection refused"},
		{"socks5h://" + web, "h:1935", Denied, ErrAuth.Error()}, // it says 1 where a method is wanted
		{"socks4a://" + web, "h:1935", Broken, "it does not speak SOCKS4"},
		{"https://" + web, "h:1935", Broken, ""},
		{"https://" + over.Addr, "h:1935", Broken, "certificate signed by unknown authority"},
		{"http://" + over.Addr, "h:1935", Broken, ErrHungUp.Error()},
	} {
		t.Run(test.url+" "+test.to[:min(len(test.to), 20)], func(t *testing.T) {
			p := parse(t, test.url)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			nc, err := p.Dialer(direct, nil)(ctx, "tcp", test.to)
			if nc != nil {
				nc.Close()
			}
			e, ok := errors.AsType[*Error](err)
			switch {
			case strings.Contains(test.url, web) && strings.HasPrefix(test.url, "socks5"):
				if !ok || e.Kind != Broken && e.Kind != Denied {
					t.Errorf("got %v", err)
				}
			case !ok || e.Kind != test.kind || !strings.Contains(e.Err.Error(), test.why) || e.Proxy != p.addr:
				t.Errorf("got %v, want %v: %s", err, test.kind, test.why)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// TestProxyIsVerified: a proxy whose certificate is not accepted is told no password,
// whatever is good enough for servers.
func TestProxyIsVerified(t *testing.T) {
	server, _ := authority(t)
	s := proxytest.Start(t, proxytest.Proxy{TLS: server, User: "joe", Password: "secret"})
	dial := parse(t, "https://joe:secret@"+s.Addr).Dialer(direct, &tls.Config{InsecureSkipVerify: true})
	nc, err := dial(t.Context(), "tcp", echo(t))
	if nc != nil {
		nc.Close()
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("got %v, %v", e, err)
	}
	if asked := s.Asked(); len(asked) > 0 {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// TestAddresses: of several addresses of a server the next is tried when the proxy
// cannot connect to one.
func TestAddresses(t *testing.T) {
	addr := echo(t)
	_, port, _ := net.SplitHostPort(addr)
	s := proxytest.Start(t, proxytest.Proxy{Hosts: map[string]string{"192.0.2.1": "127.0.0.1:1", "2001:db8::1": "127.0.0.1:1"}})
	ips := []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")}
	lookup := func(context.Context, string, string) ([]netip.Addr, error) { return ips, nil }
	check(t, &dialer{parse(t, "socks5://"+s.Addr), direct, nil, lookup}, "h:"+port, addr)
	want := []string{"socks5 [2001:db8::1]:" + port, "socks5 192.0.2.1:" + port, "socks5 " + addr}
	if got := s.Asked(); !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}

	ips = ips[:2]
	_, err := (&dialer{parse(t, "socks5://"+s.Addr), direct, nil, lookup}).dial(t.Context(), "tcp", "h:"+port)
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Failed {
		t.Errorf("got %v", err)
	}
	ips = nil
	_, err = (&dialer{parse(t, "socks5://"+s.Addr), direct, nil, lookup}).dial(t.Context(), "tcp", "h:"+port)
	if e, ok := errors.AsType[*net.DNSError](err); !ok || e.Name != "h" {
		t.Errorf("got %v", err)
	}
}

// TestAllow: the proxy is not asked for what is not allowed.
func TestAllow(t *testing.T) {
	addr := echo(t)
	_, port, _ := net.SplitHostPort(addr)
	s := proxytest.Start(t, proxytest.Proxy{Hosts: map[string]string{"192.0.2.1": addr, "h": addr}})
	ips := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")}
	lookup := func(context.Context, string, string) ([]netip.Addr, error) { return ips, nil }
	refused := errors.New("it is not allowed")
	for _, scheme := range []string{"socks5", "socks5h", "http"} {
		p := parse(t, scheme+"://"+s.Addr)
		p.Allow = func(_ context.Context, addr string) error {
			if strings.HasPrefix(addr, "10.") || addr == "inside:1" {
				return refused
			}
			return nil
		}
		d := &dialer{p, direct, nil, lookup}
		remote := "h:" + port
		if scheme == "socks5" {
			remote = "192.0.2.1:" + port
		}
		check(t, d, "h:"+port, remote)
		ips = ips[:1]
		if _, err := d.dial(t.Context(), "tcp", "inside:1"); !errors.Is(err, refused) {
			t.Errorf("%s: got %v", scheme, err)
		}
	}
	want := []string{"socks5 192.0.2.1:" + port, "socks5 h:" + port, "http h:" + port}
	if got := s.Asked(); !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}
}

func TestParse(t *testing.T) {
	for url, want := range map[string]string{
		"socks5://h":                  "socks5://h:1080",
		"SOCKS5H://h:1/":              "socks5h://h:1",
		"socks4://joe@10.0.0.1":       "socks4://joe@10.0.0.1:1080",
		"http://[::1]":                "http://[::1]:80",
		"https://joe:secret@h":        "https://joe:***@h:443",
		"socks5://joe:p%40ss%3Aw@h:9": "socks5://joe:***@h:9",
		"http://j%40e:x@h":            "http://j%40e:***@h:80",
	} {
		if got := parse(t, url).String(); got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
	for _, url := range []string{
		"", "h:1080", "127.0.0.1:1080", "socks5:h", "socks5://", "socks6://secret@h", "ftp://h", "http://h/secret", "http://h?secret",
		"socks5://joe:secret@h:x", "socks5://h:0", "socks5://h:99999", "socks5://joe:sec%ret@h", "socks5://joe@h", "socks5://:secret@h",
		"socks4://joe:secret@h", "socks4://j%00e@h", "socks5://joe:" + strings.Repeat("secret", 50) + "@h", "http://j%3Ae:secret@h", "http://h#secret",
	} {
		if p, err := Parse(url); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q is %v, %v", url, p, err)
		}
	}
}
