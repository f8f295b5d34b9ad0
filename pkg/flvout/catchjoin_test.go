package flvout

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestRejoinRecordedFiles cuts a stream that goes to a row of files: these are those
// of the stream in one go.
func TestRejoinRecordedFiles(t *testing.T) {
	for _, name := range []string{"both", "sound", "headers change"} {
		l := libraries(90)[name]
		files := func(cuts []int) (list [][]byte) {
			dir := t.TempDir()
			r, err := NewRotator(RotatorOptions{
				Time: 7 * time.Second,
				Open: func(n int) (*File, error) { return Create(filepath.Join(dir, fmt.Sprint(n)+".flv")) },
				Done: func(f *File, _ Cut) {
					if err := f.Close(); err != nil {
						t.Fatal(err)
					}
					list = append(list, readFile(t, f.Name()))
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			pulling{begin: "key before", clock: "from 0", cuts: cuts, split: true}.into(t, r, l)
			return list
		}
		want := files(nil)
		for seed := range uint64(3) {
			got := files(l.someCuts(rand.New(rand.NewPCG(seed, 3)), 15))
			if len(got) != len(want) {
				t.Errorf("%s: %d files, want %d", name, len(got), len(want))
				continue
			}
			for i := range got {
				if err := sameRecording(media(scan(t, got[i])), media(scan(t, want[i]))); err != nil {
					t.Errorf("%s: file %d: %v", name, i, err)
				}
			}
		}
	}
}

// TestRejoinRecordedResumed takes a file up, and loses the server more than once
// while it does.
func TestRejoinRecordedResumed(t *testing.T) {
	l := newLibrary(60, 50, true, true)
	path := filepath.Join(t.TempDir(), "show.flv")
	writeAll(t, record(t, path, nil), slices.Concat(l.heads, l.frames))
	want := scan(t, readFile(t, path))
	for clock := range servingClocks {
		for seed := range uint64(4) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			rnd := rand.New(rand.NewPCG(seed, 4))
			cuts := l.someCuts(rnd, 8)
			broken := 200 + rnd.IntN(1000)
			writeAll(t, record(t, path, nil), slices.Concat(l.heads, l.frames[:broken]))
			r, p := resume(t, path, ResumeOptions{Recorded: true})
			from := p.Start
			for i := range len(cuts) + 1 {
				at := l.keyFrom(uint32(from.Milliseconds()), false)
				tags, heads := l.serve(at, servingClocks[clock])
				if i < len(cuts) {
					tags = tags[:max(0, min(broken+cuts[i]/2-at+heads, len(tags)))]
				}
				put(t, r, tags)
				if i < len(cuts) {
					var err error
					if from, err = r.RejoinRecorded(p.Start); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if err := sameRecording(media(scan(t, readFile(t, path))), media(want)); err != nil {
				t.Errorf("%s, seed %d, broken off at %d, cut at %v: %v", clock, seed, broken, cuts, err)
			}
		}
	}
}

// TestRejoinRecordedLosses pulls from a server that loses messages when it is fast,
// others each time, and is early by them, as nginx-rtmp is: nothing is recorded
// twice, and little is lost that came.
func TestRejoinRecordedLosses(t *testing.T) {
	l := newLibrary(120, 50, true, true)
	for clock := range servingClocks {
		for seed := range uint64(10) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			out := newCensus()
			s := NewSplicer(out, SplicerOptions{OnChange: ChangeKeep})
			var from time.Duration
			cuts := append(l.someCuts(rnd, 12), len(l.frames))
			lost := 0
			for _, cut := range cuts {
				at := l.keyFrom(uint32(from.Milliseconds()), false)
				tags, heads := l.serve(at, servingClocks[clock])
				tags = tags[:max(0, min(cut-at+heads, len(tags)))]
				var early, last [2]uint32
				for i, tg := range tags {
					n := lane(tg.Type)
					if step := tg.Timestamp - last[n]; i > heads+20 && rnd.IntN(500) == 0 {
						early[n] += step
						last[n] = tg.Timestamp
						lost++
						continue
					}
					last[n] = tg.Timestamp
					tg.Timestamp -= early[n]
					if err := s.WriteTag(tg); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				if from, err = s.RejoinRecorded(0); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			missing := len(l.frames) - len(out.at[0]) - len(out.at[1])
			if out.twice > 0 || missing > lost+2 {
				t.Errorf("%s, seed %d: %d frames are there twice, %d missing; the server lost %d", clock, seed, out.twice, missing, lost)
			}
		}
	}
}

// TestRejoinRecordedAsks tells what a stream is asked for, and what is told of it.
func TestRejoinRecordedAsks(t *testing.T) {
	l := newLibrary(60, 50, true, true)
	cut := 1400 // a little behind 20 s
	for _, c := range []struct {
		name         string
		begun        time.Duration
		begin, clock string
		o            SplicerOptions
		from         time.Duration
		told         []SpliceKind
	}{
		{"from the beginning", 0, "key before", "the stream's", SplicerOptions{}, 18 * time.Second, []SpliceKind{Rejoined, RepeatDropped}},
		{"from the middle", 10 * time.Second, "key before", "the stream's", SplicerOptions{}, 28 * time.Second, []SpliceKind{Rejoined, RepeatDropped}},
		{"from the middle, from 0", 10 * time.Second, "key before", "from 0", SplicerOptions{}, 26 * time.Second, []SpliceKind{Rejoined, RepeatDropped}},
		{"not heeded", 0, "not heeded", "the stream's", SplicerOptions{}, 18 * time.Second, []SpliceKind{CatchingUp, Rejoined, RepeatDropped}},
		{"to be split", 0, "key before", "the stream's", SplicerOptions{OnRejoin: RejoinSplit}, 18 * time.Second, []SpliceKind{Rejoined}},
		{"raw", 0, "key before", "the stream's", SplicerOptions{Raw: true}, 19400 * time.Millisecond, nil},
		{"raw, from 0", 10 * time.Second, "key before", "from 0", SplicerOptions{Raw: true}, 29400 * time.Millisecond, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []SpliceKind
			c.o.Event = func(e SpliceEvent) { told = append(told, e.Kind) }
			s := NewSplicer(newFiles(), c.o)
			ask := func(want time.Duration) {
				t.Helper()
				got, err := s.RejoinRecorded(c.begun)
				if d := got - want; err != nil || d < -100*time.Millisecond || d > 100*time.Millisecond {
					t.Errorf("got %v, %v; want %v", got, err, want)
				}
			}
			serve := func(from time.Duration, n int) {
				tags, heads := l.serve(servings[c.begin](l, uint32(from.Milliseconds())), servingClocks[c.clock])
				put(t, s, tags[:n+heads])
			}
			serve(c.begun, 0)
			ask(c.begun) // nothing has come
			serve(c.begun, cut)
			ask(c.from)
			ask(c.from) // there was no connection
			serve(c.from, 1600)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(told, c.told) {
				t.Errorf("told %v, want %v", told, c.told)
			}
			if _, err := s.RejoinRecorded(0); err == nil {
				t.Error("it goes on behind Close")
			}
		})
	}
}

// Frames that are left out, and those behind them, cost no memory.
func TestRejoinRecordedAllocs(t *testing.T) {
	l := newLibrary(60, 50, true, true)
	s := NewSplicer(NewWriter(io.Discard), SplicerOptions{})
	tags, _ := l.serve(0, servingClocks["from 0"])
	put(t, s, tags[:3000])
	if _, err := s.RejoinRecorded(0); err != nil {
		t.Fatal(err)
	}
	put(t, s, tags[:200])
	i := 200
	if n := testing.AllocsPerRun(3500, func() {
		if err := s.WriteTag(tags[i]); err != nil {
			t.Fatal(err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations for a tag", n)
	}
	if got := s.Corrections().Repeats; got < 2900 {
		t.Errorf("%d tags were left out", got)
	}
}

// TestRejoinRecordedLost: what comes is another stream. The recording goes on behind
// its end, for there is nothing that tells how much is missing.
func TestRejoinRecordedLost(t *testing.T) {
	l := newLibrary(60, 50, true, true)
	other := l.each(func(_ int, t Tag) Tag {
		at := 3
		if t.Type == video {
			at = 10
		}
		t.Body = bytes.Clone(t.Body)
		binary.BigEndian.PutUint32(t.Body[at:], binary.BigEndian.Uint32(t.Body[at:])+1_000_000)
		return t
	})
	var told []SpliceKind
	out := newCensus()
	s := NewSplicer(out, SplicerOptions{Event: func(e SpliceEvent) { told = append(told, e.Kind) }})
	tags, _ := l.serve(0, servingClocks["from 0"])
	put(t, s, tags[:1000])
	if _, err := s.RejoinRecorded(0); err != nil {
		t.Fatal(err)
	}
	tags, _ = other.serve(0, servingClocks["from 0"])
	put(t, s, tags)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if want := []SpliceKind{PlaceLost, Rejoined}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if n := len(out.at[1]); n != 364+750 {
		t.Errorf("%d pictures", n)
	}
}

// TestRestartRecorded takes up a playlist that has an item twice, and is sent from its
// beginning.
func TestRestartRecorded(t *testing.T) {
	a, b := newLibrary(50, 50, true, true), newLibrary(40, 50, true, true)
	b = b.each(func(_ int, t Tag) Tag {
		t.Body = bytes.Clone(t.Body)
		t.Body[len(t.Body)-1]++
		return t
	})
	one, _ := a.serve(0, servingClocks["from 0"])
	two, _ := b.serve(0, servingClocks["from 0"])
	list := slices.Concat(one, two, one)
	frames := func(cuts ...int) (got []Tag) {
		var out bytes.Buffer
		s := NewSplicer(NewWriter(&out), SplicerOptions{OnChange: ChangeKeep})
		for _, cut := range cuts {
			put(t, s, list[:cut])
			if err := s.RestartRecorded(0); err != nil {
				t.Fatal(err)
			}
		}
		put(t, s, list)
		if s.Astray() {
			t.Error("it is astray")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return media(scan(t, out.Bytes()))
	}
	want := frames()
	for _, cuts := range [][]int{
		{0}, {100}, {len(one) / 2}, {len(one)}, {len(one) + 50}, {len(one) + len(two)}, {len(one) + len(two) + 300}, {len(list) - 20},
		{1000, len(one) + 200, len(one) + 100, len(one) + len(two) + 1000},
	} {
		if got := frames(cuts...); !slices.EqualFunc(got, want, func(a, b Tag) bool { return bytes.Equal(a.Body, b.Body) }) {
			t.Errorf("cut at %v: %d tags, want %d", cuts, len(got), len(want))
		}
	}
}
