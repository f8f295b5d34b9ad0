package chunk

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestReaderHostile(t *testing.T) {
	for _, s := range hostile {
		t.Run(s.name, s.run)
	}
}

// hostile are the ways to break a chunk stream that are known to
// have broken readers.
var hostile = []script{
	{name: "C1 chunk size 0", bytes: `02 000000 000004 01 00000000 00000000`, err: "at byte 0 after the handshake: the server set a chunk size of 0"},
	{name: "C2 chunk size with bit 31", bytes: `02 000000 000004 01 00000000 80000000`, err: "chunk size of 2147483648"},
	{name: "C2 chunk size 0xFFFFFFFF", bytes: `02 000000 000004 01 00000000 FFFFFFFF`, err: "chunk size of 4294967295"},
	{name: "C3 chunk size 0x7FFFFFFF", bytes: `
		02 000000 000004 01 00000000 7FFFFFFF
		06 000000 010000 09 01000000 AA*65536
		`, want: []string{"2:1 @0/0 7FFFFFFF", "6:9 @0/1 (AA*65536)"}},
	{name: "C5 chunk size without a size", bytes: `
		02 000000 000003 01 00000000 000000
		42 000000 000000 01
		06 000000 000081 09 01000000 AA*128 C6 AA
		`, want: []string{"2:1 @0/0 000000", "2:1 @0/0", "6:9 @0/1 (AA*129)"}},
	{name: "C5 chunk size without a size, again and again", bytes: `02 000000 000000 01 00000000 C2*20`,
		want: slices.Repeat([]string{"2:1 @0/0"}, maxShortSizes-1), err: "at byte 18 after the handshake: Set Chunk Size without a size, 8 times"},
	{name: "C6 chunk size in the middle of another message", bytes: `
		06 000000 000105 09 01000000 AA*128
		02 000000 000004 01 00000000 00000002
		C6 AAAA
		02 000000 000004 01 00000000 0000 C2 0080
		C6 AA*128
		C6 AAAAAA
		`, want: []string{"2:1 @0/0 00000002", "2:1 @0/0 00000080", "6:9 @0/1 (AA*261)"}},
	{name: "C6 chunk size in the middle of another message, whole", bytes: `
		06 000000 000103 09 01000000 AA*128
		02 000000 000004 01 00000000 00001000
		C6 AA*131
		`, want: []string{"2:1 @0/0 00001000", "6:9 @0/1 (AA*259)"}},
	{name: "C8 format 3 first", bytes: `C4 AA`, err: "at byte 0 after the handshake: chunk stream 4 begins with a header of format 3"},
	{name: "C8 format 2 first", bytes: `84 000000 AA`, err: "begins with a header of format 2"},
	{name: "C8 format 1 first, media", bytes: `44 000005 000001 08 AA`, want: []string{"4:8 @5/0 AA"}},
	{name: "C8 format 1 first, unknown type", bytes: `44 000000 000001 63 AA`, err: "begins with an unknown type"},
	{name: "C18 format 0 first, unknown type and message stream", bytes: `
		04 000000 000001 08 01000000 AA
		05 000000 000001 63 02000000 BB
		`, want: []string{"4:8 @0/1 AA"}, err: "at byte 13 after the handshake: chunk stream 5 begins with an unknown type"},
	{name: "C9 a message begun anew", bytes: `
		06 000000 000100 09 01000000 AA*128
		06 000028 000002 09 01000000 BBBB
		06 000050 FFFFFF 09 01000000 AA*128
		46 000028 000003 09          CCCCCC
		06 000100 000100 09 01000000 AA*128
		86 000028                    DD*128 C6 DD*128
		`, want: []string{"6:9 @40/1 BBBB", "6:9 @120/1 CCCCCC", "6:9 @296/1 (DD*256)"}},
	{name: "C9 messages begun anew in a row", bytes: `
		06 000000 000100 09 01000000 AA*128
		06 000000 000101 09 01000000 AA*128
		06 000000 000101 09 01000000 AA*128
		06 000000 000101 09 01000000 AA*128 C6 AA*128 C6 AA
		`, err: "at byte 420 after the handshake: 3 messages in a row begun anew"},
	{name: "C10 two messages interleaved on one chunk stream", bytes: `
		06 000000 000100 09 01000000 AA*128
		06 000000 000101 08 01000000 BB*128
		C6 AA*128
		C6 BB
		`, want: []string{"6:8 @0/1 (BB*128)(AA*128)BB"}},
	{name: "C11 an abort", bytes: `
		06 000000 000101 09 01000000 AA*128
		02 000000 000004 02 00000000 00000006
		46 000028 000001 09          BB
		46 000028 000101 09          AA*128
		C2                           00000006
		C6                           CC*128 C6 CC*128 C6 CC   # a new one, + 40
		`, want: []string{"2:2 @0/0 00000006", "6:9 @40/1 BB", "2:2 @0/0 00000006", "6:9 @120/1 (CC*257)"}},
	{name: "C11 an abort at the end", bytes: `
		06 000000 000101 09 01000000 AA*128
		02 000000 000004 02 00000000 00000006
		`, want: []string{"2:2 @0/0 00000006"}},
	{name: "C13 aborts of nothing", bytes: `
		02 000000 000004 02 00000000 00000006
		C2 00000000
		C2 00000001
		C2 00000002   # itself
		C2 00010040
		C2 FFFFFFFF
		42 000000 000003 02 000006
		42 000000 000000 02
		06 000000 000001 09 01000000 AA
		`, want: []string{
		"2:2 @0/0 00000006", "2:2 @0/0 00000000", "2:2 @0/0 00000001", "2:2 @0/0 00000002",
		"2:2 @0/0 00010040", "2:2 @0/0 FFFFFFFF", "2:2 @0/0 000006", "2:2 @0/0", "6:9 @0/1 AA",
	}},
	{name: "C17 an extended timestamp that is small", bytes: `
		06 FFFFFF 000081 09 01000000 00000001 AA*128 C6 00000001 AA
		46 FFFFFF 000001 09          00000000 BB
		C6                           00000000 CC
		86 000001                             DD
		C6                                    EE
		`, want: []string{"6:9 @1/1 (AA*129)", "6:9 @1/1 BB", "6:9 @1/1 CC", "6:9 @2/1 DD", "6:9 @3/1 EE"}},
	{name: "C18 an extended timestamp that is sometimes repeated", bytes: `
		06 FFFFFF 000101 09 01000000 01000000 AA*128
		C6 01000000 AA*128
		C6 AA           # and what follows is misread
		06 FFFFFF 000081 09 01000000 01000000 AA*128
		C6 01000000 AA
		`, want: []string{"6:9 @16777216/1 (AA*256)FF", "64:1 @8456449/2852126720"}, err: "chunk stream 42 begins with a header of format 2"},
	{name: "C19 messages on many message streams", bytes: `
		06 000000 000001 09 01000000 AA
		06 000000 000001 09 EFBEADDE BB
		06 000000 000001 09 00000000 CC
		`, want: []string{"6:9 @0/1 AA", "6:9 @0/3735928559 BB", "6:9 @0/0 CC"}},
	{name: "C20 control anywhere", bytes: `
		06 000000 000004 01 01000000 00000080
		07 000000 000006 04 05000000 00060000000A
		`, want: []string{"6:1 @0/1 00000080", "7:4 @0/5 00060000000A"}},
	{name: "C21 a long control message", bytes: `
		02 000000 000004 01 00000000 00001000
		02 000000 001001 06 00000000 AA*4096 C2 AA
		02 000000 000100 01 00000000 00000080 BB*252
		06 000000 000081 09 01000000 AA*128 C6 AA
		`, want: []string{"2:1 @0/0 00001000", "2:6 @0/0 (AA*64)", "2:1 @0/0 00000080(BB*60)", "6:9 @0/1 (AA*129)"}},
	{name: "C22 a long command", bytes: `
		02 000000 000004 01 00000000 00FFFFFF
		03 000000 100000 14 00000000 AA*1048576
		03 000000 100001 14 00000000 AA*1048577
		03 000000 100001 12 00000000 AA*1048577
		03 000000 FFFFFF 63 00000000 AA*16777215
		43 000000 000001 14 BB
		`, want: []string{"2:1 @0/0 00FFFFFF", "3:20 @0/0 (AA*1048576)", "3:20 @0/0 BB"}},
	{name: "the longest message", bytes: `
		02 000000 000004 01 00000000 00FFFFFF
		06 000000 FFFFFF 09 01000000 AA*16777215
		`, want: []string{"2:1 @0/0 00FFFFFF", "6:9 @0/1 (AA*16777215)"}},
	{name: "control inside an aggregate", bytes: `
		06 000000 000013 16 01000000
		01 000004 000000 00 000000 00000001 0000000F
		06 000000 000081 09 01000000 AA*128 C6 AA
		`, want: []string{"6:9 @0/1 (AA*129)"}},
	{name: "an aggregate cut off", bytes: `
		06 000000 00001C 16 01000000
		08 000001 000000 00 000000 AA 0000000C
		08 000002 000000 00 000000 BB
		46 000000 000001 09 CC
		`, want: []string{"6:8 @0/1 AA", "6:9 @0/1 CC"}},
}

