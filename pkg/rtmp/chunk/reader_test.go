package chunk

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestReader(t *testing.T) {
	for _, s := range basics {
		t.Run(s.name, s.run)
	}
}

var basics = []script{
	{name: "nothing"},
	{name: "the four formats", bytes: `
		04 00000A 000003 08 01000000 AF0101   # absolute
		44 000017 000002 08          AF02     # + 23
		84 000018                    AF03     # + 24
		C4                           AF04     # + 24 again
		04 0003E8 000001 09 02000000 17       # absolute again
		`, want: []string{
		"4:8 @10/1 AF0101",
		"4:8 @33/1 AF02",
		"4:8 @57/1 AF03",
		"4:8 @81/1 AF04",
		"4:9 @1000/2 17",
	}},
	{name: "a continuation adds nothing", bytes: `
		04 000000 000081 09 01000000 AA*128 C4 BB
		44 000028 000081 09          AA*128 C4 BB
		84 000028                    AA*128 C4 BB
		C4                           AA*128 C4 BB
		`, want: []string{
		"4:9 @0/1 (AA*128)BB",
		"4:9 @40/1 (AA*128)BB",
		"4:9 @80/1 (AA*128)BB",
		"4:9 @120/1 (AA*128)BB",
	}},
	{name: "messages of 127, 128, 129 and 256 bytes", bytes: `
		04 000000 00007F 09 01000000 A1*127
		04 000000 000080 09 01000000 A2*128
		04 000000 000081 09 01000000 A3*128 C4 A3
		04 000000 000100 09 01000000 A4*128 C4 A4*128
		04 000000 000101 09 01000000 A5*128 C4 A5*128 C4 A5
		`, want: []string{
		"4:9 @0/1 (A1*127)",
		"4:9 @0/1 (A2*128)",
		"4:9 @0/1 (A3*129)",
		"4:9 @0/1 (A4*256)",
		"4:9 @0/1 (A5*257)",
	}},
	{name: "C14 one chunk stream in its 2- and 3-byte form", bytes: `
		00 00    000001 000101 09 01000000 AA*128   # 64
		C1 0000  AA*128
		C0 00    AA
		41 0000  000002 000001 09          BB       # 64 again
		01 0001  000007 000001 08 01000000 CC       # 320
		C1 0001  DD
		00 FF    000001 000001 08 01000000 EE       # 319
		01 FFFF  000001 000001 08 01000000 FF       # 65599
		`, want: []string{
		"64:9 @1/1 (AA*257)",
		"64:9 @3/1 BB",
		"320:8 @7/1 CC",
		"320:8 @14/1 DD",
		"319:8 @1/1 EE",
		"65599:8 @1/1 FF",
	}},
	{name: "the 3-byte form of a low chunk stream is another one", bytes: `
		04      000001 000001 09 01000000 AA
		01 0000 000002 000001 09 01000000 BB
		C4      CC
		`, want: []string{"4:9 @1/1 AA", "64:9 @2/1 BB", "4:9 @2/1 CC"}},
	{name: "interleaved", bytes: `
		06 000000 000101 09 01000000 AA*128
		04 000000 000081 08 01000000 BB*128
		C6 AA*128
		02 000000 000004 04 00000000 00060000    # control in between
		C4 BB
		C6 AA
		`, want: []string{
		"2:4 @0/0 00060000",
		"4:8 @0/1 (BB*129)",
		"6:9 @0/1 (AA*257)",
	}},
	{name: "C4 chunk size 1", bytes: `
		02 000000 000004 01 00000000 00000001
		04 000005 000003 08 01000000 AA C4 BB C4 CC
		02 000000 000004 01 00000000 00 C2 00 C2 00 C2 02   # now 2
		04 000005 000003 08 01000000 AABB C4 CC
		`, want: []string{
		"2:1 @0/0 00000001",
		"4:8 @5/1 AABBCC",
		"2:1 @0/0 00000002",
		"4:8 @5/1 AABBCC",
	}},
	{name: "C16 empty messages", bytes: `
		04 000005 000000 08 01000000
		C4
		84 000001
		44 000001 000000 09
		44 000001 000001 09 AA
		44 000001 000000 09
		`, want: []string{
		"4:8 @5/1", "4:8 @10/1", "4:8 @11/1", "4:9 @12/1", "4:9 @13/1 AA", "4:9 @14/1",
	}},
	{name: "an aggregate", bytes: `
		04 001388 000026 16 01000000
		08 000003 000000 01 000000 AF0121     0000000E
		09 000005 000014 01 000000 2701000000 00000010
		44 000028 000001 08 AA
		`, want: []string{
		"4:8 @5000/1 AF0121",
		"4:9 @5020/1 2701000000",
		"4:8 @5040/1 AA",
	}},
	{name: "an aggregate in chunks", bytes: `
		02 000000 000004 01 00000000 00000010
		04 001388 000026 16 01000000
		08 000003 000000 01 000000 AF0121     0000 C4
		000E 09 000005 000014 01 000000 270100 C4
		0000 000000FF
		`, want: []string{
		"2:1 @0/0 00000010",
		"4:8 @5000/1 AF0121",
		"4:9 @5020/1 2701000000",
	}},
	{name: "C22 unknown types are passed over", bytes: `
		04 000000 000001 08 01000000 AA
		05 000000 000001 07 01000000 BB
		05 000000 000000 FF 01000000
		05 000000 000081 00 01000000 BB*128 C5 BB
		C4 CC
		`, want: []string{"4:8 @0/1 AA", "4:8 @0/1 CC"}},
	{name: "an empty aggregate", bytes: `
		04 000000 000000 16 01000000
		44 000001 000001 08 AA
		`, want: []string{"4:8 @1/1 AA"}},
}

