package rtmp

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tuneForSending makes a socket tell a publisher soon what becomes of what it
// sends. On a network that was cut it is given up when nothing has been
// acknowledged for d: otherwise that would go on until its buffers are full,
// which takes sound alone many minutes. And it takes little that it cannot send
// yet: otherwise it takes megabytes at once and then no more for a long time,
// which looks as if nothing got on.
func tuneForSending(nc net.Conn, d time.Duration) {
	const unsent = 128 << 10 // bytes
	withSocket(nc, func(fd int) {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}

// unacknowledged is how many bytes were sent that the other system has not
// acknowledged, our FIN among them; through HTTP, for which it has not answered. ok is
// false if that cannot be known.
func unacknowledged(nc net.Conn) (n int, ok bool) {
	if tc := inTunnel(nc); tc != nil {
		return tc.Unacknowledged(), true
	}
	withSocket(nc, func(fd int) {
		queued, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		n, ok = queued, err == nil
	})
	return n, ok
}

// refusedBytes tells whether the other system has refused what was sent. It takes
// the socket's error away, and is for when nobody reads any more.
func refusedBytes(nc net.Conn) (refused bool) {
	withSocket(nc, func(fd int) {
		pending, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		refused = err == nil && pending != 0
	})
	return refused
}

func withSocket(nc net.Conn, f func(fd int)) {
	c, ok := underTLS(nc).(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
