package flvout

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A library is a recorded stream as a server has it, in the order of its frames.
type library struct {
	heads  []Tag
	frames []Tag
	change int   // the frame ahead of which
	other  []Tag // these headers come, if there are any
	shown  bool
}

// newLibrary returns a stream with pictures at 25 a second, or none, and sound, or
// none, of which each frame is another.
func newLibrary(seconds, group int, picturesToo, soundToo bool) *library {
	l := &library{shown: picturesToo}
	if picturesToo {
		l.heads = append(l.heads, avcHead)
	}
	if soundToo {
		l.heads = append(l.heads, aacHead)
	}
	for _, tg := range liveStream(seconds*25, group, 60, func(at uint32) uint32 { return at })[2:] {
		if tg.Type == video && picturesToo || tg.Type == audio && soundToo {
			l.frames = append(l.frames, tg.Tag)
		}
	}
	return l
}

// each returns the library with other frames.
func (l *library) each(f func(i int, t Tag) Tag) *library {
	o := *l
	o.frames = nil
	for i, tg := range l.frames {
		o.frames = append(o.frames, f(i, tg))
	}
	return &o
}

// changed returns the library with another header ahead of a picture in the middle.
func (l *library) changed() *library {
	o := *l
	for i := len(l.frames) / 2; o.change == 0; i++ {
		if c := Classify(l.frames[i]); c.video && c.Key {
			o.change = i
		}
	}
	head := Tag{video, 0, append(bytes.Clone(avcHead.Body), 1)}
	o.other = []Tag{head}
	return &o
}

func (l *library) keyFrom(from uint32, behind bool) int {
	best := 0
	for i, tg := range l.frames {
		if c := Classify(tg); l.shown && !c.Key {
			continue
		}
		if tg.Timestamp <= from {
			best = i
		} else if behind && l.frames[best].Timestamp < from {
			return i
		}
	}
	return best
}

// servings are where servers begin that are asked for a stream from a time on.
var servings = map[string]func(l *library, from uint32) int{
	"heeded": func(l *library, from uint32) int {
		return max(0, slices.IndexFunc(l.frames, func(t Tag) bool { return t.Timestamp >= from }))
	},
	"key before":    func(l *library, from uint32) int { return l.keyFrom(from, false) },
	"key behind":    func(l *library, from uint32) int { return l.keyFrom(from, true) },
	"seconds early": func(l *library, from uint32) int { return l.keyFrom(from-min(from, 9000), false) },
	"not heeded":    func(*library, uint32) int { return 0 },
}

// servingClocks are what their timestamps are.
var servingClocks = map[string]func(ts, first uint32) uint32{
	"the stream's": func(ts, _ uint32) uint32 { return ts },
	"from 0":       func(ts, first uint32) uint32 { return ts - first },
	"at 600 s":     func(ts, first uint32) uint32 { return ts - first + 600_000 },
}

// serve returns what a server sends from frame i on, with the number of headers.
func (l *library) serve(i int, clock func(ts, first uint32) uint32) (tags []Tag, heads int) {
	tags = slices.Clone(l.heads)
	if len(l.other) > 0 && i >= l.change {
		tags = append(slices.DeleteFunc(tags, func(t Tag) bool { return t.Type == video }), l.other...)
	}
	heads = len(tags)
	first := slices.MinFunc(l.frames[i:min(i+10, len(l.frames))], func(a, b Tag) int { return int(a.Timestamp) - int(b.Timestamp) }).Timestamp
	for n, tg := range l.frames[i:] {
		if len(l.other) > 0 && n+i == l.change && n > 0 {
			tags = append(tags, l.other...)
		}
		tg.Timestamp = clock(tg.Timestamp, first)
		tags = append(tags, tg)
	}
	return tags, heads
}

// A pulling is how a recorded stream is pulled.
type pulling struct {
	begun time.Duration
	cuts  []int // the frame ahead of which each connection is cut, or the header if below 0
	begin string
	clock string
	mixed *rand.Rand // each connection may be to another server; not nil: instead of begin and clock
	split bool       // where headers change
}

