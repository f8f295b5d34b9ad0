//go:build interop

package differential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// handshakeSize is how many bytes each side sends before its first chunk.
const handshakeSize = 1 + 2*1536

// A tap is a port of the loopback interface that leads to a server, and writes down
// what clients say to it. Both directions pass unharmed, but for what the server
// says on the first connection after cut bytes: that never arrives, and the
// connection ends.
type tap struct {
	Addr string
	cut  int64 // 0: nothing is cut

	mu    sync.Mutex
	conns []*tapped
	wait  sync.WaitGroup
}

type tapped struct {
	said  []byte        // by the client
	torn  atomic.Bool   // its end was a RST
	heard chan struct{} // closed when it has said all
	open  []net.Conn
}

// newTap opens a tap before addr.
func newTap(t testing.TB, addr string, cut int64) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{Addr: l.Addr().String(), cut: cut}
	p.wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.join(client, server)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			for _, nc := range c.open {
				_ = nc.Close()
			}
		}
		p.mu.Unlock()
		p.wait.Wait()
	})
	return p
}

func (p *tap) join(client, server net.Conn) {
	c := &tapped{heard: make(chan struct{}), open: []net.Conn{client, server}}
	p.mu.Lock()
	left := int64(-1)
	if len(p.conns) == 0 && p.cut > 0 {
		left = p.cut
	}
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	p.wait.Go(func() { // up, and it ends the connection
		defer close(c.heard)
		defer server.Close()
		b := make([]byte, 16<<10)
		for {
			n, err := client.Read(b)
			c.said = append(c.said, b[:n]...)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					c.torn.Store(true)
				}
				return
			}
			// What nobody wants to hear is written down all the same.
			_, _ = server.Write(b[:n])
		}
	})
	p.wait.Go(func() { // down
		b := make([]byte, 16<<10)
		for {
			part := b
			if left >= 0 && left < int64(len(b)) {
				part = b[:left]
			}
			n, err := server.Read(part)
			if _, e := client.Write(part[:n]); e != nil {
				c.torn.Store(true) // which the other half may not be told of
				return
			}
			if left >= 0 {
				left -= int64(n)
			}
			if err != nil || left == 0 {
				// A FIN alone: to close while something is unread tears the connection.
				_ = client.(*net.TCPConn).CloseWrite()
				_ = server.Close()
				return
			}
		}
	})
}

// sent is what was said by each connection, in lines, in which what only the run has
// is named by own. It is for when the clients are gone.
func (p *tap) sent(own *strings.Replacer) (list []string, torn bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.conns {
		<-c.heard
		if i > 0 {
			list = append(list, "-- again --")
		}
		list = append(list, decode(c.said, own)...)
		torn = c.torn.Load()
	}
	return list, torn
}

// decode writes a client's messages down. Acknowledgements are left out: how many
// there are, and between what, is a matter of how reads fall.
func decode(said []byte, own *strings.Replacer) (list []string) {
	switch {
	case len(said) == 0:
		return []string{"(nothing)"}
	case len(said) < handshakeSize:
		return []string{"(a part of a handshake)"}
	case said[0] != 3:
		return []string{fmt.Sprintf("(a handshake of type %d)", said[0])}
	}
	r := chunk.NewReader(bytes.NewReader(said[handshakeSize:]))
	for {
		m, err := r.Next()
		if err != nil {
			break
		}
		if m.Type != message.TypeAcknowledgement {
			for _, line := range format(m) {
				list = append(list, own.Replace(line))
			}
		}
	}
	if r.Pending() {
		list = append(list, "(a part of a message)")
	}
	return list
}

// format is a message in lines: the chunk stream, the message stream, the kind and
// what it says. The members of connect's object have a line each.
func format(m *message.Message) []string {
	head := fmt.Sprintf("%d/%d ", m.ChunkStreamID, m.StreamID)
	switch m.Type {
	case message.TypeUserControl:
		return []string{head + userControl(m.Payload)}
	case message.TypeSetPeerBandwidth:
		n, _ := m.Uint32()
		return []string{head + fmt.Sprint(m.Type, n, m.Limit())}
	case message.TypeSetChunkSize, message.TypeAbort, message.TypeWindowAcknowledgementSize:
		n, _ := m.Uint32()
		return []string{head + fmt.Sprint(m.Type, " ", n)}
	case message.TypeCommand, message.TypeCommandAMF3:
		return command(head, m)
	}
	return []string{head + fmt.Sprintf("%v of %d bytes", m.Type, len(m.Payload))}
}

func userControl(payload []byte) string {
	event, _, _, ok := message.ParseUserControl(payload)
	if !ok {
		return fmt.Sprintf("User Control % x", payload)
	}
	text, rest := event.String(), payload[2:]
	if event == message.EventSWFVerifyReply {
		const known = 10 // a digest follows, over what the server sent at random
		n := min(known, len(rest))
		return text + fmt.Sprintf(" % x and %d bytes", rest[:n], len(rest)-n)
	}
	for ; len(rest) >= 4; rest = rest[4:] {
		text += fmt.Sprint(" ", binary.BigEndian.Uint32(rest))
	}
	return text
}

func command(head string, m *message.Message) []string {
	c, err := message.ParseCommand(m)
	if c == nil {
		return []string{head + fmt.Sprintf("a command of %d bytes: %v", len(m.Payload), err)}
	}
	if m.Type == message.TypeCommandAMF3 {
		head += "(AMF3) "
	}
	lines := []string{head + c.Name}
	var args []string
	object, ok := amf.AsObject(c.Object)
	if ok && c.Name == "connect" {
		for _, p := range object.Properties {
			lines = append(lines, "connect's "+p.Name+": "+amf.Format(p.Value))
		}
	} else if c.Object != nil {
		args = append(args, amf.Format(c.Object))
	}
	for _, v := range c.Args {
		args = append(args, amf.Format(v))
	}
	text := fmt.Sprintf("(%v, %s)", c.TransactionID, strings.Join(args, ", "))
	if err != nil {
		text += " and then " + err.Error()
	}
	if len(lines) > 1 {
		return append(lines, "connect's arguments: "+text)
	}
	lines[0] += text
	return lines
}
