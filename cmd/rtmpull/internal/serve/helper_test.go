package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	bars  = "../../../../testdata/flv/bars.flv"
	audio = "../../../../testdata/flv/audio.flv"
	video = "../../../../testdata/flv/video.flv"
)

// listen serves until the end of the test, which fails if the server does not
// end then. It returns the address.
func listen(tb testing.TB, s *Server) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	serveOn(tb, s, l)
	return l.Addr().String()
}

func serveOn(tb testing.TB, s *Server, l net.Listener) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	tb.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				tb.Errorf("Serve: %v", err)
			}
		case <-time.After(10 * time.Second):
			tb.Error("Serve did not return when its context ended")
		}
	})
}

// A frame is a message or a tag, as far as it must be the same on both sides.
type frame struct {
	typ       uint8
	timestamp uint32
	body      string
}

// fileFrames returns what is in an FLV file.
func fileFrames(tb testing.TB, path string) []frame {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var frames []frame
	s := flvout.NewScanner(f)
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			tb.Fatal(err)
		}
		frames = append(frames, frame{uint8(t.Type), t.Timestamp, string(t.Body)})
	}
}

// pull plays a stream with our own client, to its end.
func pull(tb testing.TB, url string) ([]frame, error) {
	tb.Helper()
	t, err := rtmp.ParseTarget(url)
	if err != nil {
		tb.Fatal(err)
	}
	var c rtmp.Client
	p, err := c.Play(tb.Context(), t)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var frames []frame
	for {
		m, err := p.Next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
	}
}

func sameFrames(tb testing.TB, got, want []frame) {
	tb.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			tb.Fatalf("frame %d: got type %d at %d ms, %d bytes, want type %d at %d ms, %d bytes", i,
				got[i].typ, got[i].timestamp, len(got[i].body), want[i].typ, want[i].timestamp, len(want[i].body))
		}
	}
	if len(got) != len(want) {
		tb.Fatalf("got %d frames, want %d", len(got), len(want))
	}
}

// A caller is a client that is told what to say, message by message.
type caller struct {
	net.Conn
	tb testing.TB
	r  *chunk.Reader
	w  *chunk.Writer
	id float64
}

func dial(tb testing.TB, addr string) *caller {
	tb.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { nc.Close() })
	return newCaller(tb, nc)
}

func newCaller(tb testing.TB, nc net.Conn) *caller {
	tb.Helper()
	c := &caller{Conn: nc, tb: tb, r: chunk.NewReader(nc), w: chunk.NewWriter(nc)}
	if err := nc.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		tb.Fatal(err)
	}
	if err := handshake.NewClient(handshake.Config{}).Do(nc); err != nil {
		tb.Fatal(err)
	}
	return c
}

// say gathers a command.
func (c *caller) say(streamID uint32, name string, values ...amf.Value) {
	c.tb.Helper()
	c.id++
	cmd := message.Command{Name: name, TransactionID: c.id}
	if len(values) > 0 {
		cmd.Object, cmd.Args = values[0], values[1:]
	}
	m, err := cmd.Message(message.CommandChunkStreamID, streamID)
	if err != nil {
		c.tb.Fatal(err)
	}
	c.write(m)
}

func (c *caller) write(m message.Message) {
	c.tb.Helper()
	if err := c.w.Write(&m); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *caller) flush() {
	c.tb.Helper()
	if err := c.w.Flush(); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *caller) connect(app string) {
	o := &amf.Object{}
	o.Set("app", amf.String(app))
	c.say(0, "connect", o)
}

// hear reads until a message that is called one of names, and fails at the end.
func (c *caller) hear(names ...string) string {
	c.tb.Helper()
	for {
		m, err := c.r.Next()
		if err != nil {
			c.tb.Fatalf("waiting for %v: %v", names, err)
		}
		if s := describe(m); slices.Contains(names, s) {
			return s
		}
	}
}

// describe names a message: by its status code, its command or its type.
func describe(m *message.Message) string {
	switch m.Type {
	case message.TypeCommand:
		cmd, err := message.ParseCommand(m)
		if err != nil {
			return "bad command"
		}
		if code, ok := amf.AsString(cmd.Info().Get("code")); ok {
			return cmd.Name + " " + code
		}
		return cmd.Name
	case message.TypeData:
		name, values, _ := message.ParseData(m)
		for _, v := range values {
			if o, ok := amf.AsObject(v); ok {
				if code, ok := amf.AsString(o.Get("code")); ok {
					return name + " " + code
				}
			}
		}
		return name
	case message.TypeUserControl:
		event, _, _, _ := message.ParseUserControl(m.Payload)
		return event.String()
	}
	return m.Type.String()
}

// newScriptWriter returns a caller that only talks, and into w.
func newScriptWriter(tb testing.TB, w io.Writer) *caller {
	return &caller{tb: tb, w: chunk.NewWriter(w)}
}

// openingWords are what a client says to play live/show, in one piece.
func openingWords(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	c := newScriptWriter(tb, &b)
	c.connect("live")
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, amf.String("show"))
	c.flush()
	return b.Bytes()
}

// dialRaw begins to play and leaves what comes unread.
func dialRaw(tb testing.TB, addr, app, name string) net.Conn {
	tb.Helper()
	c := dial(tb, addr)
	c.connect(app)
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, amf.String(name))
	c.flush()
	if err := c.SetDeadline(time.Time{}); err != nil {
		tb.Fatal(err)
	}
	return c.Conn
}
