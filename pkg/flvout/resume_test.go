package flvout

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A splicing is the way of a stream into files.
type splicing struct {
	*Splicer
	rotator *Rotator
}

// record begins a recording, with first for its first file.
func record(t testing.TB, path string, first *File) *splicing {
	t.Helper()
	r, err := NewRotator(RotatorOptions{Open: func(n int) (*File, error) {
		if n == 0 && first != nil {
			return first, nil
		}
		return Create(path)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &splicing{NewSplicer(r, SplicerOptions{}), r}
}

// resume takes a recording up.
func resume(t testing.TB, path string, o ResumeOptions) (*splicing, *ResumePoint) {
	t.Helper()
	f, p, err := o.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name() != path+partSuffix {
		t.Errorf("got %s, want it to be a part file", f.Name())
	}
	r := record(t, path, f)
	r.rotator.Resume(p)
	if err := r.Resume(p); err != nil {
		t.Fatal(err)
	}
	return r, p
}

func put(t testing.TB, w TagWriter, tags []Tag) {
	t.Helper()
	for i, tg := range tags {
		if err := w.WriteTag(tg); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
}

// before returns how many tags lie before a time, ms.
func before(tags []Tag, ts uint32) int {
	return slices.IndexFunc(tags, func(t Tag) bool { return t.Timestamp >= ts })
}

// shifted returns tags with other timestamps.
func shifted(tags []Tag, by uint32) []Tag {
	tags = slices.Clone(tags)
	for i := range tags {
		tags[i].Timestamp += by
	}
	return tags
}

// TestResume breaks a recording off and takes it up: what comes of it is, tag for
// tag, the recording of the whole stream.
func TestResume(t *testing.T) {
	tags := media(scan(t, sample(t, "bars.flv")))
	tags = slices.DeleteFunc(tags, func(t Tag) bool { c := Classify(t); return c.Kind == KindEnd })
	heads := slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { c := Classify(t); return c.Kind != KindConfig })
	want := func() []Tag {
		path := filepath.Join(t.TempDir(), "show.flv")
		r := record(t, path, nil)
		writeAll(t, r, tags)
		return media(scan(t, readFile(t, path)))
	}()
	key := before(tags, 6000) // a key frame
	late := before(tags, 6500)
	for _, c := range []struct {
		name   string
		broken int   // after so many tags
		torn   bool  // left as a part file with a torn tag
		again  []Tag // what the server sends then
	}{
		{"from the key frame on", key, false, slices.Concat(heads, tags[key:])},
		{"left as a part file", key, true, slices.Concat(heads, tags[key:])},
		{"what is there comes again", late, false, slices.Concat(heads, tags[before(tags, 4000):])},
		{"it comes again, from 0 on", late, false, slices.Concat(heads, shifted(tags[before(tags, 4000):], ^uint32(3999)))},
		{"in the middle of a part file", late, true, slices.Concat(heads, shifted(tags[key:], 1<<31))},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "show.flv")
			r := record(t, path, nil)
			put(t, r, tags[:c.broken])
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if c.torn {
				b := readFile(t, path)
				write(t, path, b[:len(b)-20]) // without the end of the sequence
				if err := os.Rename(path, path+partSuffix); err != nil {
					t.Fatal(err)
				}
				b = append(readFile(t, path+partSuffix), 9, 0, 1, 0, 0, 0)
				write(t, path+partSuffix, b)
			}
			r, p := resume(t, path, ResumeOptions{})
			if d := p.Duration.Seconds(); d < 5.9 || d > 6.6 || p.Start.Seconds() > d {
				t.Errorf("got %v from %v on", p.Duration, p.Start)
			}
			put(t, r, c.again)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"show.flv"}) {
				t.Errorf("left %q", got)
			}
			b := readFile(t, path)
			got := media(scan(t, b))
			for i := range min(len(got), len(want)) {
				if d := int32(got[i].Timestamp - want[i].Timestamp); !bytes.Equal(got[i].Body, want[i].Body) || d < -45 || d > 45 {
					t.Fatalf("tag %d: got type %d at %d, want %d at %d", i, got[i].Type, got[i].Timestamp, want[i].Type, want[i].Timestamp)
				}
			}
			if len(got) != len(want) {
				t.Errorf("got %d tags, want %d", len(got), len(want))
			}
			oracle(t, b)
			ffprobe(t, path, nil)
			if done, err := Repair(path, RepairOptions{DryRun: true}); err != nil || done.Action != ActionNone {
				t.Errorf("to be mended: %+v, %v", done, err)
			}
		})
	}
}

