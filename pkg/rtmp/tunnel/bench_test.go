package tunnel_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/tunnel"
)

// dialTCP opens a session on a real port.
func dialTCP(tb testing.TB, addr string) *tunnel.Conn {
	tb.Helper()
	var d net.Dialer
	c, err := tunnel.Open(tb.Context(), tunnel.Config{Host: addr, Dial: func(ctx context.Context) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", addr)
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkRead is what comes as fast as it is taken, and the server's part of that.
func BenchmarkRead(b *testing.B) {
	for _, most := range []int{4 << 10, 32 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("answers of %d KiB", most>>10), func(b *testing.B) {
			text := noise(1 << 20)
			server := rtmptest.NewServer(b, func(p *rtmptest.Peer) {
				for {
					if _, err := p.Write(text); err != nil {
						return
					}
				}
			})
			c := dialTCP(b, (&rtmptest.Tunnel{Most: most}).Proxy(b, server.Addr))
			defer c.Close()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.ReadFull(c, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWrite is what goes as fast as it is taken.
func BenchmarkWrite(b *testing.B) {
	server := rtmptest.NewServer(b, silent)
	c := dialTCP(b, (&rtmptest.Tunnel{}).Proxy(b, server.Addr))
	defer c.Close()
	text := noise(1 << 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(text); err != nil {
			b.Fatal(err)
		}
	}
}

// How long a byte takes that comes out of silence, and how fast bytes come from afar:
// a round trip for each answer.
func TestLatency(t *testing.T) {
	const away = 25 * time.Millisecond // a round trip of 50 ms
	synctest.Test(t, func(t *testing.T) {
		via := &rtmptest.Tunnel{Hint: 1, Most: 256 << 10}
		text := noise(2 << 20)
		dial := rtmptest.Line{Up: rtmptest.Fault{Latency: away}, Down: rtmptest.Fault{Latency: away}}.Dial(t,
			via.Dial(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
				time.Sleep(500 * time.Millisecond)
				_, _ = p.Write(text)
				silent(p)
			})))
		c, err := openBy(t, dial)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		start := time.Now()
		b := make([]byte, len(text))
		if _, err := io.ReadFull(c, b[:1]); err != nil {
			t.Fatal(err)
		}
		first := time.Since(start)
		if first > 650*time.Millisecond {
			t.Errorf("the first byte took %v", first)
		}
		if _, err := io.ReadFull(c, b[1:]); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start) - first; took > 2*time.Second {
			t.Errorf("the rest took %v", took)
		}
	})
}

// What is unread on the way does not keep TLS from ending.
func TestCloseWhileStuckOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := rtmptest.Pipe()
		defer server.Close()
		go func() {
			b := make([]byte, 4096)
			_, _ = server.Read(b)
			_, _ = io.WriteString(server, body("1\n"))
		}()
		stuck := stuckTLS{client}
		c, err := tunnel.Open(t.Context(), tunnel.Config{Host: "host:443", Dial: func(context.Context) (net.Conn, error) { return stuck, nil }})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_ = c.Close()
		if took := time.Since(start); took > 600*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
	})
}

// stuckTLS has a goodbye that nobody takes.
type stuckTLS struct{ net.Conn }

var _ interface{ NetConn() net.Conn } = (*tls.Conn)(nil)

func (c stuckTLS) NetConn() net.Conn { return c.Conn }

func (c stuckTLS) Close() error {
	_, _ = c.Conn.Read(make([]byte, 1))
	return c.Conn.Close()
}
