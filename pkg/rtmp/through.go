package rtmp

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// openTunnel opens a session with the HTTP server that first leads to. When that
// closes a connection, another is made in the same way, and as carefully, to the same
// address: a name may stand for several servers, of which one alone knows the session.
func (c *Client) openTunnel(ctx context.Context, t *Target, first net.Conn) (net.Conn, error) {
	start := time.Now()
	host, port, _ := net.SplitHostPort(t.Address())
	host, _, _ = strings.Cut(host, "%") // a zone means nothing to the server
	addr := t.Address()
	if _, ok := ipOf(first.RemoteAddr()); ok {
		addr = first.RemoteAddr().String()
	}
	dial := func(ctx context.Context) (nc net.Conn, err error) {
		if first != nil {
			nc, first = first, nil
		} else if nc, err = c.redial(ctx, t, addr); err != nil {
			return nil, err
		}
		if t.Session.Role == session.Publish {
			tuneForSending(nc, c.writeTimeout())
		}
		return nc, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.handshakeTimeout())
	defer cancel()
	tc, err := tunnel.Open(ctx, tunnel.Config{Dial: dial, Host: net.JoinHostPort(host, port)})
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = &TimeoutError{"HTTP tunnel", time.Since(start), context.DeadlineExceeded}
		}
		return nil, &Error{PhaseTunnel, t.Address(), noEOF(err)}
	}
	c.phaseDone(PhaseTunnel, &start)
	return tc, nil
}

// redial makes a connection to addr in the place of one that the HTTP server has closed.
func (c *Client) redial(ctx context.Context, t *Target, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.handshakeTimeout())
	defer cancel()
	nc, err := c.connect(ctx, t, addr, func(Phase, *time.Time) {})
	if e, ok := errors.AsType[*Error](err); ok {
		err = e.Err // the phase is that of the stream
	}
	return nc, err
}

// inTunnel is the tunnel that nc is, or nil.
func inTunnel(nc net.Conn) *tunnel.Conn {
	tc, _ := nc.(*tunnel.Conn)
	return tc
}
