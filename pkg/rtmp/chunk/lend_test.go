package chunk

import (
	"bytes"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// roomSize is the largest message that lending lends room for.
const roomSize = 16 << 10

// lending makes r join its messages in one room. readAll writes over it whenever
// a message was returned, as who writes the messages on may do.
func lending(r *Reader) *Reader {
	room := make([]byte, roomSize)
	r.Lend(func(n int) []byte {
		if n > len(room) {
			return nil
		}
		return room[:0:n]
	})
	return r
}

// scribble writes over the room that r was lent, if it was.
func scribble(r *Reader) {
	if r.room == nil {
		return
	}
	b := r.room(roomSize)[:roomSize]
	for i := range b {
		b[i] = 0xee
	}
}

// TestLend looks at where a message is: in the room, and no longer there as soon
// as another one comes in between.
func TestLend(t *testing.T) {
	const video = "06 000000 000005 09 01000000 "
	r := NewReader(bytes.NewReader(wire(t, "02 000000 000004 01 00000000 00000003 "+ // chunk size 3
		video+"0102 03 C6 0405 "+ // whole
		video+"0102 03 04 000000 000001 08 01000000 AA C6 0405 "+ // audio in between
		video+"0102 03 "+video+"0708 09 C6 0A0B"))) // begun anew
	lending(r)
	room := r.room(1)[:1]
	for i, want := range []struct {
		payload string
		inRoom  bool
	}{{"", false}, {"0102030405", true}, {"AA", false}, {"0102030405", false}, {"0708090A0B", true}} {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == message.TypeSetChunkSize {
			continue
		}
		if !bytes.Equal(m.Payload, wire(t, want.payload)) {
			t.Errorf("message %d: got % x, want %s", i, m.Payload, want.payload)
		}
		if inRoom := &m.Payload[0] == &room[0]; inRoom != want.inRoom {
			t.Errorf("message %d: in the room: %v, want %v", i, inRoom, want.inRoom)
		}
		scribble(r)
	}
}

// TestLendOnly joins a message without room, and then so many with it that the
// buffer for the first one is of no use any more.
func TestLendOnly(t *testing.T) {
	msg := wire(t, "06 000000 000100 09 01000000 AA*128 C6 AA*128 ")
	r := NewReader(bytes.NewReader(bytes.Repeat(msg, needless+1)))
	if _, err := r.Next(); err != nil || r.held == 0 {
		t.Fatalf("the first: %v, and %d bytes are held, want some", err, r.held)
	}
	lending(r)
	for range needless {
		if m, err := r.Next(); err != nil || len(m.Payload) != 256 {
			t.Fatal(m, err)
		}
	}
	if r.held != 0 {
		t.Errorf("%d bytes are held, want none", r.held)
	}
}
