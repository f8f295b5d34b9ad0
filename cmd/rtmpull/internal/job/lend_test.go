package job

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
)

// interleaved is a stream of audio and video whose chunks are mixed, with bodies
// about as large as the output's buffers and some that are begun anew.
func interleaved(rnd *rand.Rand) []byte {
	size := []int{128, 500, 4096, 65536, 200_000}[rnd.IntN(5)]
	wire := binary.BigEndian.AppendUint32([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0}, uint32(size))
	message := func(csid, typ, first byte, ts, n int) (chunks [][]byte) {
		body := bytes.Repeat([]byte{byte(rnd.Uint32())}, n)
		copy(body, []byte{first, 1, 0, 0, 0})
		header := []byte{csid, byte(ts >> 16), byte(ts >> 8), byte(ts), byte(n >> 16), byte(n >> 8), byte(n), typ, 1, 0, 0, 0}
		for len(body) > 0 {
			k := min(size, len(body))
			chunks = append(chunks, append(header, body[:k]...))
			header, body = []byte{3<<6 | csid}, body[k:]
		}
		return chunks
	}
	sizes := []int{5, 300, 4000, 20_000, 64<<10 - 16, 64<<10 - 15, 64<<10 - 14, 256<<10 - 16, 256<<10 - 15, 256<<10 - 14}
	var queues [2][][]byte
	for i := range 60 {
		q := i % 2
		m := message(byte(6+q), byte(8+q), []byte{0xaf, 0x27}[q], 20*i, sizes[rnd.IntN(len(sizes))])
		if len(m) > 1 && rnd.IntN(10) == 0 {
			m = append(m[:1:1], m...) // begun anew
		}
		queues[q] = append(queues[q], m...)
	}
	for len(queues[0])+len(queues[1]) > 0 {
		q := rnd.IntN(2)
		n := min(1+rnd.IntN(6), len(queues[q]))
		for _, c := range queues[q][:n] {
			wire = append(wire, c...)
		}
		queues[q] = queues[q][n:]
	}
	return wire
}

// TestLend: what is joined in the output's own buffer comes out as what is
// copied there, whatever comes in between, flushes too.
func TestLend(t *testing.T) {
	type output interface {
		flvout.TagWriter
		AvailableBuffer(n int) []byte
		Flush() error
		Close() error
	}
	record := func(src io.Reader, out output, lend bool, flush func() bool) {
		t.Helper()
		r := chunk.NewReader(src)
		if lend {
			r.Lend(out.AvailableBuffer)
		}
		for {
			m, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if m.Type.IsMedia() {
				if err := out.WriteTag(flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload}); err != nil {
					t.Fatal(err)
				}
			}
			if flush() {
				if err := out.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	never := func() bool { return false }
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		wire := interleaved(rnd)
		var want, got bytes.Buffer
		record(bytes.NewReader(wire), flvout.NewWriter(&want), false, never)
		record(iotest.HalfReader(bytes.NewReader(wire)), flvout.NewWriter(&got), true, func() bool { return rnd.IntN(3) == 0 })
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatalf("seed %d: %d bytes differ from %d", seed, got.Len(), want.Len())
		}

		var files [2][]byte
		for i, lend := range []bool{false, true} {
			name := filepath.Join(t.TempDir(), "show.flv")
			f, err := flvout.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			record(bytes.NewReader(wire), f, lend, never)
			if files[i], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(files[0], files[1]) || len(files[0]) < want.Len() {
			t.Fatalf("seed %d: files of %d and %d bytes differ", seed, len(files[0]), len(files[1]))
		}
	}
}
