package rtmp

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// muffler returns what keeps the system from telling of what comes, until there is
// a lot of it, and has it tell again. Go's runtime waits for all sockets at once, and
// wakes up for each packet even if nobody reads; that is what most of the time went
// into with many streams.
func muffler(nc net.Conn) func(on bool) {
	c, ok := underTLS(nc).(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	set := func(lowest int) func(uintptr) {
		return func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowest) }
	}
	quiet, usual := set(2*gatherSize), set(1)
	return func(on bool) {
		if on {
			_ = raw.Control(quiet)
		} else {
			_ = raw.Control(usual)
		}
	}
}
