package serve

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A scriptConn is a client that has said all that it will say. Nobody hears the
// answers.
type scriptConn struct {
	*bytes.Reader
	addr net.UnixAddr
}

func (c *scriptConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *scriptConn) Close() error                     { return nil }
func (c *scriptConn) LocalAddr() net.Addr              { return &c.addr }
func (c *scriptConn) RemoteAddr() net.Addr             { return &c.addr }
func (c *scriptConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

// FuzzConn lets a client say anything after the handshake. The server must come
// to an end of it, soon, and without a panic, and keep nothing. Somebody watches
// what the client publishes.
func FuzzConn(f *testing.F) {
	f.Add(openingWords(f))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	var b bytes.Buffer
	c := newScriptWriter(f, &b)
	c.connect("live")
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, amf.String("show"), amf.Number(-2000), amf.Number(5), amf.Boolean(true))
	c.say(1, "pause", amf.Null{}, amf.Boolean(true), amf.Number(5))
	c.say(1, "seek", amf.Null{}, amf.Number(5000))
	c.say(1, "pause", amf.Null{}, amf.Boolean(false), amf.Number(5))
	c.say(0, "seek", amf.Null{}, amf.Number(4294967295))
	c.say(1, "publish", amf.Null{}, amf.String("show"))
	c.write(message.UserControl(message.EventPingRequest, 1))
	c.write(message.SetBufferLength(1, 1))
	c.say(0, "getStreamLength", amf.Null{}, amf.String("show"))
	c.say(0, "deleteStream", amf.Null{}, amf.Number(1))
	c.flush()
	f.Add(b.Bytes())
	f.Add(publishersWords(f))

	var watching *viewer
	s := &Server{Streams: map[string]string{"live/show": audio}}
	s.OnEvent = func(e Event) {
		if e.Kind == Publishing {
			watching = newViewer(s.relays.get(e.Stream), 1, io.Discard, 128)
			watching.relay.join(watching)
		}
	}
	if err := s.Load(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.unload)
	hello := make([]byte, 1+2*handshake.Size)
	hello[0] = 3
	f.Fuzz(func(t *testing.T, said []byte) {
		nc := &scriptConn{Reader: bytes.NewReader(append(slices.Clip(hello), said...))}
		watching = nil
		done := make(chan struct{})
		go func() {
			newConn(s, 1, nc).run(t.Context())
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(3 * time.Second):
			t.Fatal("the server does not come to an end")
		}
		if len(s.relays.byPath) > 0 {
			t.Fatal("a stream has no end")
		}
		if watching != nil {
			for len(watching.queue) > 0 {
				if _, err := watching.send(); err != nil {
					t.Fatal(err)
				}
			}
			if watching.size != 0 {
				t.Fatalf("an empty queue has %d bytes", watching.size)
			}
		}
	})
}

// publishersWords are what a client says who publishes a little of everything.
func publishersWords(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	c := newScriptWriter(tb, &b)
	c.askToPublish("other")
	c.write(message.WindowAcknowledgementSize(1))
	for _, f := range []frame{
		data(tb, 0, text0("@setDataFrame"), text0("onMetaData"), title("x")),
		videoAt(0, avcHeader), audioAt(0, aacHeader), videoAt(0, avcKey), audioAt(1, aacFrame), videoAt(40, avcInter),
		videoAt(80, "\x96\x00hvc1\x01header"), audioAt(90, "\x94Opus\x01\x02"), {15, 90, "\x00\x02\x00\x01x"},
		data(tb, 90, text0("@clearDataFrame"), text0("onMetaData")),
	} {
		c.write(message.Message{
			ChunkStreamID: 4, Type: message.Type(f.typ), Timestamp: f.timestamp, StreamID: 1, Payload: []byte(f.body),
		})
	}
	c.say(0, "FCUnpublish", amf.Null{}, text0("other"))
	c.say(1, "publish", amf.Null{}, text0("other"), text0("live"))
	c.say(0, "deleteStream", amf.Null{}, amf.Number(1))
	c.flush()
	return b.Bytes()
}
