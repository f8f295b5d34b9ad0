//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// webKey is where a script's web server is found.
type webKey struct{}

// A webServer gives a Flash player, unless it is told to do something else.
type webServer struct {
	server *httptest.Server
	does   atomic.Value // string
	asked  atomic.Int32
	silent string // a file that is written when it begins to be silent
}

// cmdWeb starts a web server until the script ends and sets $WEB to its URL; or tells
// the one that runs what to do: give player.swf, be off, or be silent, of which there is
// a file waiting.
func cmdWeb(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "web player.swf|off|silent")
	w := ts.Value(webKey{}).(*webServer)
	w.does.Store(args[0])
	if w.server != nil {
		return
	}
	w.server, w.silent = httptest.NewServer(w), ts.MkAbs("waiting")
	ts.Defer(w.server.Close)
	ts.Setenv("WEB", w.server.URL)
	ts.Setenv("WEBADDR", strings.TrimPrefix(w.server.URL, "http://"))
}

func (w *webServer) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.asked.Add(1)
	switch w.does.Load() {
	case "off":
		out.WriteHeader(http.StatusServiceUnavailable)
		return
	case "silent":
		_ = os.WriteFile(w.silent, []byte("silent"), 0o600)
		<-r.Context().Done()
		return
	}
	switch r.URL.Path {
	case "/player.swf":
		_, _ = out.Write([]byte("FWS\x09\x10\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07"))
	case "/page.swf":
		_, _ = out.Write([]byte("<html>Who are you?</html>"))
	default:
		http.NotFound(out, r)
	}
}

// cmdFetched fails unless the web server was asked so often.
func cmdFetched(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "fetched TIMES")
	if got := strconv.Itoa(int(ts.Value(webKey{}).(*webServer).asked.Load())); got != args[0] {
		ts.Fatalf("the web server was asked %s times, want %s", got, args[0])
	}
}

// A server that verifies the player is told what the flags say, and connect what its
// URL is, by both command lines.
func TestVerified(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	w := new(webServer)
	w.does.Store("player.swf")
	web := httptest.NewServer(w)
	defer web.Close()
	const hash = "25698a099a5a1538b37d16c672be0a8c1dcd952115509097d3ebf840c620e743"
	player := handshake.SWF{Size: 16}
	if _, err := hex.Decode(player.Hash[:], []byte(hash)); err != nil {
		t.Fatal(err)
	}
	url := web.URL + "/player.swf"
	for _, args := range [][]string{
		{"-w", hash, "-x", "16", "-s", url, "rtmp://h/live/show"},
		{"-W", url, "rtmp://h/live/show"},
		{"-W", url, "-s", url, "rtmp://h/live/show"},
		{"-W", web.URL + "/player.swf?k=v", "-s", url, "rtmp://h/live/show"},
		{"-i", "rtmp://h/live/show swfUrl=" + url + " swfVfy=1 swfAge=3"},
		{"-W", url, "--url-command", "echo rtmp://h/live/show"},
		{"rtmpdump", "-W", url, "-r", "rtmp://h/live/show"},
		{"rtmpdump", "-w", hash, "-x", "16", "-s", url, "-r", "rtmp://h/live/show"},
		{"rtmpdump", "-w", hash, "-x", "99", "-W", url, "-r", "rtmp://h/live/show"}, // -W counts
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			verified := make(chan bool, 1)
			dial := rtmptest.Dial(t, func(p *rtmptest.Peer) {
				p.Handshake()
				connect := p.Expect("connect")
				p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
				o, _ := amf.AsObject(connect.Object)
				if told, _ := amf.AsString(o.Get("swfUrl")); told != url {
					t.Errorf("the player's URL is %q, want %q", told, url)
				}
				p.VerifySWF(player)
				verified <- true
			})
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			env := &environment{
				args: append(args, "--retry", "0", "-o", filepath.Join(t.TempDir(), "show.flv")), stdout: null, stderr: null,
				getenv: func(string) string { return "" },
				dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					if strings.HasSuffix(web.URL, addr) {
						return new(net.Dialer).DialContext(ctx, network, addr)
					}
					return dial(ctx, network, addr)
				},
			}
			_ = execute(t.Context(), env)
			select {
			case <-verified:
			default:
				t.Error("the player was not verified")
			}
		})
	}
	if n := w.asked.Load(); n != 2 {
		t.Errorf("the web server was asked %d times, want once for each URL", n)
	}
}

// A located connection has the address that its server is said to have.
type located struct {
	net.Conn
	addr net.Addr
}

func (l located) RemoteAddr() net.Addr { return l.addr }

// TestPlayerLedInside: a server on the public internet that has no player does not have us
// ask at a private address, and one that is private itself may.
func TestPlayerLedInside(t *testing.T) {
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = out.Write([]byte("FWS\x09\x10\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07"))
	}))
	defer inside.Close()
	var leads func(r *http.Request) string
	first := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		http.Redirect(out, r, leads(r), http.StatusFound)
	}))
	defer first.Close()
	direct := func(*http.Request) string { return inside.URL }
	detour := func(r *http.Request) string {
		if r.Host == "a.example" {
			return "http://b.example/"
		}
		return inside.URL
	}
	dialer := net.Dialer{ControlContext: rtmp.CheckControl}
	for name, test := range map[string]struct {
		at     net.IP
		leads  func(r *http.Request) string
		follow bool
	}{
		"public":           {net.IPv4(203, 0, 113, 7), direct, false},
		"public, one more": {net.IPv4(203, 0, 113, 7), detour, false},
		"private":          {net.IPv4(192, 168, 0, 7), direct, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			asked.Store(0)
			leads = test.leads
			client := &rtmp.Client{TLSConfig: &tls.Config{}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if !strings.HasSuffix(addr, ".example:80") {
					return dialer.DialContext(ctx, network, addr)
				}
				nc, err := net.Dial(network, first.Listener.Addr().String())
				return located{nc, &net.TCPAddr{IP: test.at, Port: 80}}, err
			}}
			_, err := playerCache(client, nil).Get(t.Context(), "http://a.example/player.swf", 0)
			if followed := asked.Load() > 0; followed != test.follow || (err == nil) != test.follow {
				t.Errorf("it was followed: %v; %v", followed, err)
			} else if err != nil && !strings.Contains(err.Error(), "must not lead to a private address") {
				t.Errorf("got %v", err)
			}
		})
	}
}
