//go:build !unix

package tunnel

import "net"

// hasCome cannot tell.
func hasCome(net.Conn) (come, known bool) { return false, false }
