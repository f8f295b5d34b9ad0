package flvout

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A recordedStream is one that servers send from here or there.
type recordedStream struct {
	heads, frames []Tag
}

func newRecordedStream(tags []Tag) *recordedStream {
	s := new(recordedStream)
	for _, tg := range media(tags) {
		switch c := Classify(tg); c.Kind {
		case KindConfig:
			s.heads = append(s.heads, tg)
		case KindFrame:
			s.frames = append(s.frames, tg)
		}
	}
	return s
}

func (s *recordedStream) whole() []Tag { return slices.Concat(s.heads, s.frames) }

// from returns what a server sends that honours what it is asked for.
func (s *recordedStream) from(start time.Duration) []Tag {
	at, shown := 0, slices.ContainsFunc(s.frames, func(t Tag) bool { return t.Type == video })
	for i, tg := range s.frames {
		if c := Classify(tg); (c.Key || !shown) && int64(tg.Timestamp) <= start.Milliseconds() {
			at = i
		}
	}
	return slices.Concat(s.heads, s.frames[at:])
}

// rebased returns tags whose first frame is at 0.
func rebased(tags []Tag) []Tag {
	for _, tg := range tags {
		if c := Classify(tg); c.Kind == KindFrame {
			return shifted(tags, -tg.Timestamp)
		}
	}
	return tags
}

// longGroups returns a stream whose key frames are further apart than what is
// remembered.
func longGroups() []Tag {
	tags := []Tag{{video, 0, avcConfig}}
	for i := range uint32(3 * seenTags) {
		tg := avcFrame(i*20, byte(i), i%(seenTags+100) == 0)
		tg.Body = append(tg.Body, byte(i>>8), byte(i>>16))
		tags = append(tags, tg)
	}
	return tags
}

// TestCatchUp takes recordings of a recorded stream up that were broken off at
// several places, from servers that do what they are asked to and such that do not:
// what comes of it is, byte for byte, the recording in one go.
func TestCatchUp(t *testing.T) {
	minute := scan(t, sample(t, "minute.flv"))
	sound := slices.DeleteFunc(slices.Clone(minute), func(t Tag) bool { return t.Type == video })
	for name, tags := range map[string][]Tag{
		"minute": minute, "sound": sound, "bars": scan(t, sample(t, "bars.flv")), "long groups": longGroups(),
	} {
		s := newRecordedStream(tags)
		path := filepath.Join(t.TempDir(), "show.flv")
		r := record(t, path, nil)
		writeAll(t, r, s.whole())
		want := readFile(t, path)
		n := len(s.frames)
		for _, broken := range []int{2, 60, n / 4, n / 2, n/2 + 1, n * 3 / 4, n - 5, n} {
			for how, again := range map[string]func(start time.Duration) []Tag{
				"honoured":                   s.from,
				"honoured, rebased":          func(start time.Duration) []Tag { return rebased(s.from(start)) },
				"from earlier on":            func(start time.Duration) []Tag { return s.from(start - 7*time.Second) },
				"from the beginning":         func(time.Duration) []Tag { return s.whole() },
				"from the beginning, at 600": func(time.Duration) []Tag { return shifted(s.whole(), 600_000) },
			} {
				t.Run(name+"/"+strconv.Itoa(broken)+"/"+how, func(t *testing.T) {
					t.Parallel()
					path := filepath.Join(t.TempDir(), "show.flv")
					r := record(t, path, nil)
					writeAll(t, r, slices.Concat(s.heads, s.frames[:broken]))
					r, p := resume(t, path, ResumeOptions{Recorded: true})
					writeAll(t, r, again(p.Start))
					if got := readFile(t, path); !bytes.Equal(got, want) {
						got, want := media(scan(t, got)), media(scan(t, want))
						for i := range min(len(got), len(want)) {
							if g, w := got[i], want[i]; g.Timestamp != w.Timestamp || !bytes.Equal(g.Body, w.Body) {
								t.Fatalf("tag %d: got type %d at %d, want %d at %d", i, g.Type, g.Timestamp, w.Type, w.Timestamp)
							}
						}
						t.Fatalf("got %d tags, want %d", len(got), len(want))
					}
				})
			}
		}
	}
}

