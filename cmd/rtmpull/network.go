package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"math"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/proxy"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// defaultSilence is how long a server may send nothing.
const defaultSilence = 30 * time.Second

// networkFlags say how to connect, and how long to wait for what. Those that a
// command does not have are 0.
type networkFlags struct {
	caFile, cert, key string
	insecure          bool
	ipv4, ipv6        bool
	proxy, socks      string

	connect, start, silence, grace, write durationValue
	endless                               bool // a silence of 0 is for ever, and no error

	dial func(ctx context.Context, network, addr string) (net.Conn, error) // nil: as the flags say
}

// group are the flags of who plays.
func (f *networkFlags) group() flagGroup {
	fs := f.flags()
	f.addPatience(fs)
	return flagGroup{"Network", fs}
}

// addPatience adds those that say how long a server may take.
func (f *networkFlags) addPatience(fs *pflag.FlagSet) {
	f.addConnect(fs)
	f.start, f.silence = durationValue(defaultSilence), durationValue(defaultSilence)
	f.grace = durationValue(rtmp.DefaultEOFGrace)
	fs.Var((*timeoutValue)(&f.start), "start-timeout", "how long to wait for the first media")
	fs.VarP((*timeoutValue)(&f.silence), "timeout", "m", "how long to wait when the stream falls silent")
	fs.Var(&f.grace, "eof-grace", "how long a live stream may take to come back when its server says that it is over; 0 believes it at once")
}

// publishGroup are the flags of who publishes.
func (f *networkFlags) publishGroup() flagGroup {
	fs := f.flags()
	f.addConnect(fs)
	f.start, f.write = durationValue(30*time.Second), durationValue(rtmp.DefaultWriteTimeout)
	fs.Var((*timeoutValue)(&f.start), "start-timeout", "how long to wait for the server to take the stream")
	fs.VarP((*timeoutValue)(&f.write), "timeout", "m", "how long to wait for the server to read on, once the system's buffers are full")
	return flagGroup{"Network", fs}
}

// flags are those that both have.
func (f *networkFlags) flags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("network", pflag.ContinueOnError)
	fs.StringVar(&f.caFile, "ca-file", "", "PEM `file` with the authorities to trust, instead of the system's")
	fs.StringVar(&f.cert, "cert", "", "PEM `file` with a client certificate")
	fs.StringVar(&f.key, "key", "", "PEM `file` with its key (default: the certificate's file)")
	fs.BoolVar(&f.insecure, "insecure", false, "do not verify the server's certificate; a proxy's is verified")
	fs.StringVar(&f.proxy, "proxy", "", "`URL` of a proxy to connect through, or @file: socks5h://user:password@host:1080, socks4a, http, https; "+
		"or socks5 and socks4, for which names are resolved here")
	fs.StringVarP(&f.socks, "socks", "S", "", "`host[:port]` of a SOCKS4 proxy; names are resolved here, to IPv4 (default port: 1080)")
	fs.BoolVarP(&f.ipv4, "ipv4", "4", false, "connect by IPv4 only, to the proxy if there is one")
	fs.BoolVarP(&f.ipv6, "ipv6", "6", false, "connect by IPv6 only, to the proxy if there is one")
	return fs
}

func (f *networkFlags) addConnect(fs *pflag.FlagSet) {
	f.connect = durationValue(10 * time.Second)
	fs.Var((*timeoutValue)(&f.connect), "connect-timeout", "how long to wait for a connection")
}

// client makes the Client that the flags ask for.
func (f *networkFlags) client() (*rtmp.Client, error) {
	if f.ipv4 && f.ipv6 {
		return nil, badUsage("-4 and -6 exclude each other")
	}
	tlsConfig, err := f.tlsConfig()
	if err != nil {
		return nil, err
	}
	dial, err := f.dialer(tlsConfig)
	if err != nil {
		return nil, err
	}
	return &rtmp.Client{
		DialContext:      dial,
		TLSConfig:        tlsConfig,
		Manners:          new(rtmp.Manners),
		SetupTimeout:     f.setup(),
		HandshakeTimeout: time.Duration(f.connect),
		StartTimeout:     time.Duration(f.start),
		IdleTimeout:      time.Duration(f.silence),
		EOFGrace:         f.eofGrace(),
		WriteTimeout:     time.Duration(f.write),
	}, nil
}

// dialer makes what opens connections: to the proxy, if there is one, and through it.
// No variable of the environment names one. Those that there are are for the web, and
// a recording must not go another way because of them.
func (f *networkFlags) dialer(tlsConfig *tls.Config) (proxy.DialContext, error) {
	through, err := f.through()
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: time.Duration(f.connect), ControlContext: rtmp.CheckControl}
	direct := func(ctx context.Context, network, addr string) (net.Conn, error) {
		switch {
		case f.dial != nil:
			return f.dial(ctx, network, addr)
		case f.ipv4:
			network = "tcp4"
		case f.ipv6:
			network = "tcp6"
		}
		return dialer.DialContext(ctx, network, addr)
	}
	if through == nil {
		return direct, nil
	}
	through.Allow = rtmp.CheckAddress
	dial := through.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		return direct(rtmp.PublicOnly(ctx, false), network, addr) // a proxy may well be a private one
	}, tlsConfig)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(f.connect))
		defer cancel()
		return dial(ctx, network, addr)
	}, nil
}

// through is the proxy that the flags name; nil: none.
func (f *networkFlags) through() (*proxy.Proxy, error) {
	switch {
	case f.proxy != "" && f.socks != "":
		return nil, badUsage("--proxy and --socks exclude each other")
	case f.proxy != "":
		url, err := secret(f.proxy)
		if err != nil {
			return nil, err
		}
		p, err := proxy.Parse(url)
		if err != nil {
			return nil, badUsage("--proxy: %w", err)
		}
		return p, nil
	case f.socks != "":
		p, err := proxy.Parse("socks4://" + f.socks)
		if err != nil || strings.ContainsAny(f.socks, "@/") {
			return nil, badUsage("--socks: write host or host:port; other proxies than SOCKS4's are --proxy's")
		}
		return p, nil
	}
	return nil, nil
}

// setup is how long it may take until the server is asked for the stream.
func (f *networkFlags) setup() time.Duration {
	sum := time.Duration(f.connect) + time.Duration(f.start)
	if sum < 0 { // they are longer than time
		return math.MaxInt64
	}
	return sum
}

// eofGrace is the Client's: of which 0 is the default, and less than that none.
func (f *networkFlags) eofGrace() time.Duration {
	if f.grace == 0 {
		return -1
	}
	return time.Duration(f.grace)
}

func (f *networkFlags) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: f.insecure, //nolint:gosec // the user asks for it by name
	}
	if f.caFile != "" {
		pem, err := os.ReadFile(f.caFile)
		if err != nil {
			return nil, badUsage("--ca-file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, badUsage("--ca-file: %s holds no certificate in PEM form", f.caFile)
		}
	}
	if f.cert == "" {
		if f.key != "" {
			return nil, badUsage("--key is given without --cert")
		}
		return c, nil
	}
	key := f.key
	if key == "" {
		key = f.cert
	}
	pair, err := tls.LoadX509KeyPair(f.cert, key)
	if err != nil {
		return nil, badUsage("--cert: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}
