package chunk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestReaderChunkStreams crosses the forms of a chunk stream ID with the
// formats, where a message begins and in the middle of one.
func TestReaderChunkStreams(t *testing.T) {
	forms := []struct {
		id    uint32
		bytes func(format byte) []byte
	}{
		{2, func(f byte) []byte { return []byte{f<<6 | 2} }},
		{63, func(f byte) []byte { return []byte{f<<6 | 63} }},
		{64, func(f byte) []byte { return []byte{f << 6, 0} }},
		{319, func(f byte) []byte { return []byte{f << 6, 255} }},
		{64, func(f byte) []byte { return []byte{f<<6 | 1, 0, 0} }},
		{319, func(f byte) []byte { return []byte{f<<6 | 1, 255, 0} }},
		{320, func(f byte) []byte { return []byte{f<<6 | 1, 0, 1} }},
		{65599, func(f byte) []byte { return []byte{f<<6 | 1, 255, 255} }},
	}
	header := []string{"000064 000081 09 01000000", "000064 000081 09", "000064", ""}
	for _, form := range forms {
		for format := range byte(4) {
			chunk := func(f byte, data string) []byte {
				return append(append(form.bytes(f), wire(t, header[f])...), wire(t, data)...)
			}
			full := slices.Concat(chunk(formatFull, "AA*128"), chunk(formatNone, "AA"))
			next := slices.Concat(chunk(format, "BB*128"), chunk(formatNone, "BB"))
			whole := fmt.Sprintf("%d:9 @100/1 (AA*129)", form.id)
			second := fmt.Sprintf("%d:9 @%d/1 (BB*129)", form.id, []int{100, 200, 200, 200}[format])
			for _, tt := range []struct {
				state string
				bytes []byte
				want  []string
				fatal bool
			}{
				{"between messages", slices.Concat(full, next), []string{whole, second}, false},
				{"fresh", next, []string{strings.Replace(second, "200/1", "100/0", 1)}, format >= formatDelta},
				{"partial", slices.Concat(full[:len(full)-1-len(form.bytes(0))], next), []string{second}, false},
			} {
				if tt.state == "partial" && format == formatNone {
					// 128 bytes are there, and the rest of what follows is no header.
					continue
				}
				r := NewReader(iotest.OneByteReader(bytes.NewReader(tt.bytes)))
				got, err := readAll(r)
				if tt.fatal {
					tt.want = nil
				}
				if _, ok := errors.AsType[*FramingError](err); ok != tt.fatal || !slices.Equal(got, tt.want) {
					t.Errorf("chunk stream %d, format %d, %s: got %q, %v, want %q", form.id, format, tt.state, got, err, tt.want)
				}
			}
		}
	}
}

// TestReaderTimestamps crosses the sizes of chunks with timestamps around those
// at which their form changes, in all ways that peers write the latter.
func TestReaderTimestamps(t *testing.T) {
	timestamps := []uint32{0, 1, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff, 0}
	for _, size := range []int{1, 2, 127, 128, 129, 4096, 65536, MaxSize} {
		for _, mode := range []string{"repeated", "omitted", "zero"} {
			var data []byte
			var want []string
			data = append(data, wire(t, "02 000000 000004 01 00000000")...)
			data = binary.BigEndian.AppendUint32(data, uint32(size))
			want = append(want, line(&message.Message{ChunkStreamID: 2, Type: 1, Payload: data[12:]}))
			for i, ts := range timestamps {
				n := min(2*size+size/2+1, 70_000)
				payload := bytes.Repeat([]byte{0xa0 | byte(i)}, n)
				data = append(data, 6)
				data = appendUint24(data, min(ts, 0xffffff))
				data = appendUint24(data, uint32(n))
				data = append(data, 9, 1, 0, 0, 0)
				if ts >= 0xffffff {
					data = binary.BigEndian.AppendUint32(data, ts)
				}
				for j, part := range slices.Collect(slices.Chunk(payload, size)) {
					if j > 0 {
						data = append(data, 0xc6)
						switch {
						case ts < 0xffffff || mode == "omitted":
						case mode == "zero":
							data = append(data, 0, 0, 0, 0)
						default:
							data = binary.BigEndian.AppendUint32(data, ts)
						}
					}
					data = append(data, part...)
				}
				want = append(want, line(&message.Message{ChunkStreamID: 6, Type: 9, Timestamp: ts, StreamID: 1, Payload: payload}))
			}
			got, err := readAll(NewReader(bytes.NewReader(data)))
			if err != io.EOF || !slices.Equal(got, want) {
				t.Errorf("chunks of %d bytes, extended timestamp %s: got %q, %v, want %q", size, mode, got, err, want)
			}
		}
	}
}

func TestReaderStartDelta(t *testing.T) {
	for _, s := range startDeltas {
		t.Run(s.name, s.run)
	}
}

// startDeltas have a format 3 start after a format 0 header, which
// peers understand differently.
var startDeltas = []script{
	{name: "both are near", bytes: `
		06 0003E7 000001 09 01000000 AA
		04 0003E7 000001 08 01000000 BB
		C4 CC
		`, want: []string{"6:9 @999/1 AA", "4:8 @999/1 BB", "4:8 @1998/1 CC"}},
	{name: "the other stream is where it was", bytes: `
		06 002710 000001 09 01000000 AA
		04 002710 000001 08 01000000 BB
		C4 CC
		C4 DD
		44 000017 000001 08 EE
		C4 FF
		`, want: []string{"6:9 @10000/1 AA", "4:8 @10000/1 BB", "4:8 @10000/1 CC", "4:8 @10000/1 DD", "4:8 @10023/1 EE", "4:8 @10046/1 FF"}},
	{name: "the other stream is twice as far", bytes: `
		06 001388 000001 09 01000000 AA
		46 000FA0 000001 09 AA
		04 001388 000001 08 01000000 BB
		C4 CC
		C4 DD
		`, want: []string{"6:9 @5000/1 AA", "6:9 @9000/1 AA", "4:8 @5000/1 BB", "4:8 @10000/1 CC", "4:8 @15000/1 DD"}},
	{name: "there is no other stream", bytes: `
		04 00270F 000001 08 01000000 AA
		C4 BB
		04 00C350 000001 08 01000000 CC
		C4 DD
		`, want: []string{"4:8 @9999/1 AA", "4:8 @19998/1 BB", "4:8 @50000/1 CC", "4:8 @50000/1 DD"}},
	{name: "what is no media does not say", bytes: `
		03 00C350 000001 14 01000000 AA
		C3 BB
		04 001388 000001 08 01000000 CC
		C4 DD
		`, want: []string{"3:20 @50000/1 AA", "3:20 @100000/1 BB", "4:8 @5000/1 CC", "4:8 @10000/1 DD"}},
	{name: "across the wrap", bytes: `
		06 00000A 000001 09 01000000 AA
		04 FFFFFF 000001 08 01000000 FFFFFFF0 BB
		C4 FFFFFFF0 CC
		`, want: []string{"6:9 @10/1 AA", "4:8 @4294967280/1 BB", "4:8 @4294967280/1 CC"}},
}
