package rtmp_test

import (
	"bytes"
	"context"
	"io"
	"net"
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
