package flvout

import (
	"bytes"
	"path/filepath"
	"testing"
)

// TestResumeSkip asks for a stream from further back, also from where nothing is
// remembered of. Whatever comes of that, nothing is lost that was there.
func TestResumeSkip(t *testing.T) {
	var shown, heard []Tag
	shown = append(shown, Tag{video, 0, avcConfig})
	heard = append(heard, Tag{audio, 0, aacConfig})
	const tags, group = 3 * seenTags, 50
	for i := range uint32(tags) {
		v, a := avcFrame(i*20, byte(i), i%group == 0), aacFrame(i*20, byte(i))
		shown = append(shown, Tag{video, v.Timestamp, append(v.Body, byte(i>>8))})
		heard = append(heard, Tag{audio, a.Timestamp, append(a.Body, byte(i>>8))})
	}
	const n = 1 + tags - 20 // of the frames; the last key frame is 30 before that
	last := (tags - 20 - 1) / group * group * 20
	for _, c := range []struct {
		name string
		tags []Tag
		skip int
		at   int // ms
	}{
		{"pictures", shown, 0, last - group*20},
		{"pictures, one", shown, 1, last - 2*group*20},
		{"pictures, many", shown, 100, last - 101*group*20},
		{"pictures, more than there are", shown, 1000, 0},
		{"sound", heard, 0, (n-2)*20 - 1000},
		{"sound, one", heard, 1, (n-2)*20 - 2000},
		{"sound, more than there is", heard, 1000, 0},
	} {
		for _, inPlace := range []bool{false, true} {
			for what, more := range map[string]int{"all": tags + 1, "not as much as there was": n - 10, "nothing": 0} {
				path := filepath.Join(t.TempDir(), "show.flv")
				o := FileOptions{InPlace: inPlace}
				f, err := o.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				writeAll(t, record(t, path, f), c.tags[:n])
				was := readFile(t, path)
				f, p, err := ResumeOptions{FileOptions: o, Recorded: true, Skip: c.skip}.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				if p.Start.Milliseconds() != int64(c.at) {
					t.Errorf("%s: asked for from %v on, want %d ms", c.name, p.Start, c.at)
				}
				r := record(t, path, f)
				r.rotator.Resume(p)
				if err := r.Resume(p); err != nil {
					t.Fatal(err)
				}
				from := max(before(c.tags, uint32(c.at)), 1)
				put(t, r, c.tags[:1])
				put(t, r, c.tags[min(from, more):more])
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				b := readFile(t, path)
				if got := withoutEnd(media(scan(t, b))); !sameTags(got, c.tags[:max(n, more)]) {
					t.Errorf("%s, %s came: got %d tags, want %d", c.name, what, len(got), max(n, more))
				}
				if more < n && !bytes.Equal(b, was) {
					t.Errorf("%s, %s came: the file is another one", c.name, what)
				}
			}
		}
	}
}