func TestReaderStats(t *testing.T) {
	r := NewReader(bytes.NewReader(wire(t, `
		06 000000 000101 09 01000000 AA*128
		06 000000 000001 09 01000000 AA           # dropped
		06 000000 000101 09 01000000 AA*128
		02 000000 000004 02 00000000 00000006     # dropped
		02 000000 000001 07 00000000 AA           # skipped
		02 000000 000000 07 00000000              # skipped
		06 000000 00000B 16 01000000 080000FF000000000000   AA
		06 000000 000005 16 01000000 0800000000   # both overrun
		`)))
	if _, err := readAll(r); err != io.EOF {
		t.Error(err)
	}
	if got, want := r.Stats(), (Stats{Dropped: 2, Skipped: 2, Overruns: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// recorded is an exchange, and where its messages end.
func recorded(t testing.TB) (data []byte, ends []int, lines []string) {
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, m := range []message.Message{
		message.WindowAcknowledgementSize(2_500_000),
		message.SetPeerBandwidth(2_500_000, message.LimitDynamic),
		message.SetChunkSize(40),
		{ChunkStreamID: 3, Type: message.TypeCommand, Payload: bytes.Repeat([]byte("_result"), 30)},
		{ChunkStreamID: 65599, Type: message.TypeData, StreamID: 1, Payload: bytes.Repeat([]byte("onMetaData"), 10)},
		{ChunkStreamID: 4, Type: message.TypeAudio, StreamID: 1},
		{ChunkStreamID: 6, Type: message.TypeVideo, StreamID: 1, Timestamp: 0xfffff0, Payload: bytes.Repeat([]byte{1, 2, 3}, 40)},
		{ChunkStreamID: 6, Type: message.TypeVideo, StreamID: 1, Timestamp: 0x1000018, Payload: bytes.Repeat([]byte{3, 4, 5}, 40)},
		{ChunkStreamID: 4, Type: message.TypeAudio, StreamID: 1, Timestamp: 0x1000020, Payload: bytes.Repeat([]byte{6}, 41)},
		{ChunkStreamID: 300, Type: message.TypeAudio, StreamID: 1, Timestamp: 0x1000010, Payload: bytes.Repeat([]byte{7}, 130)},
		message.Acknowledgement(1 << 32),
	} {
		if err := w.Write(&m); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out.Len())
		lines = append(lines, line(&m))
	}
	return out.Bytes(), ends, lines
}

func TestReaderTruncated(t *testing.T) {
	data, ends, lines := recorded(t)
	newReader := readers()
	for n := range len(data) + 1 {
		whole, between := slices.BinarySearch(ends, n)
		if between {
			whole++
		}
		want := io.ErrUnexpectedEOF
		if between || n == 0 {
			want = io.EOF
		}
		for _, source := range []int{0, 1 + n%(len(sources)-1)} {
			source := sources[source]
			r := newReader(source.wrap(bytes.NewReader(data[:n])))
			got, err := readAll(r)
			if err != want || !slices.Equal(got, lines[:whole]) {
				t.Errorf("%d bytes, %s: got %d messages, %v, want %d, %v", n, source.name, len(got), err, whole, want)
			}
			if _, again := r.Next(); again != err {
				t.Errorf("%d bytes, %s: got %v, then %v", n, source.name, err, again)
			}
		}
	}
}

// TestReaderSourceErrors has errors of the source that are not the end of it.
func TestReaderSourceErrors(t *testing.T) {
	data, ends, _ := recorded(t)
	cause := errors.New("cable cut")
	for _, err := range []error{cause, io.ErrUnexpectedEOF, io.ErrClosedPipe} {
		for _, n := range []int{0, ends[3], ends[3] + 5} {
			r := NewReader(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(err)))
			if _, got := readAll(r); got != err {
				t.Errorf("after %d bytes: got %v, want %v", n, got, err)
			}
		}
	}

	// A connection that lost its framing may not be entered again.
	r := NewReader(iotest.OneByteReader(io.MultiReader(bytes.NewReader(wire(t, "C4")), bytes.NewReader(data))))
	_, err := r.Next()
	for range 3 {
		if _, again := r.Next(); again != err {
			t.Errorf("got %v, then %v", err, again)
		}
	}

	if got, err := readAll(NewReader(stalled{})); err != io.ErrNoProgress || len(got) > 0 {
		t.Errorf("nothing for ever: got %q, %v", got, err)
	}
}

// stalled is a source that breaks io.Reader's contract.
type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

// TestReaderBorrowed checks that a message lasts until the following Next, and
// that appending to its payload does not harm the following one.
func TestReaderBorrowed(t *testing.T) {
	data, _, lines := recorded(t)
	for _, source := range sources[:3] {
		r := NewReader(source.wrap(bytes.NewReader(data)))
		for i, want := range lines {
			m, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			_ = append(m.Payload, 0xff, 0xff, 0xff)
			if got := line(m); got != want {
				t.Errorf("%s: message %d: got %s, want %s", source.name, i, got, want)
			}
			clear(m.Payload)
		}
	}
}

// TestReaderAllocations reads a steady stream of audio and video.
func TestReaderAllocations(t *testing.T) {
	for _, size := range []uint32{128, 4096, 65536} {
		var out bytes.Buffer
		w := NewWriter(&out)
		w.size = size
		for i := range 100 {
			for _, m := range []message.Message{
				{ChunkStreamID: 6, Timestamp: uint32(i) * 40, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, 5000+i)},
				{ChunkStreamID: 70, Timestamp: uint32(i) * 40, Type: message.TypeAudio, StreamID: 1, Payload: make([]byte, 300)},
			} {
				if err := w.Write(&m); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r := NewReader(&endless{data: out.Bytes()})
		r.size = size
		next := func() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		for range 300 { // until the buffers have grown
			next()
		}
		if n := testing.AllocsPerRun(1000, next); n != 0 {
			t.Errorf("chunks of %d bytes: %v allocations a message", size, n)
		}
	}
}
