package rtmp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// An endless connection goes on with the same chunks for ever when its server has
// said all.
type endless struct {
	net.Conn
	data []byte
	at   int
}

func (e *endless) Read(b []byte) (int, error) {
	if n, err := e.Conn.Read(b); err != io.EOF {
		return n, err
	}
	n := copy(b, e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	return n, nil
}

// A frame costs no allocation on its way through a Player, deadlines and
// counters and all.
func TestNextAllocatesNothing(t *testing.T) {
	var b bytes.Buffer
	w := chunk.NewWriter(&b)
	for i := range uint32(10) {
		m := message.Message{
			ChunkStreamID: 40, Type: message.TypeVideo, StreamID: rtmptest.StreamID,
			Timestamp: i * 40, Payload: make([]byte, 4000),
		}
		if err := w.Write(&m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	dial := rtmptest.Dial(t, func(p *rtmptest.Peer) { p.AcceptPlay() })
	c := rtmp.Client{
		IdleTimeout: rtmp.DefaultSetupTimeout,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := dial(ctx, network, addr)
			return &endless{Conn: nc, data: b.Bytes()}, err
		},
	}
	p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	next := func() {
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		next()
	}
	if n := testing.AllocsPerRun(2000, next); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
}

// publishUnheard publishes to a server on the loopback interface that reads what
// comes, and drops it.
func publishUnheard(tb testing.TB) *rtmp.Publisher {
	tb.Helper()
	server := rtmptest.NewServer(tb, func(p *rtmptest.Peer) {
		p.AcceptPublish()
		for buf := make([]byte, 256<<10); ; {
			if _, err := p.Read(buf); err != nil {
				return
			}
		}
	})
	p, err := new(rtmp.Client).Publish(tb.Context(), target(tb, server.URL("live/show")))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// A frame costs no allocation on its way through a Publisher, whether it is sent
// at once or gathered.
func TestWriteAllocatesNothing(t *testing.T) {
	p := publishUnheard(t)
	m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 4000)}
	for name, flush := range map[string]func() error{
		"gathered": func() error { return nil },
		"at once":  p.Flush,
	} {
		write := func() {
			m.Timestamp += 40
			if err := errors.Join(p.Write(&m), flush()); err != nil {
				t.Fatal(err)
			}
		}
		for range 200 {
			write()
		}
		if n := testing.AllocsPerRun(2000, write); n != 0 {
			t.Errorf("%s: %v allocations a frame, want none", name, n)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// BenchmarkPublish measures frames on their way through a Publisher and a socket,
// to a server that only reads.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{400, 20_000, 200_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			p := publishUnheard(b)
			m := message.Message{Type: message.TypeVideo, Payload: make([]byte, size)}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				m.Timestamp += 40
				if err := p.Write(&m); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}
