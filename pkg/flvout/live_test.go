package flvout

import (
	"encoding/binary"
	"io"
	"testing"
)

// A liveTag is a tag, and when it comes.
type liveTag struct {
	Tag
	at int64 // ms
}

// picture and sound are frames that bear a number.
func picture(ts uint32, n int, key bool) Tag {
	b := make([]byte, 309)
	copy(b, []byte{0x27, 1, 0, 0, 0, 0, 0, 1, 44, 0x41})
	if key {
		b[0], b[9] = 0x17, 0x65
	}
	binary.BigEndian.PutUint32(b[10:], uint32(n))
	return Tag{video, ts, b}
}

func sound(ts uint32, n int) Tag {
	return Tag{audio, ts, binary.BigEndian.AppendUint32([]byte{0xAF, 1, 0x21}, uint32(n))}
}

// liveStream is that many pictures, of 25 a second, and the sound that comes that
// many ms ahead of them, with headers. The source's clock is a function of the
// right one.
func liveStream(pictures, group, ahead int, clock func(at uint32) uint32) []liveTag {
	list := []liveTag{{avcHead, 0}, {aacHead, 0}}
	a := 0
	for i := range pictures {
		at := i * 40
		for ; a*23 <= at+ahead; a++ {
			list = append(list, liveTag{sound(clock(uint32(a*23)), a), int64(at)})
		}
		list = append(list, liveTag{picture(clock(uint32(at)), i, i%group == 0), int64(at)})
	}
	return list
}

// A census is a sink that notes which frames it is given, and where.
type census struct {
	*Writer
	at    [2]map[int]uint32 // ms, by number
	twice int
	last  uint32
	early int32 // ms, the earliest composition time
	first string
	seen  func(lane int, at uint32)
}

func newCensus() *census {
	return &census{Writer: NewWriter(io.Discard), at: [2]map[int]uint32{{}, {}}}
}

func (l *census) write(t Tag, c *Class) error {
	if c.Kind != KindFrame {
		return nil
	}
	n, i := 0, 3
	if t.Type == video {
		n, i = 1, 10
		if l.first == "" {
			l.first = map[bool]string{true: "key", false: "inter"}[c.Key]
		}
	}
	id := int(binary.BigEndian.Uint32(t.Body[i:]))
	if _, again := l.at[n][id]; again {
		l.twice++
	}
	l.at[n][id] = t.Timestamp
	if l.seen != nil {
		l.seen(n, t.Timestamp)
	}
	l.last, l.early = max(l.last, t.Timestamp), min(l.early, c.CTS)
	return nil
}

// sendLive sends tags through a Splicer, and ends it.
func sendLive(t testing.TB, tags []liveTag) (*census, Corrections, []SpliceEvent) {
	t.Helper()
	var told []SpliceEvent
	out := newCensus()
	s := NewSplicer(out, SplicerOptions{OnChange: ChangeKeep, Event: func(e SpliceEvent) { told = append(told, e) }})
	for i, tg := range tags {
		s.Arrived(ms(tg.at))
		if err := s.WriteTag(tg.Tag); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out, s.Corrections(), told
}

// TestSplicerClockOfGroups sends a minute from a server whose clock begins again
// with every group of pictures, of a second.
func TestSplicerClockOfGroups(t *testing.T) {
	out, fix, told := sendLive(t, liveStream(1500, 25, 0, func(at uint32) uint32 { return at % 1000 }))
	if len(out.at[1]) != 1500 || len(out.at[0]) != 2607 || out.twice != 0 {
		t.Errorf("%d pictures and %d frames of sound, %d twice", len(out.at[1]), len(out.at[0]), out.twice)
	}
	if out.last < 59_000 || out.last > 61_000 || out.early < -100 {
		t.Errorf("it lasts %d ms; a picture is shown %d ms early", out.last, -out.early)
	}
	if fix.Jumps != 59 || len(told) != 59 {
		t.Errorf("told %d times, %+v", len(told), fix)
	}
}
