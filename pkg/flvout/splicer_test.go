package flvout

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// A files is a sink that begins a new file when it is asked to, as a Rotator
// does: with the headers in force, ahead of the first frame.
type files struct {
	*Writer
	list    []*bytes.Buffer
	headers Headers
	fresh   bool
}

func newFiles() *files {
	f := new(files)
	f.next()
	return f
}

func (f *files) next() {
	b := new(bytes.Buffer)
	f.list, f.Writer, f.fresh = append(f.list, b), NewWriter(b), true
}

func (f *files) Split() error {
	err := f.Writer.Close()
	f.next()
	return err
}

func (f *files) WriteTag(t Tag) error {
	c := Classify(t)
	return f.write(t, &c)
}

func (f *files) write(t Tag, c *Class) error {
	f.headers.Put(t, c)
	if c.Kind == KindConfig || c.Kind == KindColorInfo {
		if f.fresh {
			return nil
		}
	} else if f.fresh && c.movesClock() {
		f.fresh = false
		t.Body = bytes.Clone(t.Body)
		for i := range f.headers.Len() {
			if err := f.Writer.WriteTag(f.headers.At(i)); err != nil {
				return err
			}
		}
	}
	return f.Writer.write(t, c)
}

// A spliced is what came of a stream: its files, what was told, and what was
// counted.
type spliced struct {
	files  [][]byte
	told   []string
	events []SpliceEvent
	fixed  Corrections
	stats  Stats
}

// splice sends a live case through a Splicer.
func splice(t testing.TB, tags []flvtest.Tag, o SplicerOptions) (r spliced) {
	t.Helper()
	out := newFiles()
	o.Event = func(e SpliceEvent) {
		r.events = append(r.events, e)
		r.told = append(r.told, e.Kind.String())
	}
	s := NewSplicer(out, o)
	for i, tg := range tags {
		if tg.Rejoin {
			if err := s.Rejoin(); err != nil {
				t.Fatal(err)
			}
		}
		s.Arrived(tg.Arrival)
		body := lend(s, tg.Body)
		if err := s.WriteTag(Tag{tg.Type, tg.Timestamp, body}); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, b := range out.list {
		r.files = append(r.files, b.Bytes())
	}
	r.fixed, r.stats = s.Corrections(), s.Stats()
	return r
}

// lend puts a body where the connection puts it: into the sink's buffer, if
// there is room.
func lend(s Sink, body []byte) []byte {
	if b := s.AvailableBuffer(len(body)); b != nil {
		return append(b, body...)
	}
	return body
}

// split returns the tags of all files, which must be right.
func (r *spliced) split(t testing.TB) (tags []flvtest.Tag) {
	t.Helper()
	for i, b := range r.files {
		list, err := flvtest.Split(b)
		if err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		tags = append(tags, list...)
	}
	return tags
}

// TestSplicerCases sends all streams of flvtest through a Splicer, and judges
// what comes out by flvtest, go-flv and ffprobe.
func TestSplicerCases(t *testing.T) {
	// What is told of each case; nothing of the others.
	told := map[string]string{
		"09":   "clock jumped",
		"09g":  "gap",
		"10":   "clock jumped",
		"11":   "clock wrapped at 2^24 ms",
		"14":   "header changed, header changed",
		"15":   "header missing",
		"15b":  "header missing",
		"15s":  "header made",
		"17":   "repeat dropped",
		"17b":  "rejoined, repeat dropped",
		"17b0": "rejoined, repeat dropped",
		"17d":  "rejoined",
		"17e":  "header changed, header changed, rejoined",
	}
	for c := range flvtest.Cases(t, flvtest.Live) {
		if c.ID == "43" {
			continue // nine thousand key frames: nothing to splice
		}
		t.Run(c.ID, func(t *testing.T) {
			r := splice(t, c.Tags, SplicerOptions{})
			if got := strings.Join(r.told, ", "); got != told[c.ID] {
				t.Errorf("%s: told %q, want %q", c.Name, got, told[c.ID])
			}
			if len(r.files) != c.Want.Files {
				t.Errorf("%s: %d files, want %d", c.Name, len(r.files), c.Want.Files)
			}
			got := r.split(t)
			video, audio := flvtest.Frames(got)
			if c.Want.Video >= 0 && video != c.Want.Video || c.Want.Audio >= 0 && audio != c.Want.Audio {
				t.Errorf("%s: got %d and %d frames, want %d and %d", c.Name, video, audio, c.Want.Video, c.Want.Audio)
			}
			if c.Want.Media != nil && c.Want.Files == 1 {
				if err := flvtest.Compare(flvtest.Media(got), c.Want.Media, c.Want.Slack); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			}
			t.Logf("%+v %v", r.fixed, r.events)
		})
	}
}
