package rtmp_test

import (
	"bytes"
	"context"
	"crypto/cipher"
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
// said all. They are encrypted if cipher is not nil.
type endless struct {
	net.Conn
	data   []byte
	at     int
	cipher func() cipher.Stream
}

func (e *endless) Read(b []byte) (int, error) {
	if n, err := e.Conn.Read(b); err != io.EOF {
		return n, err
	}
	n := copy(b, e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	if e.cipher != nil {
		e.cipher().XORKeyStream(b[:n], b[:n])
	}
	return n, nil
}

// A frame costs no allocation on its way through a Player, deadlines and
// counters and all.
func TestNextAllocatesNothing(t *testing.T) {
	for _, scheme := range []string{"rtmp", "rtmpe"} {
		t.Run(scheme, func(t *testing.T) { nextAllocatesNothing(t, scheme) })
	}
}

func nextAllocatesNothing(t *testing.T, scheme string) {
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
	var server *rtmptest.Peer
	said := make(chan struct{})
	dial := rtmptest.Dial(t, func(p *rtmptest.Peer) {
		defer close(said)
		p.AcceptPlay()
		server = p
	})
	c := rtmp.Client{
		IdleTimeout: rtmp.DefaultSetupTimeout,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := dial(ctx, network, addr)
			e := &endless{Conn: nc, data: b.Bytes()}
			if scheme == "rtmpe" {
				e.cipher = func() cipher.Stream {
					<-said
					return server.Accepted.Send
				}
			}
			return e, err
		},
	}
	p, err := c.Play(t.Context(), target(t, scheme+"://host/live/show"))
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
func publishUnheard(tb testing.TB, scheme string) *rtmp.Publisher {
	tb.Helper()
	server := rtmptest.NewServer(tb, func(p *rtmptest.Peer) {
		p.AcceptPublish()
		for buf := make([]byte, 256<<10); ; {
			if _, err := p.Read(buf); err != nil {
				return
			}
		}
	})
	p, err := new(rtmp.Client).Publish(tb.Context(), target(tb, scheme+"://"+server.Addr+"/live/show"))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// A frame costs no allocation on its way through a Publisher, whether it is sent
// at once or gathered.
func TestWriteAllocatesNothing(t *testing.T) {
	for _, scheme := range []string{"rtmp", "rtmpe"} {
		p := publishUnheard(t, scheme)
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
				t.Errorf("%s, %s: %v allocations a frame, want none", scheme, name, n)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkPublish measures frames on their way through a Publisher and a socket,
// to a server that only reads.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{400, 20_000, 200_000} {
		benchmarkPublish(b, "rtmp", size)
	}
	benchmarkPublish(b, "rtmpe", 20_000)
}

func benchmarkPublish(b *testing.B, scheme string, size int) {
	b.Run(scheme+"/"+strconv.Itoa(size), func(b *testing.B) {
		p := publishUnheard(b, scheme)
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
