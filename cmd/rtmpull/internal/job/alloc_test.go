package job

import (
	"bytes"
	"encoding/binary"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// endless gives its bytes again and again.
type endless struct {
	b  []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.b[e.at:])
	e.at = (e.at + n) % len(e.b)
	return n, nil
}

// A chain is all that a message passes from the socket to the file.
type chain struct {
	reader    *chunk.Reader
	session   *session.Session
	reactions []session.Reaction
	out       flvout.Sink
	n         uint32 // frames
}

// newChain is a stream that plays to sink, with audio and video in chunks of 4096
// bytes.
func newChain(t testing.TB, sink flvout.Sink) *chain {
	t.Helper()
	c := &chain{session: session.New(session.Config{App: "live", PlayPath: "show"})}
	var err error
	if c.reactions, err = c.session.Start(nil); err != nil {
		t.Fatal(err)
	}
	for id, answer := range []amf.Value{&amf.Object{}, amf.Number(1)} {
		m, err := (&message.Command{Name: "_result", TransactionID: float64(id + 1), Args: []amf.Value{answer}}).Message(3, 0)
		if err != nil {
			t.Fatal(err)
		}
		if c.reactions, err = c.session.Handle(c.reactions[:0], &m); err != nil {
			t.Fatal(err)
		}
	}
	var wire bytes.Buffer
	w := chunk.NewWriter(&wire)
	size := message.SetChunkSize(4096)
	video := message.Message{ChunkStreamID: 7, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, 20000)}
	copy(video.Payload, []byte{0x17, 1})
	audio := message.Message{ChunkStreamID: 6, Type: message.TypeAudio, StreamID: 1, Payload: make([]byte, 300)}
	copy(audio.Payload, []byte{0xaf, 1})
	for _, m := range []*message.Message{&size, &video, &audio} {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	c.reader = chunk.NewReader(&endless{b: wire.Bytes()})
	c.out = flvout.NewSplicer(sink, flvout.SplicerOptions{})
	for _, header := range []flvout.Tag{avcConfig(0, 1), aacConfig(0)} {
		if err := c.out.WriteTag(header); err != nil {
			t.Fatal(err)
		}
	}
	c.reader.Lend(c.out.AvailableBuffer)
	return c
}

// step passes one message through.
func (c *chain) step(t testing.TB) {
	m, err := c.reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	if c.reactions, err = c.session.Handle(c.reactions[:0], m); err != nil {
		t.Fatal(err)
	}
	for i := range c.reactions {
		if r := &c.reactions[i]; r.Do == session.Deliver {
			c.n++
			tg := flvout.Tag{Type: tag.TagType(r.Message.Type), Timestamp: 20 * c.n, Body: r.Message.Payload}
			binary.BigEndian.PutUint32(tg.Body[20:], c.n) // or it would be a repeat
			if err := c.out.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAllocations: from chunks to tags, nothing is allocated.
func TestAllocations(t *testing.T) {
	dir := t.TempDir()
	r, err := flvout.NewRotator(flvout.RotatorOptions{Time: time.Hour, Size: 1 << 40, Open: func(int) (*flvout.File, error) {
		return flvout.FileOptions{IndexEntries: 64}.Create(filepath.Join(dir, "a.flv"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := newChain(t, r)
	for range 100 {
		c.step(t)
	}
	before := c.out.Stats()
	if n := testing.AllocsPerRun(1000, func() { c.step(t) }); n != 0 {
		t.Errorf("%v allocations a message, want 0", n)
	}
	if s := c.out.Stats(); s.Video < before.Video+300 || s.Audio < before.Audio+300 {
		t.Errorf("%+v after %+v: nothing was written", s, before)
	}
}

// BenchmarkChain measures the way of a message from chunks to tags.
func BenchmarkChain(b *testing.B) {
	c := newChain(b, flvout.NewWriter(io.Discard))
	for range 100 {
		c.step(b)
	}
	b.SetBytes((20000 + 300 + 16) / 3)
	b.ReportAllocs()
	for b.Loop() {
		c.step(b)
	}
}
