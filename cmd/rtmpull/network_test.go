package main

import (
	"net"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy/proxytest"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// What is for the public internet only is not connected to elsewhere, nor is a proxy
// asked to; the proxy itself may be where it likes.
func TestPublicOnly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	inside := l.Addr().String()
	s := proxytest.Start(t, proxytest.Proxy{Hosts: map[string]string{"edge.example": inside}})
	for _, test := range []struct {
		flags  networkFlags
		to     string
		only   bool
		allows bool
	}{
		{networkFlags{}, inside, false, true},
		{networkFlags{}, inside, true, false},
		{networkFlags{}, "localhost:1", true, false},
		{networkFlags{proxy: "socks5h://" + s.Addr}, inside, false, true},
		{networkFlags{proxy: "socks5h://" + s.Addr}, inside, true, false},
		{networkFlags{proxy: "socks5://" + s.Addr}, inside, true, false},
		{networkFlags{proxy: "http://" + s.Addr}, "router:1935", true, false},
		{networkFlags{proxy: "http://" + s.Addr}, "edge.example:1935", true, true},
		{networkFlags{socks: s.Addr}, inside, true, false},
	} {
		test.flags.connect = durationValue(10 * time.Second)
		c, err := test.flags.client()
		if err != nil {
			t.Fatal(err)
		}
		nc, err := c.DialContext(rtmp.PublicOnly(t.Context(), test.only), "tcp", test.to)
		if (err == nil) != test.allows {
			t.Errorf("%s%s to %s, public only %v: %v", test.flags.proxy, test.flags.socks, test.to, test.only, err)
		}
		if nc != nil {
			_ = nc.Close()
		}
	}
	if asked := s.Asked(); len(asked) != 2 {
		t.Errorf("the proxy was asked for %q", asked)
	}
}
