package rtmp

import (
	"crypto/tls"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged has the system give up a connection on which what was sent
// is not acknowledged for that long. A publisher has nothing to wait for: on a
// network that was cut it would go on until the socket's buffers are full, which
// takes sound alone many minutes.
func limitUnacknowledged(nc net.Conn, d time.Duration) {
	if c, ok := nc.(*tls.Conn); ok {
		nc = c.NetConn()
	}
	c, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
		})
	}
}
