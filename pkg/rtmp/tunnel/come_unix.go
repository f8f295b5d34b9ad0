//go:build unix

package tunnel

import (
	"net"
	"syscall"
)

// hasCome tells whether there is something to read on a socket: bytes, its end, or an
// error. known is false if nc is none.
func hasCome(nc net.Conn) (come, known bool) {
	for {
		over, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = over.NetConn()
	}
	socket, ok := nc.(syscall.Conn)
	if !ok {
		return false, false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true, true
	}
	var peeked error
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, peeked = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	})
	return err != nil || peeked != syscall.EAGAIN && peeked != syscall.EINTR, true
}
