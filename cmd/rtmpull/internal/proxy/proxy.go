// Package proxy makes connections through a proxy: SOCKS4, SOCKS4a, SOCKS5, and
// HTTP's CONNECT, with or without TLS to the proxy.
//
//	p, err := proxy.Parse("socks5h://joe:secret@10.0.0.1:1080")
//	...
//	client.DialContext = p.Dialer((&net.Dialer{}).DialContext, nil)
//
// What goes wrong with the proxy is an *Error. All of it is over with the context
// of the dial: no proxy is waited for longer, whatever it sends.
package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A scheme is a way to speak with a proxy.
type scheme struct {
	port    string // the usual one
	connect func(p *Proxy) tunnel
	here    string // the network by which names are resolved here, ip or ip4; "": the proxy resolves them
	tls     bool
}

// Names are resolved as curl and its followers have it: the a of socks4a and the h
// of socks5h leave them to the proxy, and CONNECT always does.
var schemes = map[string]scheme{
	"socks4":  {port: "1080", connect: (*Proxy).socks4, here: "ip4"},
	"socks4a": {port: "1080", connect: (*Proxy).socks4},
	"socks5":  {port: "1080", connect: (*Proxy).socks5, here: "ip"},
	"socks5h": {port: "1080", connect: (*Proxy).socks5},
	"http":    {port: "80", connect: (*Proxy).http},
	"https":   {port: "443", connect: (*Proxy).http, tls: true},
}

// A Proxy is where to find a proxy and how to speak with it. It does not change, and
// may be used by many goroutines.
type Proxy struct {
	// Allow, if there is one, is asked before the proxy is to connect to a host:port, which
	// is a name only if the proxy resolves that. Its error is Dialer's. It is set before use.
	Allow func(ctx context.Context, addr string) error

	name   string // of the scheme
	scheme scheme
	host   string // without brackets
	addr   string // host:port

	user, password string
	named          bool // the URL has a user, if only an empty one
}

// errForm says how a proxy is written. No part of what was written is in it: that
// may be a password.
var errForm = errors.New("write socks5://host:1080, socks5h, socks4, socks4a, http or https, as in http://user:password@host:8080, " +
	"with %XX for what is special in a URL")

// Parse reads the URL of a proxy: socks4, socks4a, socks5, socks5h, http or https,
// with a user and a password where it wants them. SOCKS4 knows a user alone. The port
// is 1080 by default for SOCKS, 80 for http, and 443 for https. The error does not
// show the URL.
func Parse(raw string) (*Proxy, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errForm
	}
	s, ok := schemes[u.Scheme] // which url.Parse has in lower case
	if !ok {
		return nil, errForm
	}
	p := &Proxy{name: u.Scheme, scheme: s, host: u.Hostname()}
	port := u.Port()
	if port == "" {
		port = s.port
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, errors.New("a port is a number from 1 to 65535")
	}
	p.addr = net.JoinHostPort(p.host, port)
	if u.User != nil {
		p.user, p.named = u.User.Username(), true
		p.password, _ = u.User.Password()
	}
	return p, p.check()
}

// check refuses a user and a password that the proxy's protocol cannot carry.
func (p *Proxy) check() error {
	const most = 255 // a byte counts them
	switch socks := strings.HasPrefix(p.name, "socks"); {
	case socks && (len(p.user) > most || len(p.password) > most):
		return errors.New("the user and the password have 255 bytes at most")
	case strings.HasPrefix(p.name, "socks4") && p.password != "":
		return errors.New("SOCKS4 knows a user and no password")
	case strings.HasPrefix(p.name, "socks4") && strings.Contains(p.user, "\x00"):
		return errors.New("a user has no zero byte")
	case p.name == "socks5" || p.name == "socks5h":
		if p.named && (p.user == "" || p.password == "") {
			return errors.New("SOCKS5 wants a user and a password, or neither")
		}
	case !socks && strings.Contains(p.user, ":"):
		return errors.New("a user has no colon")
	}
	return nil
}

// String is the proxy's URL, without the password.
func (p *Proxy) String() string {
	user := ""
	if p.named {
		user = url.User(p.user).String()
		if p.password != "" {
			user += ":***"
		}
		user += "@"
	}
	return p.name + "://" + user + p.addr
}

// isIP tells whether a host is an address, with or without a zone.
func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
