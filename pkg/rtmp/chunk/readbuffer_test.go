package chunk

import (
	"bytes"
	"io"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// bursts gives so many bytes with each read, again and again.
type bursts struct {
	data []byte
	at   int
	size int
}

func (b *bursts) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), b.size)], b.data[b.at:])
	b.at = (b.at + n) % len(b.data)
	return n, nil
}

// TestReaderBuffer has a source that gives much at once, and then little, and
// then a lot now and then.
func TestReaderBuffer(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	w.size = 4096
	const length = 6000
	for i := range byte(100) {
		m := message.Message{ChunkStreamID: 6, Type: message.TypeVideo, StreamID: 1, Payload: bytes.Repeat([]byte{i}, length)}
		if err := w.Write(&m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	src := &bursts{data: out.Bytes()}
	r := NewReader(src)
	r.size = 4096
	var next byte
	read := func(size, messages int) {
		t.Helper()
		src.size = size
		for range messages {
			m, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Payload) != length || bytes.Count(m.Payload, []byte{next}) != length {
				t.Fatalf("message %d is another", next)
			}
			next = (next + 1) % 100
		}
	}
	want := func(size int) {
		t.Helper()
		if len(r.buf) != size {
			t.Errorf("the buffer has %d KiB, want %d", len(r.buf)>>10, size>>10)
		}
	}
	want(minReadSize)
	read(1000, 200)
	want(minReadSize)
	read(1<<20, 2000)
	want(maxReadSize)
	read(1000, 2000)
	want(minReadSize)
	for range 100 {
		read(1<<20, 10) // a key frame
		read(1000, 10)
	}
	want(minReadSize)
}

// TestReaderSmallBuffer reads single chunks that are larger than the buffer.
func TestReaderSmallBuffer(t *testing.T) {
	for _, n := range []int{minReadSize - 20, minReadSize, minReadSize + 1, directSize, directSize + 1, 3 * maxReadSize} {
		var out bytes.Buffer
		w := NewWriter(&out)
		w.size = 1 << 20
		payload := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
		for _, typ := range []message.Type{message.TypeVideo, message.TypeAudio} {
			m := message.Message{ChunkStreamID: 6, Type: typ, StreamID: 1, Payload: payload}
			if err := w.Write(&m); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{1, 1000, out.Len()} {
			r := NewReader(io.MultiReader(bytes.NewReader(out.Bytes()[:at]), bytes.NewReader(out.Bytes()[at:])))
			r.size = 1 << 20
			for range 2 {
				m, err := r.Next()
				if err != nil || !bytes.Equal(m.Payload, payload) {
					t.Fatalf("%d bytes, cut at %d: got another message, %v", n, at, err)
				}
			}
		}
	}
}
