//go:build !linux

package rtmp

import "net"

// muffler is for systems on which that was not tried.
func muffler(net.Conn) func(on bool) { return nil }
