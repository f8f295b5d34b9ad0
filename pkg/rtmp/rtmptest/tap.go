package rtmptest

import (
	"bytes"
	"context"
	"net"
	"sync"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// handshakeSize is how many bytes a server sends before its first chunk.
const handshakeSize = 1 + 2*1536

// A Tap writes down all that clients read from their connections: what a fault on
// the way has let through is known to the byte. The zero Tap is ready.
type Tap struct {
	mu    sync.Mutex
	conns []*tapped
}

// Dial is dial with the tap on the connections that it opens.
func (t *Tap) Dial(dial DialFunc) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c := &tapped{Conn: nc}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.conns = append(t.conns, c)
		return c, nil
	}
}

// Connections are the messages that came whole by each connection, as far as the
// clients have read. It is for when they have ended.
func (t *Tap) Connections() [][]*message.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([][]*message.Message, len(t.conns))
	for i, c := range t.conns {
		r := chunk.NewReader(bytes.NewReader(c.read[min(handshakeSize, len(c.read)):]))
		for m, err := r.Next(); err == nil; m, err = r.Next() {
			list[i] = append(list[i], m.Clone())
		}
	}
	return list
}

// Bytes is how many bytes were read by each connection.
func (t *Tap) Bytes() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]int64, len(t.conns))
	for i, c := range t.conns {
		list[i] = int64(len(c.read))
	}
	return list
}

type tapped struct {
	net.Conn
	read []byte
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read = append(c.read, b[:n]...)
	return n, err
}
