//go:build !linux

package rtmp

import (
	"net"
	"time"
)

// limitUnacknowledged is for systems that have no such limit, or another
// default: there the time-out of a write has to do.
func limitUnacknowledged(net.Conn, time.Duration) {}
