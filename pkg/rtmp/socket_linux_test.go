package rtmp_test

import (
	"context"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A connection that leads through a proxy has another name, and is told all the same
// when to give up what nobody acknowledges.
func TestSocketBehindProxy(t *testing.T) {
	type behind struct{ *net.TCPConn }
	var socket *net.TCPConn
	c := rtmp.Client{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		socket = nc.(*net.TCPConn)
		return behind{socket}, nil
	}}
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPublish()
		_, _ = io.Copy(io.Discard, p.Conn)
	})
	p, err := c.Publish(t.Context(), target(t, s.URL("live/show")))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if ms, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); err != nil || ms == 0 {
			t.Errorf("the time-out of what was sent is %d ms, %v", ms, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
