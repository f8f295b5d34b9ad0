package chunk

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestWriter(t *testing.T) {
	video := func(ts uint32, payload string) message.Message {
		return message.Message{ChunkStreamID: 6, Timestamp: ts, Type: message.TypeVideo, StreamID: 1, Payload: wire(t, payload)}
	}
	with := func(m message.Message, change func(m *message.Message)) message.Message {
		change(&m)
		return m
	}
	for _, tt := range []struct {
		name     string
		messages []message.Message
		want     string
	}{
		{"all formats", []message.Message{
			video(1000, "AA*129"),
			video(1040, "BB*129"),
			video(1040, "CC*129"),
			video(1080, "DD"),
			with(video(1080, "EE"), func(m *message.Message) { m.Type = message.TypeAudio }),
			with(video(1080, "FF"), func(m *message.Message) { m.Type = message.TypeAudio; m.StreamID = 0x0102 }),
		}, `
			06 0003E8 000081 09 01000000 AA*128 C6 AA
			86 000028 BB*128 C6 BB
			86 000000 CC*128 C6 CC
			46 000028 000001 09 DD
			46 000000 000001 08 EE
			06 000438 000001 08 02010000 FF`},
		{"format 3 never begins a message", []message.Message{video(40, "AA"), video(80, "AA"), video(120, "AA")}, `
			06 000028 000001 09 01000000 AA
			86 000028 AA
			86 000028 AA`},
		{"empty", []message.Message{video(0, ""), video(0, "AA"), video(0, "")}, `
			06 000000 000000 09 01000000
			46 000000 000001 09 AA
			46 000000 000000 09`},
		{"back in time", []message.Message{video(1000, "AA"), video(999, "BB")}, `
			06 0003E8 000001 09 01000000 AA
			06 0003E7 000001 09 01000000 BB`},
		{"extended timestamps", []message.Message{
			video(0xfffffe, "AA*129"),
			video(0xffffff, "BB*129"),
			video(0x1000000, "CC*129"),
			video(0x2000000, "DD*257"),
			video(0xffffffff, "EE*129"),
			video(0, "FF*129"),
			video(0xfffffe, "AA"),
			video(0x1fffffd, "AA"),
		}, `
			06 FFFFFE 000081 09 01000000 AA*128 C6 AA
			86 000001 BB*128 C6 BB
			86 000001 CC*128 C6 CC
			06 FFFFFF 000101 09 01000000 02000000 DD*128 C6 02000000 DD*128 C6 02000000 DD
			06 FFFFFF 000081 09 01000000 FFFFFFFF EE*128 C6 FFFFFFFF EE
			86 000001 FF*128 C6 FF
			46 FFFFFE 000001 09 AA
			06 FFFFFF 000001 09 01000000 01FFFFFD AA`},
		{"chunk stream IDs", []message.Message{
			with(video(0, "AA"), func(m *message.Message) { m.ChunkStreamID = 2 }),
			with(video(0, "AA"), func(m *message.Message) { m.ChunkStreamID = 63 }),
			with(video(0, "AA*129"), func(m *message.Message) { m.ChunkStreamID = 64 }),
			with(video(0, "AA*129"), func(m *message.Message) { m.ChunkStreamID = 319 }),
			with(video(0, "AA*129"), func(m *message.Message) { m.ChunkStreamID = 320 }),
			with(video(0, "AA*129"), func(m *message.Message) { m.ChunkStreamID = 65599 }),
		}, `
			02 000000 000001 09 01000000 AA
			3F 000000 000001 09 01000000 AA
			00 00   000000 000081 09 01000000 AA*128 C0 00   AA
			00 FF   000000 000081 09 01000000 AA*128 C0 FF   AA
			01 0001 000000 000081 09 01000000 AA*128 C1 0001 AA
			01 FFFF 000000 000081 09 01000000 AA*128 C1 FFFF AA`},
		{"the chunk size of a Set Chunk Size holds after it", []message.Message{
			message.SetChunkSize(3),
			video(0, "AA*7"),
			message.SetChunkSize(65536),
			video(40, "AA*300"),
		}, `
			02 000000 000004 01 00000000 00000003
			06 000000 000007 09 01000000 AAAAAA C6 AAAAAA C6 AA
			82 000000 000100 C2 00
			46 000028 00012C 09 AA*300`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w := NewWriter(&out)
			var lines []string
			for _, m := range tt.messages {
				before := m.Clone()
				if err := w.Write(&m); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(m.Payload, before.Payload) {
					t.Error("a payload was changed")
				}
				lines = append(lines, line(&m))
			}
			want := wire(t, tt.want)
			if out.Len() > 0 || w.Buffered() != len(want) {
				t.Errorf("before Flush: %d bytes written, %d buffered, want 0, %d", out.Len(), w.Buffered(), len(want))
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if w.Buffered() != 0 {
				t.Errorf("after Flush: %d bytes buffered", w.Buffered())
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("got\n% x\nwant\n% x", out.Bytes(), want)
			}
			got, err := readAll(NewReader(&out))
			if err != io.EOF || !slices.Equal(got, lines) {
				t.Errorf("read back %q, %v, want %q", got, err, lines)
			}
		})
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, m := range []message.Message{
		{ChunkStreamID: 6, Payload: make([]byte, MaxSize+1)},
		{ChunkStreamID: 0},
		{ChunkStreamID: 1},
		{ChunkStreamID: 65600},
		message.SetChunkSize(0),
		message.SetChunkSize(MaxSize + 1),
		message.SetChunkSize(1 << 31),
		{ChunkStreamID: 2, Type: message.TypeSetChunkSize, Payload: []byte{0, 0, 1}},
	} {
		w := NewWriter(io.Discard)
		if err := w.Write(&m); err == nil || w.Buffered() > 0 {
			t.Errorf("%v of %d bytes on chunk stream %d: got %v, %d bytes buffered", m.Type, len(m.Payload), m.ChunkStreamID, err, w.Buffered())
		}
		// It is as if nothing had been asked of it.
		m := message.SetChunkSize(4096)
		if err := w.Write(&m); err != nil {
			t.Error(err)
		}
	}
}

// failing takes n writes.
type failing struct{ n int }

var errFailing = errors.New("cable cut")

func (f *failing) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFailing
	}
	return len(p), nil
}

