package serve

import (
	"bytes"
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
// to an end of it, soon, and without a panic.
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

	s := &Server{Streams: map[string]string{"live/show": audio}, OnEvent: func(Event) {}}
	if err := s.Load(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.unload)
	hello := make([]byte, 1+2*handshake.Size)
	hello[0] = 3
	f.Fuzz(func(t *testing.T, said []byte) {
		nc := &scriptConn{Reader: bytes.NewReader(append(slices.Clip(hello), said...))}
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
	})
}
