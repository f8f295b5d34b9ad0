package flvout

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// A judge is a sink that lends its buffer, as a Writer does, takes it back with
// every tag, and holds what it is given against what the Splicer was.
type judge struct {
	*Writer
	t      testing.TB
	lent   [4096]byte
	given  [2][]Tag // frames, by lane
	next   [2]int   // of them is at least the next to come
	check  func(lane int, out uint32)
	splits int
}

func (j *judge) AvailableBuffer(n int) []byte {
	if n > len(j.lent) {
		return nil
	}
	return j.lent[:0:n]
}

func (j *judge) write(t Tag, c *Class) error {
	if !bytes.HasSuffix(t.Body, c.Payload) {
		j.t.Fatalf("payload %x of a body %x", c.Payload, t.Body)
	}
	if c.Kind == KindFrame || c.Kind == KindUnknown {
		n := lane(t.Type)
		j.check(n, t.Timestamp)
		for ; ; j.next[n]++ {
			if j.next[n] == len(j.given[n]) {
				j.t.Fatalf("%x is written, and was not given, or not in this order", t.Body)
			}
			if sameBut(j.given[n][j.next[n]], t, c) {
				j.next[n]++
				break
			}
		}
	}
	for i := range j.lent {
		j.lent[i] = 0xEE
	}
	return nil
}

// sameBut compares frames but for their composition times.
func sameBut(a, b Tag, c *Class) bool {
	if a.Type != b.Type || len(a.Body) != len(b.Body) {
		return false
	}
	if at, ok := c.ctsAt(b); ok {
		return bytes.Equal(a.Body[:at], b.Body[:at]) && bytes.Equal(a.Body[at+3:], b.Body[at+3:])
	}
	return bytes.Equal(a.Body, b.Body)
}

// A splitJudge is one that can begin another file.
type splitJudge struct{ *judge }

func (j splitJudge) Split() error {
	j.splits++
	for i := range j.lent {
		j.lent[i] = 0xDD
	}
	return nil
}

// fuzzBodies are what the tags of FuzzSplicer hold.
var fuzzBodies = []string{
	"\x17\x01\x00\x00\x50\x00\x00\x00\x02\x65", "\x27\x01\x00\x00\x0A\x00\x00\x00\x02\x41", "\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff",
	"\x17\x00\x00\x00\x00\x01\x64\x00\x20\xfd", "\x17\x02\x00\x00\x00", "\x91hvc1\x00\x00\x50key", "\xA1hvc1\x00\x00\x50inter", "\x90hvc1head",
	"\x83avc1\x00\x02\x65\x00", "\xD4avc1colour", "\x93vp09key", "\xA3vp09inter", "\x96\x01hvc1\x01\x00\x00\x50key", "\x12old", "\x9Bhvc1\x00",
	"\x17\x01\x00\x00\x00\x00\x00\x00\x04\x67\x64\x00\x1f\x00\x00\x00\x02\x68\xeb\x00\x00\x00\x02\x65", "\x90av01", "\x90av01head", "\x57\x00", "",
	"\xAF\x00\x12\x10", "\xAF\x00\x11\x90", "\xAF\x01frame", "\xAF\x01\x01\x18", "\x90Opushead", "\x94Opuslayout", "\x91Opusframe", "\x2Emp3", "\x92Opus", "\xAF",
}

const fuzzVideo = 20 // bodies from here on are of audio

// FuzzSplicer writes any sequence of tags: in each lane what comes out is what
// went in, in order and never back in time, and what is held is bounded.
func FuzzSplicer(f *testing.F) {
	run := func(ops ...byte) []byte { return ops }
	f.Add(byte(0), run(2, 0, 0, 20, 0, 0, 0, 40, 1, 1, 40, 2, 22, 23, 1, 1, 40, 3, 22, 23, 2))
	f.Add(byte(1), run(2, 0, 0, 0, 40, 1, 1, 40, 2, 3, 0, 0, 0, 40, 3, 1, 40, 4, 201, 2, 0, 0, 0, 40, 1))
	f.Add(byte(2), run(0, 40, 1, 1, 40, 2, 1, 40, 3, 200, 0, 40, 1, 1, 40, 2, 1, 40, 3))
	f.Add(byte(8), run(20, 0, 0, 22, 23, 1, 22, 23, 2, 202, 22, 23, 3))
	f.Fuzz(func(t *testing.T, how byte, ops []byte) {
		mono := monotonic(t)
		j := &judge{Writer: NewWriter(io.Discard), t: t}
		j.check = func(n int, out uint32) { mono(typeOf(n), out) }
		var out Sink = j
		if how&8 != 0 {
			out = splitJudge{j}
		}
		s := NewSplicer(out, SplicerOptions{OnChange: Change(how & 3), OnRejoin: Rejoining(how >> 2 & 1)})
		var ts uint32
		var at time.Duration
		var failed error
		for ; len(ops) >= 3 && failed == nil; ops = ops[3:] {
			switch op, d, v := ops[0], ops[1], ops[2]; op {
			case 200:
				ts -= uint32(d)<<8 | uint32(v)
			case 201:
				failed = s.Rejoin()
			case 202:
				failed = s.Begin()
			case 203:
				at += time.Duration(d)*time.Second + time.Duration(v)*time.Millisecond
				s.Arrived(at)
			case 204:
				ts += uint32(d)<<24 | uint32(v)<<8
			default:
				n := int(op) % len(fuzzBodies)
				ts += uint32(d)
				tg := Tag{video, ts, []byte(fuzzBodies[n])}
				if n >= fuzzVideo {
					tg.Type = audio
				}
				if len(tg.Body) > 0 {
					tg.Body = append(tg.Body, v) // two bodies may be the same
				}
				if d > 128 {
					tg.Body = append(tg.Body, bytes.Repeat([]byte{d}, int(d)*4)...)
				}
				n = lane(tg.Type)
				j.given[n] = append(j.given[n], tg)
				tg.Body = lend(s, tg.Body)
				failed = s.WriteTag(tg)
			}
			if len(s.gate.held) > maxHeld+(1<<16) || len(s.repeat.held) > 2*maxRunSize || s.pending.Size() > MaxHeaders {
				t.Fatalf("%d and %d bytes are held", len(s.gate.held), len(s.repeat.held))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