func TestWriterErrorStays(t *testing.T) {
	w := NewWriter(&failing{n: 1})
	m := message.Message{ChunkStreamID: 6, Type: message.TypeVideo, Payload: make([]byte, 3*writeSize)}
	if err := w.Write(&m); err != errFailing {
		t.Errorf("Write: got %v", err)
	}
	m.Payload = nil
	if err := w.Write(&m); err != errFailing {
		t.Errorf("Write again: got %v", err)
	}
	if err := w.Flush(); err != errFailing {
		t.Errorf("Flush: got %v", err)
	}
}

// TestWriterGathers checks that a large message is neither kept as a whole nor
// written in small pieces.
func TestWriterGathers(t *testing.T) {
	var sizes []int
	w := NewWriter(writerFunc(func(p []byte) { sizes = append(sizes, len(p)) }))
	m := message.Message{ChunkStreamID: 6, Type: message.TypeVideo, Payload: make([]byte, 1<<20)}
	if err := w.Write(&m); err != nil {
		t.Fatal(err)
	}
	for _, n := range sizes {
		if n < writeSize || n > writeSize+DefaultSize+maxHeader {
			t.Errorf("a write of %d bytes", n)
		}
	}
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

func TestWriterAllocations(t *testing.T) {
	for _, size := range []uint32{128, 4096, 65536} {
		w := NewWriter(io.Discard)
		w.size = size
		video := message.Message{ChunkStreamID: 6, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, 20_000)}
		audio := message.Message{ChunkStreamID: 4, Type: message.TypeAudio, StreamID: 1, Payload: make([]byte, 300)}
		write := func() {
			for _, m := range []*message.Message{&video, &audio} {
				m.Timestamp += 40
				m.Payload = m.Payload[:len(m.Payload)-1]
				if err := w.Write(m); err != nil {
					t.Fatal(err)
				}
				m.Payload = m.Payload[:len(m.Payload)+1]
			}
		}
		for range 20 {
			write()
		}
		if n := testing.AllocsPerRun(1000, write); n != 0 {
			t.Errorf("chunks of %d bytes: %v allocations", size, n)
		}
	}
}
