//go:build unix

package main

import (
	"crypto/tls"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy/proxytest"
)

// proxyKey is where a script's proxy is found.
type proxyKey struct{}

// cmdProxy starts a proxy of all kinds until the script ends, and sets $PROXY to its
// address. login wants joe and secret, joe the user alone, deny refuses, tls speaks
// TLS with the certificates' server.pem. The host that it knows is inside, which is
// $ADDR.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg, "proxy [login] [joe] [deny] [tls]")
	p := proxytest.Proxy{Hosts: map[string]string{"inside": ts.Getenv("ADDR")}}
	for _, arg := range args {
		switch arg {
		case "login":
			p.User, p.Password = "joe", "secret"
		case "joe":
			p.User = "joe"
		case "deny":
			p.Deny = true
		case "tls":
			pair, err := tls.LoadX509KeyPair(ts.MkAbs("server.pem"), ts.MkAbs("server.key"))
			ts.Check(err)
			p.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
		default:
			ts.Fatalf("unknown: %s", arg)
		}
	}
	s := proxytest.Start(scriptT(ts), p)
	ts.Setenv("PROXY", s.Addr)
	ts.Defer(func() {
		// Who asked for what is the proxy's word for it.
		ts.Logf("the proxy was asked for %q", s.Asked())
	})
	*ts.Value(proxyKey{}).(**proxytest.Server) = s
}

// cmdAsked fails unless the proxy was asked for these places since the last time, as
// socks5:inside:1935, each so often.
func cmdAsked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 0, "asked WAY:HOST:PORT...")
	s := *ts.Value(proxyKey{}).(**proxytest.Server)
	want := strings.Join(args, "\n")
	got := strings.ReplaceAll(strings.Join(s.Asked(), "\n"), " ", ":")
	if got != want {
		ts.Fatalf("the proxy was asked for\n%s\nwant\n%s", got, want)
	}
}
