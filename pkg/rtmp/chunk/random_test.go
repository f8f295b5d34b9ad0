package chunk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestReaderRandom writes random messages, mixes their chunks and reads them.
func TestReaderRandom(t *testing.T) {
	newReader := readers()
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		data, want := randomExchange(t, rnd)
		for _, source := range sources {
			got := make(map[string][]string)
			lines, err := readAll(lending(newReader(source.wrap(bytes.NewReader(data)))))
			if err != io.EOF {
				t.Fatalf("seed %d, %s: %v", seed, source.name, err)
			}
			for _, l := range lines {
				id, _, _ := strings.Cut(l, ":")
				got[id] = append(got[id], l)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %s: got %q, want %q", seed, source.name, got, want)
			}
		}
	}
}

// randomExchange returns interleaved chunks, and their messages by chunk stream.
func randomExchange(t *testing.T, rnd *rand.Rand) (data []byte, want map[string][]string) {
	size := []int{1, 2, 127, 128, 129, 1000}[rnd.IntN(6)]
	type writer struct {
		*Writer
		out bytes.Buffer
		ts  uint32
	}
	ids := []uint32{2, 3, 6, 63, 64, 319, 320, 65599}
	writers := make([]*writer, 1+rnd.IntN(len(ids)))
	want = make(map[string][]string)
	data = binary.BigEndian.AppendUint32(wire(t, "05 000000 000004 01 00000000"), uint32(size))
	want["5"] = []string{line(&message.Message{ChunkStreamID: 5, Type: 1, Payload: data[12:]})}
	for i := range writers {
		w := &writer{ts: rnd.Uint32()}
		w.Writer = NewWriter(&w.out)
		w.size = uint32(size)
		writers[i] = w
	}
	types := []message.Type{message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeCommand}
	for range rnd.IntN(60) {
		i := rnd.IntN(len(writers))
		w := writers[i]
		w.ts += []uint32{0, 23, 40, 40, 0xfffffe, 0xffffff, 0x1000000, 0xffffffd8}[rnd.IntN(8)]
		m := message.Message{
			ChunkStreamID: ids[i],
			Timestamp:     w.ts,
			Type:          types[rnd.IntN(len(types))],
			StreamID:      uint32(rnd.IntN(2)),
			Payload:       bytes.Repeat([]byte{byte(rnd.Uint32())}, []int{0, 1, size - 1, size, size + 1, 3*size + 1}[rnd.IntN(6)]),
		}
		if err := w.Write(&m); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprint(ids[i])
		want[id] = append(want[id], line(&m))
	}
	var queues [][][]byte
	for i, w := range writers {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		queues = append(queues, splitChunks(w.out.Bytes(), ids[i], size))
	}
	for {
		queues = slices.DeleteFunc(queues, func(q [][]byte) bool { return len(q) == 0 })
		if len(queues) == 0 {
			return data, want
		}
		i := rnd.IntN(len(queues))
		data = append(data, queues[i][0]...)
		queues[i] = queues[i][1:]
	}
}

// splitChunks takes what a Writer wrote on one chunk stream apart. It also sees
// to it that no message begins with format 3.
func splitChunks(b []byte, id uint32, size int) (chunks [][]byte) {
	basic := len(appendBasicHeader(nil, 0, id))
	var left, length int
	var extended bool
	for len(b) > 0 {
		format := b[0] >> 6
		n := basic + headerSizes[format]
		switch {
		case (format == formatNone) != (left > 0):
			panic("a message begins with format 3")
		case format != formatNone:
			extended = uint24(b[basic:]) == extendedMarker
			if format != formatDelta {
				length = int(uint24(b[basic+3:]))
			}
			left = length
		}
		if extended {
			n += extendedSize
		}
		n += min(left, size)
		left -= min(left, size)
		chunks = append(chunks, b[:n])
		b = b[n:]
	}
	return chunks
}
