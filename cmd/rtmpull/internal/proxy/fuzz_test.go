package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

func lookupTwo(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
}

// FuzzDial: whatever a proxy answers ends in an error or in a connection, and what
// comes behind an answer is not touched.
func FuzzDial(f *testing.F) {
	for i, answer := range []string{
		"\x00\x5a\x00\x00\x00\x00\x00\x00", "\x00\x5b\x00\x00\x00\x00\x00\x00",
		"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x00\x00", "\x05\xff",
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
	} {
		f.Add(uint8(i), []byte(answer))
	}
	f.Fuzz(func(t *testing.T, way uint8, answer []byte) {
		url := ways[int(way)%4] // not https: its handshake is Go's
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		client, server := rtmptest.Pipe()
		defer server.Close()
		go func() {
			_, _ = server.Write(answer)
			_ = server.CloseWrite()
			_, _ = io.Copy(io.Discard, server)
		}()
		nc, err := parse(t, url).Dialer(func(context.Context, string, string) (net.Conn, error) { return client, nil }, nil)(ctx, "tcp", "server:1935")
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind == Unreachable || e.Err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrSilent) {
				t.Fatalf("%s: %v", url, err)
			}
			return
		}
		rest, err := io.ReadAll(nc)
		if err != nil || len(rest) >= len(answer) {
			t.Fatalf("%s: %q of %q is left, %v", url, rest, answer, err)
		}
		nc.Close()
	})
}
