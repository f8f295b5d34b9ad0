package rtmptest

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// A CutKind is how a Cutter ends a connection.
type CutKind uint8

// The kinds of cuts.
const (
	CutClose  CutKind = iota // all that has passed arrives, and then a FIN
	CutReset                 // a RST
	CutFreeze                // nothing passes any more, and the connection stays open
	cutKinds
)

// A Cutter is a way to a server that breaks over and over again, at moments that
// its seed gives: within messages and between them, in handshakes, before the
// server has said anything. Some connections stand still for a moment before.
type Cutter struct {
	Seed   uint64
	Cuts   int           // how many connections are cut, the first ones
	Bytes  int64         // of the stream that pass before a cut, on average
	Pause  time.Duration // the longest stand-still; 0: there are none
	Freeze bool          // some fall silent, until the client has had enough

	mu   sync.Mutex
	made []Cut
	all  []net.Conn
	wait sync.WaitGroup
}

// A Cut is what became of a connection.
type Cut struct {
	Kind  CutKind
	After int64         // bytes from the server; negative: it is not cut
	Pause time.Duration // a stand-still; 0: none
	At    int64         // bytes, where it stands still
}

// The moments that are tried more often than chance would: the handshake and the
// conversation behind it are short beside any stream.
const (
	cutsInHandshake    = 0.08 // of all
	cutsInConversation = 0.08
	conversationSize   = 600 // bytes, about
	pauses             = 0.25
	freezes            = 0.1
)

// next draws the fate of the next connection, which depends on the seed and on its
// number alone.
func (c *Cutter) next() Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.made)
	f := Cut{After: -1}
	if n < c.Cuts {
		r := rand.New(rand.NewPCG(c.Seed, uint64(n)))
		f.Kind = CutKind(r.IntN(int(CutFreeze)))
		if r.Float64() < freezes && c.Freeze {
			f.Kind = CutFreeze
		}
		switch p := r.Float64(); {
		case p < cutsInHandshake:
			f.After = r.Int64N(handshakeSize)
		case p < cutsInHandshake+cutsInConversation:
			f.After = handshakeSize + r.Int64N(conversationSize)
		default:
			f.After = handshakeSize + conversationSize + r.Int64N(2*c.Bytes)
		}
		if r.Float64() < pauses && c.Pause > 0 {
			f.At, f.Pause = r.Int64N(f.After+1), time.Duration(1+r.Int64N(int64(c.Pause)))
		}
	}
	c.made = append(c.made, f)
	return f
}

// Made are the cuts so far, in the order of the connections.
func (c *Cutter) Made() []Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Cut(nil), c.made...)
}

// Dial puts the cutter in front of dial, which works within testing/synctest
// bubbles if dial does.
func (c *Cutter) Dial(t testing.TB, dial DialFunc) DialFunc {
	t.Cleanup(c.end)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		server, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, near := Pipe()
		c.join(near, server)
		return client, nil
	}
}

// Proxy is a port of the loopback interface from which the way leads to addr.
func (c *Cutter) Proxy(t testing.TB, addr string) string {
	t.Helper()
	t.Cleanup(c.end)
	return forward(t, addr, c.join)
}

// end closes what is left open.
func (c *Cutter) end() {
	c.mu.Lock()
	for _, nc := range c.all {
		_ = nc.Close()
	}
	c.all = nil
	c.mu.Unlock()
	c.wait.Wait()
}

// join connects both ends. Both are closed when the client has closed its own, or
// when nothing more can be said to it.
func (c *Cutter) join(client, server net.Conn) {
	f := c.next()
	c.mu.Lock()
	c.all = append(c.all, client, server)
	c.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { f.down(client, server) })
	both.Go(func() {
		up(server, client)
		_, _ = server.Close(), client.Close()
	})
	c.wait.Go(both.Wait)
}

// up passes on what the client says, and listens on when nobody wants to hear it:
// to close a socket in which something is unread tears the connection.
func up(server, client net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		_, _ = server.Write(b[:n])
	}
}

// down passes on what the server says, up to the cut.
func (f *Cut) down(client, server net.Conn) {
	b := make([]byte, 4096)
	var passed int64
	for {
		if f.Pause > 0 && passed >= f.At {
			time.Sleep(f.Pause)
			f.Pause = 0
		}
		if f.After >= 0 && passed >= f.After {
			f.cut(client, server)
			return
		}
		part := b
		if left := f.After - passed; f.After >= 0 && left < int64(len(b)) {
			part = b[:left]
		}
		n, err := server.Read(part)
		if _, e := client.Write(part[:n]); e != nil {
			return // and up notices
		}
		passed += int64(n)
		if err != nil {
			closeWrite(client)
			return
		}
	}
}

func (f *Cut) cut(client, server net.Conn) {
	switch f.Kind {
	case CutClose:
		closeWrite(client)
		_ = server.Close()
	case CutReset:
		abort(client)
		_ = server.Close()
	case CutFreeze: // up waits for the client to leave
	}
}
