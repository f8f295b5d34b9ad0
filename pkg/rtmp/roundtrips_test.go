package rtmp_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// writes keeps each write that is made on a connection.
type writes struct {
	net.Conn
	mu  sync.Mutex
	all [][]byte
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.all = append(w.all, bytes.Clone(b))
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// On a line of 100 ms each way, the first media is there after three round
// trips: C0 and C1; C2, connect and createStream; play. librtmp takes four.
func TestThreeRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := rtmptest.Line{
			Up:   rtmptest.Fault{Latency: 100 * time.Millisecond},
			Down: rtmptest.Fault{Latency: 100 * time.Millisecond},
		}
		dial := line.Dial(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, payload)
			p.Linger()
		}))
		var w writes
		c := rtmp.Client{DialContext: func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
			w.Conn, err = dial(ctx, network, addr)
			return &w, err
		}}
		start := time.Now()
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if m, err := p.Next(); err != nil || !m.Type.IsMedia() {
			t.Fatalf("got %v, %v; want media", m, err)
		}
		if d := time.Since(start); d != 600*time.Millisecond {
			t.Errorf("took %v, want 600ms", d)
		}
		// The answers to connect and createStream may come apart.
		if len(w.all) != 3 && len(w.all) != 4 {
			t.Fatalf("%d writes, want 3 or 4", len(w.all))
		}
		second := w.all[1]
		if len(second) < 1536 || !bytes.Contains(second[1536:], []byte("connect")) || !bytes.Contains(second[1536:], []byte("createStream")) {
			t.Error("the second write is not C2, connect and createStream")
		}
		if last := w.all[len(w.all)-1]; !bytes.Contains(last, []byte("play")) {
			t.Errorf("the last write has no play: %q", last)
		}
	})
}