// TestResumeOddities takes up what no recording would begin with, and what only a copy can be taken up of. No frame is lost, however often
// that is done.
func TestResumeOddities(t *testing.T) {
	for name, tags := range oddities() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "show.flv")
			for _, again := range []func(){
				func() { writeAll(t, create(t, path), append(tags, Tag{video, 0, slices.Concat(avcConfig, []byte{0})})) },
				func() { write(t, path, written(t, tags...)) },
			} {
				_ = os.Remove(path)
				again()
				for range 2 {
					f, _, err := ResumeOptions{}.Open(path)
					if err == nil {
						err = f.Close()
					}
					if err != nil {
						t.Fatal(err)
					}
					if got := withoutEnd(media(scan(t, readFile(t, path)))); !sameTags(got[:len(tags)], tags) {
						t.Errorf("got %d tags, want %d", len(got), len(tags))
					}
				}
			}
		})
	}
}

// TestResumeCheck keeps the file if a copy of it cannot be taken up.
func TestResumeCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	in := sample(t, "bars.flv")
	write(t, path, in)
	m, err := openMender(path, new(RepairOptions))
	if err != nil {
		t.Fatal(err)
	}
	if m.name = path; m.survey() != nil {
		t.Fatal("cannot be read")
	}
	o := ResumeOptions{FileOptions: FileOptions{IndexEntries: 100_000}} // for which the copy has no room
	m.check = o.check
	if err := m.close(m.replace(new(Repaired))); !errors.Is(err, errNoRoom) {
		t.Errorf("got %v, want %v", err, errNoRoom)
	}
	if got := names(t, filepath.Dir(path)); !bytes.Equal(readFile(t, path), in) || len(got) != 1 {
		t.Errorf("left %q", got)
	}
}

// TestResumeChanged: another stream goes to a file of its own.
func TestResumeChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	r := record(t, path, nil)
	writeAll(t, r, scan(t, sample(t, "bars.flv")))
	was := media(scan(t, readFile(t, path)))
	r, _ = resume(t, path, ResumeOptions{})
	writeAll(t, r, scan(t, sample(t, "other.flv")))
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"show-1.flv", "show.flv"}) {
		t.Errorf("left %q", got)
	}
	if got := media(scan(t, readFile(t, path))); !sameTags(got, was) {
		t.Errorf("got %d tags in the first file, want %d", len(got), len(was))
	}
	for _, name := range names(t, filepath.Dir(path)) {
		ffprobe(t, filepath.Join(filepath.Dir(path), name), nil)
	}
}

// TestResumeNothing: taken up, and nothing comes; the file is as it was.
func TestResumeNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	r := record(t, path, nil)
	writeAll(t, r, scan(t, sample(t, "bars.flv")))
	was := readFile(t, path)
	for range 3 {
		r, _ := resume(t, path, ResumeOptions{})
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); !bytes.Equal(got, was) {
			t.Errorf("got %d bytes, want the %d that there were", len(got), len(was))
		}
	}
}

// TestResumeRecorded takes a file up whose last group of pictures is longer than what
// is remembered, and asks for that group. Until more has come nothing is lost of it.
func TestResumeRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	tags := []Tag{{video, 0, avcConfig}}
	for i := range uint32(4 * seenTags) {
		tg := avcFrame(i*20, byte(i), i%(seenTags+100) == 0)
		tg.Body = append(tg.Body, byte(i>>8), byte(i>>16))
		tags = append(tags, tg)
	}
	n := 1 + 3*(seenTags+100) - 20 // near the end of the third group
	for _, recorded := range []bool{false, true} {
		_ = os.Remove(path)
		r := record(t, path, nil)
		writeAll(t, r, tags[:n])
		r, p := resume(t, path, ResumeOptions{Recorded: recorded})
		if recorded {
			at := uint32((seenTags + 100) * 20)
			if p.Start.Milliseconds() != int64(at) || p.Duration != time.Duration(n-1)*20*time.Millisecond {
				t.Errorf("got %v of %v, want it to be asked for from %d ms on", p.Start, p.Duration, at)
			}
			put(t, r, tags[before(tags, at):])
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		want := tags[:n]
		if recorded {
			want = tags
		}
		got := media(scan(t, readFile(t, path)))
		if got = got[:len(got)-1]; !sameTags(got, want) { // but for the end
			t.Errorf("recorded %t: got %d tags, want %d", recorded, len(got), len(want))
		}
	}
}

