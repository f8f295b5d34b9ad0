package rtmptest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// torrent accepts connections and writes to each without end.
func torrent(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer nc.Close()
			for b := make([]byte, 1000); err == nil; {
				_, err = nc.Write(b)
			}
		}()
	}
}

// drain reads until there is no more. Silence is the end if it is what was waited for:
// so many bytes have come.
func drain(nc net.Conn, silence time.Duration, frozen func(n int64) bool) (n int64, err error) {
	const patience = 30 * time.Second
	for by := time.Now().Add(patience); ; {
		_ = nc.SetReadDeadline(time.Now().Add(silence))
		k, err := io.Copy(io.Discard, nc)
		n += k
		if !errors.Is(err, os.ErrDeadlineExceeded) || frozen(n) || time.Now().After(by) {
			return n, err
		}
	}
}

// TestCutter: what passes is what was to pass, to the byte, and ends as it was to.
func TestCutter(t *testing.T) {
	const cuts = 60
	ends := func(t *testing.T, dial rtmptest.DialFunc, c *rtmptest.Cutter, patience time.Duration) {
		kinds := map[rtmptest.CutKind]int{}
		for i := range cuts {
			nc, err := dial(t.Context(), "tcp", "h:1935")
			if errors.Is(err, syscall.ECONNRESET) { // before connect(2) was back
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			_, sent := nc.Write([]byte("hello"))
			n, err := drain(nc, patience, func(n int64) bool {
				made := c.Made()
				return i < len(made) && made[i].Kind == rtmptest.CutFreeze && n >= made[i].After
			})
			if err == nil && errors.Is(sent, syscall.ECONNRESET) {
				err = sent // a RST is told but once
			}
			_ = nc.Close()
			cut := c.Made()[i]
			kinds[cut.Kind]++
			if whole := n == cut.After; !whole && (cut.Kind != rtmptest.CutReset || n > cut.After) {
				t.Errorf("connection %d: %d bytes passed, of %+v", i, n, cut)
			}
			want := map[rtmptest.CutKind]error{
				rtmptest.CutClose: nil, rtmptest.CutReset: syscall.ECONNRESET, rtmptest.CutFreeze: os.ErrDeadlineExceeded,
			}[cut.Kind]
			if !errors.Is(err, want) {
				t.Errorf("connection %d: %v, of %+v", i, err, cut)
			}
		}
		if len(kinds) != 3 {
			t.Errorf("kinds of cuts: %v", kinds)
		}
		nc, err := dial(t.Context(), "tcp", "h:1935")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if n, err := io.CopyN(io.Discard, nc, 1<<20); err != nil {
			t.Errorf("%d bytes and %v by the connection that is not cut", n, err)
		}
	}
	cutter := func() *rtmptest.Cutter {
		return &rtmptest.Cutter{Seed: 1, Cuts: cuts, Bytes: 5000, Pause: 20 * time.Millisecond, Freeze: true}
	}
	t.Run("in memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := rtmptest.NewListener()
			defer l.Close()
			go torrent(l)
			c := cutter()
			ends(t, c.Dial(t, l.Dial), c, time.Second)
		})
	})
	t.Run("on a network", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			torrent(l)
		}()
		t.Cleanup(func() { _ = l.Close(); <-done })
		c := cutter()
		addr := c.Proxy(t, l.Addr().String())
		ends(t, func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", addr) }, c, 200*time.Millisecond)
	})
}

// The same seed cuts at the same moments.
func TestCutterSeeds(t *testing.T) {
	made := func(seed uint64) []rtmptest.Cut {
		c := &rtmptest.Cutter{Seed: seed, Cuts: 20, Bytes: 5000}
		dial := c.Dial(t, func(context.Context, string, string) (net.Conn, error) {
			nc, far := rtmptest.Pipe()
			return nc, far.Close()
		})
		for range 20 {
			if _, err := dial(t.Context(), "", ""); err != nil {
				t.Fatal(err)
			}
		}
		return c.Made()
	}
	if a, b := made(1), made(1); !slices.Equal(a, b) {
		t.Errorf("seed 1 cuts at\n%v and at\n%v", a, b)
	}
	if slices.Equal(made(1), made(2)) {
		t.Error("two seeds cut alike")
	}
}

// TestTap: what is written down is what was read, and of messages those that came whole.
func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const whole = 3
		var tap rtmptest.Tap
		dial := tap.Dial(rtmptest.Dial(t, func(p *rtmptest.Peer) {
			_, _ = p.Write(make([]byte, 3073))
			for i := range uint32(whole) {
				p.Video(i, bytes.Repeat([]byte{byte(i)}, 300))
			}
			_, _ = p.Write([]byte{6, 0, 0, 9, 0, 0, 100, 9, 7, 0, 0, 0, 1, 2, 3}) // the beginning of one
		}))
		nc, err := dial(t.Context(), "", "h:1935")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		n, err := io.Copy(io.Discard, nc)
		if got := tap.Bytes(); err != nil || len(got) != 1 || got[0] != n {
			t.Errorf("%d bytes were read, %v; %v are noted", n, err, got)
		}
		conns := tap.Connections()
		if len(conns) != 1 || len(conns[0]) != whole {
			t.Fatalf("messages %v", conns)
		}
		for i, m := range conns[0] {
			if m.Timestamp != uint32(i) || len(m.Payload) != 300 || m.Payload[299] != byte(i) {
				t.Errorf("message %d: %v", i, m)
			}
		}
	})
}

func TestListenerCloses(t *testing.T) {
	l := rtmptest.NewListener()
	_ = l.Close()
	if _, err := l.Dial(t.Context(), "tcp", "h:1935"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}
