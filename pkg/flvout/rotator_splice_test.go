package flvout

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// spliceRow sends a live case through a Splicer to a row of files.
func spliceRow(t testing.TB, tags []flvtest.Tag, limit time.Duration) (files [][]byte) {
	t.Helper()
	dir := t.TempDir()
	r, err := NewRotator(RotatorOptions{
		Time: limit,
		Open: func(n int) (*File, error) { return Create(filepath.Join(dir, fmt.Sprint(n)+".flv")) },
		Done: func(f *File, _ Cut) {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			files = append(files, readFile(t, f.Name()))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSplicer(r, SplicerOptions{})
	for i, tg := range tags {
		if tg.Rejoin {
			if err := s.Rejoin(); err != nil {
				t.Fatal(err)
			}
		}
		s.Arrived(tg.Arrival)
		r.Arrived(tg.Arrival)
		if err := s.WriteTag(Tag{tg.Type, tg.Timestamp, lend(s, tg.Body)}); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return files
}

// A placed is a frame, and which file it is in.
type placed struct {
	Tag
	file int
}

func placedFrames(t testing.TB, files [][]byte, typ byte) (list []placed) {
	for i, b := range files {
		for _, tg := range frames(scan(t, b), typ) {
			list = append(list, placed{tg, i})
		}
	}
	return list
}

// TestRotatorCases sends all live streams of flvtest through a Splicer to as many
// files as they ask for, and to files of seven seconds: these have the same frames,
// at the same distances.
func TestRotatorCases(t *testing.T) {
	for c := range flvtest.Cases(t, flvtest.Live) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			whole := spliceRow(t, c.Tags, 0)
			if want := max(1, c.Want.Files); len(whole) != want {
				t.Errorf("%d files, want %d", len(whole), want)
			}
			limit := 7 * time.Second
			if c.ID == "43" {
				limit *= 10 // five hours
			}
			parts := spliceRow(t, c.Tags, limit)
			for _, typ := range []byte{byte(video), byte(audio)} {
				got, want := placedFrames(t, parts, typ), placedFrames(t, whole, typ)
				for i := range min(len(got), len(want)) {
					g, w := got[i], want[i]
					if !bytes.Equal(g.Body, w.Body) {
						t.Fatalf("frame %d of type %d: another body", i, typ)
					}
					if i == 0 || got[i-1].file != g.file || want[i-1].file != w.file {
						continue
					}
					if a, b := g.Timestamp-got[i-1].Timestamp, w.Timestamp-want[i-1].Timestamp; a != b {
						t.Errorf("frame %d of type %d is %d ms behind the one before, want %d", i, typ, a, b)
					}
				}
				if len(got) != len(want) {
					t.Errorf("%d frames of type %d, want %d", len(got), typ, len(want))
				}
			}
			for i, b := range parts {
				all := scan(t, b)
				if v := frames(all, byte(video)); len(v) > 0 && c.ID != "16" {
					if class := Classify(v[0]); !class.Key {
						t.Errorf("file %d begins with no key frame", i)
					}
				}
			}
		})
	}
}

// TestRotatorFiles: how many files there are of those cases that are about it.
func TestRotatorFiles(t *testing.T) {
	for id, want := range map[string]int{"44": 6, "45": 6} {
		if got := len(spliceRow(t, flvtest.Get(t, id).Tags, 30*time.Second)); got != want {
			t.Errorf("%s: %d files, want %d", id, got, want)
		}
	}
}

// A publisher that comes back with other parameters: some servers send those of the
// sound only ahead of the first sound, when there have been pictures.
func TestRotatorLateChange(t *testing.T) {
	tags := flvtest.Get(t, "14").Tags
	second := -1
	for i, tg := range tags {
		if c := Classify(Tag{tg.Type, tg.Timestamp, tg.Body}); c.Kind == KindConfig && !c.video && i > 10 {
			second = i
		}
	}
	sound := slices.IndexFunc(tags[second+1:], func(tg flvtest.Tag) bool { return tg.Type == audio }) + second + 1
	picture := slices.IndexFunc(tags[second+1:], func(tg flvtest.Tag) bool {
		c := Classify(Tag{tg.Type, tg.Timestamp, tg.Body})
		return c.video && c.movesClock()
	}) + second + 1
	at := max(sound, picture+1)
	var late []flvtest.Tag
	for i, tg := range tags[second:] {
		switch i += second; {
		case i == second, i < at && tg.Type == audio:
		default:
			late = append(late, tg)
		}
		if i == at-1 {
			late = append(late, tags[second])
		}
	}
	late = append(slices.Clone(tags[:second]), late...)
	if files := spliceRow(t, late, 0); len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
}
