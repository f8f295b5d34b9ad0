//go:build !linux

package rtmp

import (
	"net"
	"time"
)

// tuneForSending keeps a socket from taking so much at once that it then takes
// no more for a long time, which looks as if nothing got on.
func tuneForSending(nc net.Conn, _ time.Duration) {
	if c, ok := underTLS(nc).(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = c.SetWriteBuffer(256 << 10)
	}
}

// What the other system makes of what was sent cannot be known here,
// but of a tunnel, which has an answer for each request.
func unacknowledged(nc net.Conn) (n int, ok bool) {
	if tc := inTunnel(nc); tc != nil {
		return tc.Unacknowledged(), true
	}
	return 0, false
}

func refusedBytes(net.Conn) bool { return false }
