package message

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAggregate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		body    string
		want    []string
		overrun bool
	}{
		{name: "empty"},
		{name: "audio and video", body: `
			08 000003 000000 01 000000 AF0121     0000000E
			09 000005 000014 01 000000 2701000000 00000010
			`, want: []string{"Audio 5000 af0121", "Video 5020 2701000000"}},
		{name: "the last back pointer is missing", body: `
			08 000001 001388 00 000000 AA 0000000C
			12 000002 00138D 00 000000 BBBB
			`, want: []string{"Audio 5000 aa", "Data 5005 bbbb"}},
		{name: "the last back pointer is cut", body: `
			08 000001 001388 00 000000 AA 000000
			`, want: []string{"Audio 5000 aa"}},
		{name: "back pointers are wrong", body: `
			08 000001 001388 00 000000 AA FFFFFFFF
			08 000001 001388 00 000000 BB 00000000
			`, want: []string{"Audio 5000 aa", "Audio 5000 bb"}},
		{name: "one byte too long", body: `
			08 000001 001388 00 000000 AA 0000000C
			09 000003 001388 00 000000 BBBB
			`, want: []string{"Audio 5000 aa"}, overrun: true},
		{name: "far too long", body: `
			08 FFFFFF 001388 00 000000 AA
			`, overrun: true},
		{name: "a header cut off", body: `
			08 000001 001388 00 000000 AA 0000000C
			08 000001 001388 00 0000
			`, want: []string{"Audio 5000 aa"}, overrun: true},
		{name: "empty messages", body: `
			08 000000 001388 00 000000 0000000B
			09 000000 001389 00 000000 0000000B
			`, want: []string{"Audio 5000 ", "Video 5001 "}},
		{name: "control messages and commands inside", body: `
			01 000004 001388 00 000000 00000001     0000000F
			02 000004 001388 00 000000 00000006     0000000F
			04 000006 001388 00 000000 000600000001 00000011
			14 000001 001388 00 000000 02           0000000C
			11 000001 001388 00 000000 00           0000000C
			08 000001 00138A 00 000000 AA           0000000C
			`, want: []string{"Audio 5002 aa"}},
		{name: "an aggregate inside", body: `
			16 000010 001388 00 000000
			   08 000001 001388 00 000000 AA 0000000C   0000001B
			0F 000001 001389 00 000000 BB 0000000C
			`, want: []string{"Data (AMF3) 5001 bb"}},
		{name: "the filter bit", body: `
			28 000001 001388 00 000000 AA 0000000C
			29 000001 001388 00 000000 BB 0000000C
			`, want: []string{"Audio 5000 aa", "Video 5000 bb"}},
		{name: "the high byte comes last", body: `
			08 000001 FFFFFF 00 000000 AA 0000000C
			08 000001 000000 01 000000 BB 0000000C
			`, want: []string{"Audio 5000 aa", "Audio 5001 bb"}},
		{name: "back in time", body: `
			08 000001 000014 00 000000 AA 0000000C
			08 000001 000000 00 000000 BB 0000000C
			`, want: []string{"Audio 5000 aa", "Audio 4980 bb"}},
		{name: "padding", body: `
			08 000001 001388 00 000000 AA 0000000C
			00 000000 000000 00 000000 00000000
			`, want: []string{"Audio 5000 aa"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := wire(t, tt.body)
			a := NewAggregate(&Message{ChunkStreamID: 4, Timestamp: 5000, Type: TypeAggregate, StreamID: 7, Payload: body})
			var got []string
			var m Message
			for a.Next(&m) {
				if m.ChunkStreamID != 4 || m.StreamID != 7 {
					t.Errorf("on chunk stream %d, message stream %d", m.ChunkStreamID, m.StreamID)
				}
				got = append(got, fmt.Sprintf("%v %d %x", m.Type, m.Timestamp, m.Payload))
				_ = append(m.Payload, 0xff) // must not reach the next one
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if a.Overrun() != tt.overrun {
				t.Errorf("Overrun: got %v", !tt.overrun)
			}
			if a.Next(&m) || a.Overrun() != tt.overrun {
				t.Error("it does not stay at its end")
			}
		})
	}
	var zero Aggregate
	if zero.Next(new(Message)) || zero.Overrun() {
		t.Error("the zero Aggregate is not empty")
	}
}

// TestAggregateTruncated cuts an aggregate at every byte.
func TestAggregateTruncated(t *testing.T) {
	body := wire(t, `
		08 000003 000000 01 000000 AF0121     0000000E
		09 000005 000014 01 000000 2701000000 00000010`)
	for n := range len(body) + 1 {
		a := NewAggregate(&Message{Payload: body[:n]})
		var sizes []int
		for m := new(Message); a.Next(m); {
			sizes = append(sizes, len(m.Payload))
		}
		var want []int
		if n >= 14 {
			want = append(want, 3)
		}
		if n >= 34 {
			want = append(want, 5)
		}
		if !slices.Equal(sizes, want) {
			t.Errorf("%d bytes: got messages of %d bytes, want %d", n, sizes, want)
		}
		if cut := n > 0 && n < 14 || n > 18 && n < 34; a.Overrun() != cut {
			t.Errorf("%d bytes: Overrun: got %v", n, !cut)
		}
	}
}

// TestAggregateAllocations walks through as many messages as an aggregate can
// have.
func TestAggregateAllocations(t *testing.T) {
	body := bytes.Repeat(wire(t, "08 000000 000000 00 000000 0000000B"), 1000)
	outer := &Message{Payload: body}
	var m Message
	allocs := testing.AllocsPerRun(10, func() {
		n := 0
		for a := NewAggregate(outer); a.Next(&m); n++ {
		}
		if n != 1000 {
			t.Errorf("got %d messages", n)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestTypeString(t *testing.T) {
	for _, tt := range []struct {
		typ   Type
		known bool
		want  string
	}{
		{0, false, "type 0"}, {1, true, "Set Chunk Size"}, {7, false, "type 7"}, {21, false, "type 21"},
		{TypeAggregate, true, "Aggregate"}, {23, false, "type 23"}, {255, false, "type 255"},
	} {
		if tt.typ.Known() != tt.known || tt.typ.String() != tt.want {
			t.Errorf("%d: got %v, %v", tt.typ, tt.typ.Known(), tt.typ)
		}
	}
}

func TestClone(t *testing.T) {
	m := &Message{ChunkStreamID: 4, Timestamp: 5, Type: TypeAudio, StreamID: 1, Payload: []byte("abc")}
	c := m.Clone()
	m.Payload[0], m.Timestamp = 'x', 0
	if want := "{4 5 Audio 1 [97 98 99]}"; fmt.Sprint(*c) != want {
		t.Errorf("got %v, want %s", *c, want)
	}
	if s := strings.TrimSpace(string((&Message{}).Clone().Payload)); s != "" {
		t.Errorf("got %q", s)
	}
}
