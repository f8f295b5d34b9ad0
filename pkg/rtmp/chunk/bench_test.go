package chunk

import (
	"bytes"
	"io"
	"strconv"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// endless repeats a recorded run of chunks for ever.
type endless struct {
	data []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.data[e.at:])
	if e.at += n; e.at == len(e.data) {
		e.at = 0
	}
	return n, nil
}

// BenchmarkReader reads video messages of 20 KB. With the copy into the read
// buffer, which a socket makes too, no byte is moved more than twice.
func BenchmarkReader(b *testing.B) {
	const size = 20_000
	for _, chunkSize := range []int{128, 4096, 65536} {
		b.Run(strconv.Itoa(chunkSize), func(b *testing.B) {
			var out bytes.Buffer
			w := NewWriter(&out)
			w.size = uint32(chunkSize)
			for i := range 50 {
				err := w.Write(&message.Message{
					ChunkStreamID: 6,
					Timestamp:     uint32(i) * 40,
					Type:          message.TypeVideo,
					StreamID:      1,
					Payload:       make([]byte, size),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
			r := NewReader(&endless{data: out.Bytes()})
			r.size = uint32(chunkSize)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
			}
			chunks := (size + chunkSize - 1) / chunkSize
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(chunks), "ns/chunk")
		})
	}
}

// BenchmarkWriter writes messages as BenchmarkReader reads them.
func BenchmarkWriter(b *testing.B) {
	const size = 20_000
	for _, chunkSize := range []int{128, 4096, 65536} {
		b.Run(strconv.Itoa(chunkSize), func(b *testing.B) {
			w := NewWriter(io.Discard)
			w.size = uint32(chunkSize)
			m := message.Message{ChunkStreamID: 6, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, size)}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				m.Timestamp += 40
				if err := w.Write(&m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
