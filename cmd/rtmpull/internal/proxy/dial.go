package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

// A DialContext opens a connection, as that of net.Dialer does.
type DialContext = func(ctx context.Context, network, addr string) (net.Conn, error)

// A tunnel has the proxy at the other end of nc connect to addr. The context's
// deadline is nc's, and its end is that of nc.
type tunnel = func(ctx context.Context, nc net.Conn, addr string) error

// mostAddresses is how many addresses of a server are tried.
const mostAddresses = 4

// Dialer returns what dials through the proxy, to which forward connects. cfg is for
// TLS with the proxy; nil: the system's roots. Its certificates are for servers, and not
// shown to the proxy, and so is the leave not to verify them: the proxy is told a password.
//
// The connection that it makes is a *net.TCPConn, or a *tls.Conn, in all but name,
// if the one to the proxy is. Its RemoteAddr is the server's, as far as it is known
// here, or else the server's name.
//
// Errors are *Errors, but for those of looking up the server's name, and Allow's.
func (p *Proxy) Dialer(forward DialContext, cfg *tls.Config) DialContext {
	d := &dialer{p, forward, cfg, net.DefaultResolver.LookupNetIP}
	return d.dial
}

// A dialer connects through a proxy.
type dialer struct {
	*Proxy
	forward DialContext
	cfg     *tls.Config
	lookup  func(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// dial connects to the first address of the server that the proxy can connect to.
// The network is that of the connection to the proxy.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	addrs, err := d.resolve(ctx, addr)
	if err == nil {
		addrs, err = d.allowed(ctx, addrs)
	}
	if err != nil {
		return nil, err
	}
	var first error
	for i, addr := range addrs {
		nc, err := d.try(ctx, network, addr, len(addrs)-i)
		if err == nil {
			return nc, nil
		}
		if first == nil {
			first = err
		}
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Failed && !errors.Is(e, ErrSilent) || ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// resolve gives the server's addresses, or its name if the proxy is to resolve that.
func (d *dialer) resolve(ctx context.Context, addr string) ([]string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if d.scheme.here == "" || isIP(host) {
		return []string{addr}, nil
	}
	ips, err := d.lookup(ctx, d.scheme.here, host)
	if err != nil {
		return nil, err
	}
	if len(ips) == 0 {
		return nil, &net.DNSError{Err: "no suitable address", Name: host, IsNotFound: true}
	}
	addrs := make([]string, min(len(ips), mostAddresses))
	for i := range addrs {
		addrs[i] = net.JoinHostPort(ips[i].Unmap().String(), port)
	}
	return addrs, nil
}

// allowed leaves out what is not, which is an error if nothing else is left.
func (d *dialer) allowed(ctx context.Context, addrs []string) (rest []string, err error) {
	for _, addr := range addrs {
		var refusal error
		if d.Allow != nil {
			refusal = d.Allow(ctx, addr)
		}
		if refusal == nil {
			rest = append(rest, addr)
		} else if err == nil {
			err = refusal
		}
	}
	if len(rest) > 0 {
		err = nil
	}
	return rest, err
}

// try connects to one address, in its share of the time that is left for several.
func (d *dialer) try(ctx context.Context, network, addr string, several int) (net.Conn, error) {
	if by, ok := ctx.Deadline(); ok && several > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(by)/time.Duration(several))
		defer cancel()
	}
	nc, err := d.forward(ctx, network, d.addr)
	if err != nil {
		return nil, d.failed(ctx, Unreachable, err)
	}
	nc, err = d.secure(ctx, nc)
	if err == nil {
		err = within(ctx, nc, func() error { return d.scheme.connect(d.Proxy)(ctx, nc, addr) })
	}
	if err != nil {
		_ = nc.Close()
		return nil, d.failed(ctx, Broken, err)
	}
	return named(nc, addr), nil
}

// secure speaks TLS with the proxy, if that is its way.
func (d *dialer) secure(ctx context.Context, nc net.Conn) (net.Conn, error) {
	if !d.scheme.tls {
		return nc, nil
	}
	cfg := &tls.Config{}
	if d.cfg != nil {
		cfg = d.cfg.Clone()
	}
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	cfg.Certificates, cfg.GetClientCertificate, cfg.ServerName = nil, nil, d.host
	cfg.InsecureSkipVerify = false
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
			err = errors.New("it does not speak TLS")
		}
		return nc, err
	}
	return tc, nil
}

// within runs f while the context's end is nc's.
func within(ctx context.Context, nc net.Conn, f func() error) error {
	if by, ok := ctx.Deadline(); ok {
		_ = nc.SetDeadline(by)
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = nc.SetDeadline(time.Unix(1, 0))
	})
	err := f()
	if !stop() {
		<-done
		if err == nil {
			err = ctx.Err()
		}
	}
	_ = nc.SetDeadline(time.Time{})
	return err
}
