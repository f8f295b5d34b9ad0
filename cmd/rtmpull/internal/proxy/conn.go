package proxy

import (
	"crypto/tls"
	"net"
	"net/netip"
	"time"
)

// addr is the host:port of a server whose address only the proxy knows.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// serverAddr is the address of a server that was asked for by host:port.
func serverAddr(hostport string) net.Addr {
	if ap, err := netip.ParseAddrPort(hostport); err == nil {
		return net.TCPAddrFromAddrPort(ap)
	}
	return addr(hostport)
}

// named gives the connection to a proxy the address of the server behind it. It stays
// what it is otherwise: those who use it look for CloseWrite and syscall.Conn.
func named(nc net.Conn, hostport string) net.Conn {
	to := serverAddr(hostport)
	switch nc := nc.(type) {
	case *net.TCPConn:
		return &tcpConn{nc, to}
	case *tls.Conn:
		return &tlsConn{nc, to}
	}
	return &conn{nc, to}
}

type conn struct {
	net.Conn
	to net.Addr
}

func (c *conn) RemoteAddr() net.Addr { return c.to }

type tcpConn struct {
	*net.TCPConn
	to net.Addr
}

func (c *tcpConn) RemoteAddr() net.Addr { return c.to }

type tlsConn struct {
	*tls.Conn
	to net.Addr
}

func (c *tlsConn) RemoteAddr() net.Addr { return c.to }

// parting is how long TLS may take for its goodbye to the proxy.
const parting = 500 * time.Millisecond

func (c *tlsConn) Close() error {
	defer time.AfterFunc(parting, func() { _ = c.NetConn().Close() }).Stop()
	return c.Conn.Close()
}