// TestResumeOthers takes up what others recorded.
func TestResumeOthers(t *testing.T) {
	good := sample(t, "bars.flv")
	for name, in := range map[string][]byte{
		"whole":   good,
		"torn":    good[:len(good)-100],
		"garbage": slices.Concat(good[:9000], noise(100), good[9000:]),
	} {
		path := filepath.Join(t.TempDir(), "show.flv")
		write(t, path, in)
		r, _ := resume(t, path, ResumeOptions{})
		writeAll(t, r, scan(t, good)) // what is there comes again
		oracle(t, readFile(t, path))
		if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"show.flv"}) {
			t.Errorf("%s: left %q", name, got)
		}
		if p, want := ffprobe(t, path, nil), len(media(scan(t, good)))-3; len(p.Packets) < want {
			t.Errorf("%s: got %d packets, want %d", name, len(p.Packets), want)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	good := sample(t, "bars.flv")
	for _, c := range []struct {
		name        string
		whole, part []byte
		want        error
		left        []string
	}{
		{"nothing", nil, nil, fs.ErrNotExist, nil},
		{"both", good, good, fs.ErrExist, []string{"show.flv", "show.flv.part"}},
		{"no media", []byte("a text"), nil, ErrNoMedia, []string{"show.flv"}},
		{"empty", []byte{}, nil, fs.ErrNotExist, nil},
		{"only begun, and finished", good[:headSize+100], nil, fs.ErrNotExist, nil},
		{"only begun", nil, good[:headSize], fs.ErrNotExist, nil},
		{"another's", nil, []byte("a text"), ErrNoMedia, []string{"show.flv.part"}},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "show.flv")
		if c.whole != nil {
			write(t, path, c.whole)
		}
		if c.part != nil {
			write(t, path+partSuffix, c.part)
		}
		if _, _, err := (ResumeOptions{}).Open(path); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if got := names(t, dir); !slices.Equal(got, c.left) {
			t.Errorf("%s: left %q, want %q", c.name, got, c.left)
		}
	}
	path := filepath.Join(t.TempDir(), "show.flv")
	f := create(t, path)
	if err := errors.Join(f.WriteTag(avcFrame(0, 1, true)), f.Begin()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := (ResumeOptions{}).Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestResumeBeginning: what has one key frame is asked for from the beginning on, and
// else from the one before the last, though that is long ago: servers may begin at the
// next one behind that.
func TestResumeBeginning(t *testing.T) {
	const late, group = 23, 3 * seenTags / 2
	for n, want := range map[uint32]int64{1: 0, group: 0, group + 1: late, 2*group + 10: group*20 + late} {
		path := filepath.Join(t.TempDir(), "show.flv")
		tags := []Tag{{audio, 0, aacConfig}, {video, 0, avcConfig}, aacFrame(0, 1)}
		for i := range n {
			tags = append(tags, avcFrame(i*20+late, byte(i), i%group == 0))
		}
		writeAll(t, record(t, path, nil), tags)
		f, p, err := ResumeOptions{Recorded: true}.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Start.Milliseconds(); got != want {
			t.Errorf("%d pictures: asked for from %d ms on, want %d", n, got, want)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestResumeBeforePicture: of a recorded stream that was broken off in its first picture
// nothing is left but sound, which comes behind that.
func TestResumeBeforePicture(t *testing.T) {
	heads := []Tag{{audio, 0, aacConfig}, {video, 0, avcConfig}}
	sound := []Tag{aacFrame(0, 1), aacFrame(23, 2)}
	for _, c := range []struct {
		name     string
		tags     []Tag
		recorded bool
		anew     bool
	}{
		{"a recorded stream", slices.Concat(heads, sound), true, true},
		{"a live one", slices.Concat(heads, sound), false, false},
		{"sound alone", slices.Concat(heads[:1], sound), true, false},
		{"a picture", slices.Concat(heads, sound, []Tag{avcFrame(23, 1, true)}), true, false},
		{"much sound", slices.Concat(heads, sound, []Tag{aacFrame(2500, 3)}), true, false},
	} {
		for _, inPlace := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "show.flv")
			o := FileOptions{InPlace: inPlace}
			f, err := o.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			writeAll(t, f, c.tags)
			f, _, err = ResumeOptions{FileOptions: o, Recorded: c.recorded}.Open(path)
			if anew := errors.Is(err, fs.ErrNotExist); anew != c.anew || !anew && err != nil {
				t.Errorf("%s: %v, want it anew: %t", c.name, err, c.anew)
			}
			if err == nil {
				err = f.Close()
			}
			if left := len(names(t, filepath.Dir(path))) > 0; left != (inPlace || !c.anew) {
				t.Errorf("%s, in place %t: the file is there: %t, %v", c.name, inPlace, left, err)
			}
		}
	}
}