// TestReaderMemory lets a peer announce far more than it sends.
func TestReaderMemory(t *testing.T) {
	var data []byte
	header := func(id uint32, length uint32) {
		data = appendBasicHeader(data, formatFull, id)
		data = appendUint24(data, 0)
		data = appendUint24(data, length)
		data = append(data, 9, 1, 0, 0, 0)
	}
	data = append(data, wire(t, "02 000000 000004 01 00000000 00000003")...)
	data[14], data[15] = 0, 3
	for id := range uint32(1000) {
		header(id+3, MaxSize)
		data = append(data, 0xaa, 0xbb, 0xcc)
	}
	r := NewReader(bytes.NewReader(data))
	if _, err := readAll(r); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	if limit := 1001*minBuffer + 2*len(data); r.held > limit {
		t.Errorf("%d bytes came, %d are held", len(data), r.held)
	}

	// One more chunk stream than there may be.
	data = data[:0]
	for id := range uint32(MaxStreams + 1) {
		header(id+3, 0)
	}
	got, err := readAll(NewReader(bytes.NewReader(data)))
	if _, ok := errors.AsType[*FramingError](err); !ok || len(got) != MaxStreams {
		t.Errorf("got %d messages, %v, want %d", len(got), err, MaxStreams)
	}
}

func TestReaderBudget(t *testing.T) {
	const n = 12 << 20
	zeros := make([]byte, n)
	var src []io.Reader
	var came int64
	add := func(header []byte, data []byte) {
		src = append(src, bytes.NewReader(header), bytes.NewReader(data))
		came += int64(len(header) + len(data))
	}
	begin := func(id byte) { add([]byte{id, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0}, zeros) }
	end := func(id byte) { add([]byte{0xc0 | id}, zeros[:0xffffff-n]) }
	setSize := wire(t, "02 000000 000004 01 00000000 00C00000")

	// Three unfinished messages may be held, a fourth not.
	for _, streams := range []byte{3, 4} {
		src, came = nil, 0
		add(setSize, nil)
		var last int64
		for id := range streams {
			last = came
			begin(id + 3)
		}
		r := NewReader(io.MultiReader(src...))
		_, err := readAll(r)
		if e, ok := errors.AsType[*FramingError](err); ok != (streams == 4) || ok && e.Offset != last || !ok && err != io.ErrUnexpectedEOF {
			t.Errorf("%d chunk streams: got %v", streams, err)
		}
		if r.held > MaxBuffered {
			t.Errorf("%d chunk streams: %d bytes held", streams, r.held)
		}
	}

	// Those that end make room for others.
	src = nil
	add(setSize, nil)
	for id := byte(3); id < 8; id++ {
		begin(id)
		end(id)
	}
	r := NewReader(io.MultiReader(src...))
	messages := 0
	for {
		_, err := r.Next()
		if err != nil {
			if err != io.EOF || messages != 6 || r.held > MaxBuffered {
				t.Errorf("got %d messages, %v, %d bytes held", messages, err, r.held)
			}
			break
		}
		messages++
	}
}