// TestCatchUpLost: nothing that comes is known. After half a minute the file goes on
// where the timestamps say that it does, or else behind its end.
func TestCatchUpLost(t *testing.T) {
	s := newRecordedStream(scan(t, sample(t, "minute.flv")))
	const end = 10_000 // ms
	other := func(from uint32) []Tag {
		tags := []Tag{{video, 0, avcConfig}}
		for i := range uint32(60 * 25) {
			tags = append(tags, avcFrame(from+i*40, byte(i*7), i%50 == 0))
			body := &tags[len(tags)-1].Body
			*body = append(*body, byte(i), byte(i>>8))
		}
		return tags
	}
	heads := slices.DeleteFunc(slices.Clone(s.heads), func(t Tag) bool { return t.Type != video })
	frames := slices.DeleteFunc(slices.Clone(s.frames), func(t Tag) bool { return t.Type != video || t.Timestamp > end })
	for _, c := range []struct {
		name     string
		from     uint32
		at       uint32 // ms, the first frame of them in the file
		recorded bool
	}{
		{"the stream's timestamps", 10_000, 40_000, true},
		{"at 0", 0, end + 33, true},
		{"live", 0, end + 33, false},
	} {
		var kinds []SpliceKind
		path := filepath.Join(t.TempDir(), "show.flv")
		writeAll(t, record(t, path, nil), slices.Concat(heads, frames))
		f, p, err := ResumeOptions{Recorded: c.recorded}.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r := record(t, path, f)
		r.o.OnChange = ChangeKeep
		r.o.Event = func(e SpliceEvent) { kinds = append(kinds, e.Kind) }
		r.rotator.Resume(p)
		if err := r.Resume(p); err != nil {
			t.Fatal(err)
		}
		writeAll(t, r, other(c.from))
		got := slices.DeleteFunc(media(scan(t, readFile(t, path))), func(t Tag) bool { return Classify(t).Kind != KindFrame })
		got = got[len(frames):]
		want := 60 * 25
		if c.recorded {
			want -= 30 * 25
		}
		if len(got) != want || got[0].Timestamp/100 != c.at/100 || !Classify(got[0]).Key {
			t.Errorf("%s: got %d frames from %d on, want %d from %d", c.name, len(got), got[0].Timestamp, want, c.at)
		}
		if slices.Contains(kinds, PlaceLost) != c.recorded {
			t.Errorf("%s: told %v", c.name, kinds)
		}
	}
}

// TestCatchUpRefused: whoever asks for it has nothing written of what is not known.
func TestCatchUpRefused(t *testing.T) {
	s := newRecordedStream(scan(t, sample(t, "minute.flv")))
	path := filepath.Join(t.TempDir(), "show.flv")
	writeAll(t, record(t, path, nil), slices.Concat(s.heads, s.frames[:1000]))
	want := readFile(t, path)
	r, _ := resume(t, path, ResumeOptions{Recorded: true})
	refused := errors.New("no")
	r.o.Lost = func() error { return refused }
	var err error
	for _, tg := range longGroups() {
		if err = r.WriteTag(tg); err != nil {
			break
		}
	}
	if !r.Astray() || !errors.Is(err, refused) || !errors.Is(r.WriteTag(s.frames[1000]), refused) {
		t.Errorf("got %v, astray %t", err, r.Astray())
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); !bytes.Equal(got, want) {
		t.Errorf("it has %d bytes, and had %d", len(got), len(want))
	}
}

// TestAstray: a stream is where the recording is once that has been seen.
func TestAstray(t *testing.T) {
	s := newRecordedStream(scan(t, sample(t, "minute.flv")))
	path := filepath.Join(t.TempDir(), "show.flv")
	writeAll(t, record(t, path, nil), slices.Concat(s.heads, s.frames[:3000]))
	r, p := resume(t, path, ResumeOptions{Recorded: true})
	if r.Astray() {
		t.Error("before anything has come")
	}
	was := false
	for _, tg := range s.from(p.Start - 10*time.Second)[:1500] {
		if err := r.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
		switch is := r.Astray(); {
		case is && tg.Timestamp+lookBack < s.frames[2990].Timestamp:
			was = true
		case is && tg.Timestamp > s.frames[3000].Timestamp, !is && was && tg.Timestamp+2*lookBack < s.frames[3000].Timestamp:
			t.Fatalf("at %d ms: astray %t", tg.Timestamp, is)
		}
	}
	if !was {
		t.Error("never")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCatchUpTells that nothing is recorded for a while, and takes no memory for it.
func TestCatchUpTells(t *testing.T) {
	s := newRecordedStream(scan(t, sample(t, "minute.flv")))
	path := filepath.Join(t.TempDir(), "show.flv")
	writeAll(t, record(t, path, nil), slices.Concat(s.heads, s.frames[:3000]))
	f, p, err := ResumeOptions{Recorded: true}.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, path, f)
	var kinds []SpliceKind
	r.o.Event = func(e SpliceEvent) { kinds = append(kinds, e.Kind) }
	r.rotator.Resume(p)
	if err := r.Resume(p); err != nil {
		t.Fatal(err)
	}
	tags := s.whole()
	put(t, r, tags[:100])
	i := 100
	if n := testing.AllocsPerRun(500, func() {
		if err := r.WriteTag(tags[i]); err != nil {
			t.Fatal(err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations for a tag", n)
	}
	put(t, r, tags[i:])
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if want := []SpliceKind{CatchingUp, RepeatDropped}; !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
	if n := r.Corrections().Repeats; n != 3000 {
		t.Errorf("counted %d repeats, want 3000", n)
	}
}