// into pulls a stream to a sink, over as many connections as it is cut, and one.
func (p pulling) into(t testing.TB, out Sink, l *library) (told []SpliceEvent) {
	t.Helper()
	o := SplicerOptions{OnChange: ChangeKeep, Event: func(e SpliceEvent) { told = append(told, e) }}
	if p.split {
		o.OnChange = ChangeSplit
	}
	s := NewSplicer(out, o)
	from := p.begun
	for i := range len(p.cuts) + 1 {
		if i > 0 {
			var err error
			if from, err = s.RejoinRecorded(p.begun); err != nil {
				t.Fatal(err)
			}
		}
		if p.mixed != nil {
			p.begin, p.clock = pick(p.mixed, servings), pick(p.mixed, servingClocks)
			if from == 0 {
				p.begin = "not heeded"
			}
		}
		at := servings[p.begin](l, uint32(from.Milliseconds()))
		tags, heads := l.serve(at, servingClocks[p.clock])
		if i < len(p.cuts) {
			tags = tags[:max(0, min(p.cuts[i]-at+heads, len(tags)))]
		}
		for n, tg := range tags {
			if err := s.WriteTag(tg); err != nil {
				t.Fatalf("connection %d, tag %d: %v", i, n, err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return told
}

// tags are those of the recording, if that is a pipe.
func (p pulling) tags(t testing.TB, l *library) ([]Tag, []SpliceEvent) {
	t.Helper()
	var b bytes.Buffer
	told := p.into(t, NewWriter(&b), l)
	return scan(t, b.Bytes()), told
}

// someCuts are at random places, most of which are further on than the one before.
func (l *library) someCuts(rnd *rand.Rand, n int) (cuts []int) {
	at := 0
	for range n {
		switch rnd.IntN(8) {
		case 0:
			cuts = append(cuts, rnd.IntN(at+1)-len(l.heads)) // nothing new comes
			continue
		case 1:
			at++ // next to nothing
		default:
			at += rnd.IntN(2 * len(l.frames) / n)
		}
		cuts = append(cuts, min(at, len(l.frames)))
	}
	return cuts
}

// sameRecording holds two recordings against each other, tag by tag.
func sameRecording(got, want []Tag) error {
	for i := range min(len(got), len(want)) {
		if g, w := got[i], want[i]; g.Type != w.Type || g.Timestamp != w.Timestamp || !bytes.Equal(g.Body, w.Body) {
			return fmt.Errorf("tag %d of %d: got type %d at %d (%x), want type %d at %d (%x)", i, len(want),
				g.Type, g.Timestamp, g.Body[:min(14, len(g.Body))], w.Type, w.Timestamp, w.Body[:min(14, len(w.Body))])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("got %d tags, want %d", len(got), len(want))
	}
	return nil
}

// libraries are what servers may have. Those with a name that begins with a star can
// only be told apart by the stream's own timestamps.
func libraries(seconds int) map[string]*library {
	both := newLibrary(seconds, 50, true, true)
	middle := uint32(seconds * 1000 / 2)
	return map[string]*library{
		"both":        both,
		"pictures":    newLibrary(seconds, 50, true, false),
		"sound":       newLibrary(seconds, 50, false, true),
		"long groups": newLibrary(2*seconds, 1250, true, true),
		"few keys":    newLibrary(2*seconds, 6000, true, true),
		"silence": both.each(func(_ int, t Tag) Tag {
			if t.Type == audio {
				t.Body = sound(0, 0).Body
			}
			return t
		}),
		"sound in batches": both.each(func(_ int, t Tag) Tag {
			if t.Type == audio {
				t.Timestamp -= t.Timestamp % 92
				t.Body = sound(0, int(t.Timestamp)/920).Body
			}
			return t
		}),
		"times of presentation": both.each(func(_ int, t Tag) Tag {
			if t.Type == video {
				t.Timestamp += [4]uint32{80, 160, 40, 40}[t.Timestamp/40%4]
				if t.Timestamp/40%4 == 3 {
					t.Timestamp -= 120
				}
			}
			return t
		}),
		"headers change": both.changed(),
		"a jump": both.each(func(i int, t Tag) Tag {
			if t.Timestamp >= middle {
				t.Timestamp += 3_600_000
			}
			return t
		}),
		"*slate": both.each(func(_ int, t Tag) Tag {
			if at := t.Timestamp; t.Type == audio {
				t.Body = sound(0, 0).Body
			} else if at > middle/2 && at < middle*3/2 {
				t.Body = picture(0, 1<<20+int(at/40%50), at%2000 == 0).Body
			}
			return t
		}),
	}
}

// checkPulled holds what comes of a stream that is cut against the one in one go.
func (p pulling) check(t testing.TB, l *library) {
	t.Helper()
	got, told := p.tags(t, l)
	whole := p
	whole.cuts = nil
	want, _ := whole.tags(t, l)
	if err := sameRecording(got, want); err != nil {
		for _, e := range told {
			t.Logf("%v: %v, %d tags, to %d", e.At, e.Kind, e.Tags, e.To)
		}
		t.Errorf("%s, %s, from %v, cut at %v: %v", p.begin, p.clock, p.begun, p.cuts, err)
	}
}

// TestRejoinRecorded cuts recorded streams hundreds of times, at any tag, also while
// the place is looked for and before anything came. Whatever the server makes of
// where it is asked to go on, the recording is that of the stream in one go.
func TestRejoinRecorded(t *testing.T) {
	for name, l := range libraries(90) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(5) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				p := pulling{
					begin: pick(rnd, servings), clock: pick(rnd, servingClocks),
					begun: time.Duration(rnd.IntN(2)) * 25 * time.Second, cuts: l.someCuts(rnd, 20),
				}
				if name[0] == '*' {
					p.clock, p.begun = "the stream's", 0
				}
				p.check(t, l)
			}
		})
	}
}

// pick returns one of the names.
func pick[V any](rnd *rand.Rand, m map[string]V) string {
	names := slices.Sorted(maps.Keys(m))
	return names[rnd.IntN(len(names))]
}

// Servers that take turns need not be alike.
func TestRejoinRecordedElsewhere(t *testing.T) {
	for name, l := range libraries(90) {
		if name[0] == '*' {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2) {
				rnd := rand.New(rand.NewPCG(seed, 2))
				pulling{cuts: l.someCuts(rnd, 12), mixed: rnd}.check(t, l)
			}
		})
	}
}

// FuzzRejoinRecorded lets any server be cut anywhere.
func FuzzRejoinRecorded(f *testing.F) {
	all := libraries(12)
	names, begins, clocks := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(servings)), slices.Sorted(maps.Keys(servingClocks))
	f.Add(byte(0), byte(0), []byte{0, 10, 1, 0, 2, 200})
	f.Add(byte(4), byte(6), []byte{3, 0, 3, 1, 3, 2})
	f.Add(byte(9), byte(20), []byte{0, 1, 0, 2, 0, 3, 0, 4})
	f.Fuzz(func(t *testing.T, what, how byte, at []byte) {
		name := names[int(what)%len(names)]
		l := all[name]
		p := pulling{begin: begins[int(how)%len(begins)], clock: clocks[int(how)/8%len(clocks)], begun: time.Duration(how>>6) * 3 * time.Second}
		if name[0] == '*' {
			p.clock, p.begun = "the stream's", 0
		}
		for ; len(at) >= 2 && len(p.cuts) < 20; at = at[2:] {
			p.cuts = append(p.cuts, (int(at[0])<<8|int(at[1]))%(len(l.frames)+3)-2)
		}
		p.check(t, l)
	})
}
