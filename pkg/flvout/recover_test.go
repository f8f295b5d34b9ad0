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

// TestRecover completes what a crash left at every step of a recording: what
// comes of it is what Close would have made of the tags that were written.
func TestRecover(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	whole := create(t, filepath.Join(t.TempDir(), "show.flv"))
	writeAll(t, whole, tags)
	want := readFile(t, whole.Name())

	steps := []string{"flushed", "copied", "completed", "renamed", "named"}
	seen := map[string]bool{}
	for _, step := range steps {
		dir := t.TempDir()
		path := filepath.Join(dir, "show.flv")
		left := map[string][]byte{} // the folder at that step
		f := create(t, path)
		f.part.step = func(s string) {
			seen[s] = true
			if s == step && len(left) == 0 {
				for _, name := range names(t, dir) {
					left[name] = readFile(t, filepath.Join(dir, name))
				}
			}
		}
		writeAll(t, f, tags)

		crashed := t.TempDir()
		for name, b := range left {
			write(t, filepath.Join(crashed, name), b)
		}
		path = filepath.Join(crashed, "show.flv")
		done, err := Recover(path+partSuffix, FileOptions{})
		if step == "renamed" || step == "named" {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v", step, err)
			}
		} else if err != nil || done.Path != path || done.Size != int64(len(want)) {
			t.Errorf("%s: got %+v, %v", step, done, err)
		}
		if got := readFile(t, path); !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, want %d", step, len(got), len(want))
		}
		if got := names(t, crashed); !slices.Equal(got, []string{"show.flv"}) {
			t.Errorf("%s: left %q", step, got)
		}
	}
	for _, step := range steps {
		if !seen[step] {
			t.Errorf("Close has no step %s", step)
		}
	}
}

// TestRecoverCut cuts a part file at many places: one tag is lost at most, and
// what is there is complete.
func TestRecoverCut(t *testing.T) {
	b := abandonedFile(t, filepath.Join(t.TempDir(), "show.flv"))
	at := offsets(t, b)
	for n := at[1] + 1; n < len(b); n += 7919 {
		path := filepath.Join(t.TempDir(), "show.flv")
		write(t, path+partSuffix, b[:n])
		done, err := Recover(path+partSuffix, FileOptions{})
		whole := 0 // tags, onMetaData among them
		for whole+1 < len(at) && at[whole+1]-trailerSize <= n {
			whole++
		}
		if whole < 4 { // onMetaData and the sequence headers
			if err != nil || done.Action != ActionRemove || len(names(t, filepath.Dir(path))) > 0 {
				t.Errorf("%d bytes: got %+v, %v", n, done, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%d bytes: %v", n, err)
			continue
		}
		got := scan(t, readFile(t, path))
		if !sameTags(media(got)[:whole-1], media(scan(t, b))[:whole-1]) {
			t.Errorf("%d bytes: got other tags", n)
		}
		if n%3 == 0 {
			oracle(t, readFile(t, path))
			ffprobe(t, path, nil)
		}
	}
}

// TestRecoverTornHead tears the head while it is written by Close, at every page.
func TestRecoverTornHead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "show.flv")
	f, err := FileOptions{IndexEntries: 2000}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after []byte
	f.part.step = func(s string) {
		switch s {
		case "synced":
			before = readFile(t, f.Name())
		case "patched":
			after = readFile(t, f.Name())
		}
	}
	f.failed = true // or it would be copied
	writeAll(t, f, scan(t, sample(t, "bars.flv")))
	want := scan(t, readFile(t, path))
	for n := 512; n < 40_000; n += 512 {
		path := filepath.Join(t.TempDir(), "show.flv")
		write(t, path+partSuffix, slices.Concat(after[:n], before[n:]))
		if _, err := Recover(path+partSuffix, FileOptions{}); err != nil {
			t.Errorf("torn at %d: %v", n, err)
			continue
		}
		b := readFile(t, path)
		if got := scan(t, b); !sameTags(media(got), media(want)) {
			t.Errorf("torn at %d: got %d tags, want %d", n, len(got), len(want))
		}
		if done, err := Repair(path, RepairOptions{DryRun: true}); err != nil || done.Action != ActionNone {
			t.Errorf("torn at %d: not whole: %+v, %v", n, done, err)
		}
	}
}

func TestRecoverOthers(t *testing.T) {
	good := sample(t, "bars.flv")
	noKey := written(t, avcFrame(0, 1, false), avcFrame(40, 2, false))
	for _, c := range []struct {
		name   string
		in     []byte
		taken  bool
		action Action
		err    error
		want   string
	}{
		{"another program's", good, false, ActionCopy, nil, "show.flv"},
		{"with garbage", slices.Concat(good[:9000], noise(100), good[9000:]), false, ActionCopy, nil, "show.flv"},
		{"the name is taken", good, true, ActionCopy, nil, "show-1.flv"},
		{"empty", nil, false, ActionRemove, nil, ""},
		{"a header", good[:headSize], false, ActionRemove, nil, ""},
		{"metadata", good[:offsets(t, good)[1]], false, ActionRemove, nil, ""},
		{"sequence headers", good[:offsets(t, good)[3]], false, ActionRemove, nil, ""},
		{"no FLV", noise(5000), false, 0, ErrNoMedia, "show.flv.part"},
		{"nothing to decode", noKey, false, ActionCopy, nil, "show.flv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "show.flv")
			write(t, path+partSuffix, c.in)
			if c.taken {
				write(t, path, []byte("taken"))
			}
			done, err := Recover(path+partSuffix, FileOptions{Force: true})
			if !errors.Is(err, c.err) || err == nil && done.Action != c.action {
				t.Errorf("got %+v, %v; want action %d, %v", done, err, c.action, c.err)
			}
			var want []string
			if c.taken {
				want = append(want, "show.flv")
				if b := readFile(t, path); string(b) != "taken" {
					t.Error("the other file was replaced")
				}
			}
			if c.want != "" {
				want = append(want, c.want)
			}
			slices.Sort(want)
			if got := names(t, dir); !slices.Equal(got, want) {
				t.Errorf("left %q, want %q", got, want)
			}
			if c.err == nil && c.want != "" {
				oracle(t, readFile(t, filepath.Join(dir, c.want)))
				if done.Path != filepath.Join(dir, c.want) {
					t.Errorf("got path %s", done.Path)
				}
			}
		})
	}
}

// TestRecoverUndecodable keeps our own frames even if there is no key frame yet.
func TestRecoverUndecodable(t *testing.T) {
	path := abandoned(t, t.TempDir(), []Tag{avcFrame(0, 1, false), aacFrame(0, 1), avcFrame(40, 2, false)})
	if _, err := Recover(path+partSuffix, FileOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := media(scan(t, readFile(t, path))); len(got) != 4 { // and an end of sequence
		t.Errorf("got %d tags", len(got))
	}
}

// TestRecoverKeeps all frames of a recording of ours, whatever they need to be
// decoded, and tells of what is in the file and was done.
func TestRecoverKeeps(t *testing.T) {
	for name, tags := range oddities() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := abandoned(t, t.TempDir(), tags)
			part := readFile(t, path+partSuffix)
			part = part[:len(part)-8] // the torn tag
			for _, c := range []struct {
				name   string
				in     []byte
				action Action
				damage Damage
			}{
				{"torn", slices.Concat(part, []byte("\x09\x00\x01\x00torn")), ActionInPlace, Damage{Tail: 8, Torn: true}},
				{"with garbage", strewn(t, part), ActionCopy, Damage{Garbage: 100, Places: 1}},
			} {
				_ = os.Remove(path)
				write(t, path+partSuffix, c.in)
				done, err := Recover(path+partSuffix, FileOptions{})
				if err != nil || done.Action != c.action || done.Damage != c.damage || done.Moved || done.Corrections != (Corrections{}) {
					t.Errorf("%s: got %+v, %v", c.name, done, err)
					continue
				}
				got := media(scan(t, readFile(t, path)))
				if !sameTags(withoutEnd(got), tags) {
					t.Errorf("%s: got %d tags, want %d", c.name, len(got), len(tags))
				}
				if n := done.Stats.Audio + done.Stats.Video; n != int64(len(got)) || done.Stats.Dropped != (Dropped{}) {
					t.Errorf("%s: told of %d tags, want %d", c.name, n, len(got))
				}
			}
		})
	}
}

// TestRecoverRaw: what is wrong with the timestamps of a recording of ours stays,
// and is not told of as if it were mended.
func TestRecoverRaw(t *testing.T) {
	tags := []Tag{{video, 0, avcConfig}, {audio, 0, aacConfig}}
	for i := range 200 {
		tags = append(tags, avcFrame(uint32(100_000+i%50*40), byte(i), i%25 == 0), aacFrame(uint32(100_000+i%50*40), byte(i)))
	}
	path := filepath.Join(t.TempDir(), "show.flv")
	f, err := FileOptions{Raw: true}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, tags)
	if err := errors.Join(f.Flush(), f.part.f.Load().Close()); err != nil {
		t.Fatal(err)
	}
	part := readFile(t, path+partSuffix)
	for _, c := range []struct {
		in []byte
		o  FileOptions
	}{{part, FileOptions{}}, {strewn(t, part), FileOptions{Raw: true}}} {
		_ = os.Remove(path)
		write(t, path+partSuffix, c.in)
		done, err := Recover(path+partSuffix, c.o)
		if err != nil || done.Moved || done.Corrections != (Corrections{}) {
			t.Errorf("%+v: got %+v, %v", c.o, done, err)
			continue
		}
		got := media(scan(t, readFile(t, path)))
		if !sameTags(withoutEnd(got), tags) || done.Stats.Audio+done.Stats.Video != int64(len(got)) {
			t.Errorf("%+v: got %d tags, want %d; told of %+v", c.o, len(got), len(tags), done.Stats)
		}
	}
}

// TestRepairLocked leaves a file alone that is being written.
func TestRepairLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	f := create(t, path)
	if err := errors.Join(f.WriteTag(Tag{video, 0, avcConfig}), f.WriteTag(avcFrame(0, 1, true)), f.Begin()); err != nil {
		t.Fatal(err)
	}
	before := readFile(t, f.Name())
	for _, o := range []RepairOptions{{}, {DryRun: true}, {Output: path + ".new"}} {
		if _, err := Repair(f.Name(), o); !errors.Is(err, ErrLocked) {
			t.Errorf("%+v: got %v, want ErrLocked", o, err)
		}
	}
	if _, err := Recover(f.Name(), FileOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if got := readFile(t, f.Name()); !bytes.Equal(got, before) {
		t.Error("the file was changed")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err := Repair(path, RepairOptions{}); err != nil || done.Action != ActionNone {
		t.Errorf("closed: got %+v, %v", done, err)
	}
}

// TestRepairPart completes a part file under its name.
func TestRepairPart(t *testing.T) {
	path := abandoned(t, t.TempDir(), scan(t, sample(t, "bars.flv")))
	done, err := Repair(path+partSuffix, RepairOptions{})
	if err != nil || done.Path != path || !done.Damage.Torn {
		t.Errorf("got %+v, %v", done, err)
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"show.flv"}) {
		t.Errorf("left %q", got)
	}
	oracle(t, readFile(t, path))
}

// abandonedFile is what a recording of the sample left at path.part.
func abandonedFile(t *testing.T, path string) []byte {
	t.Helper()
	f := create(t, path)
	for _, tg := range scan(t, sample(t, "bars.flv")) {
		if err := f.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	b := readFile(t, f.Name())
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRecoverTwin: where names are given by links, a recording that is whole has
// two of them for a moment, and one for ever if it is killed then.
func TestRecoverTwin(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "show.flv")
	abandonedFile(t, path)
	if err := os.Link(path, path+partSuffix); err != nil {
		t.Fatal(err)
	}
	want := readFile(t, path)
	done, err := Recover(path+partSuffix, FileOptions{})
	if err != nil || done.Path != path || done.Size != int64(len(want)) {
		t.Errorf("got %+v, %v", done, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) || !bytes.Equal(readFile(t, path), want) {
		t.Errorf("left %q", got)
	}
	// The same when the name is given again.
	if err := os.Link(path, path+partSuffix); err != nil {
		t.Fatal(err)
	}
	if err := renameNew(path+partSuffix, path); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) {
		t.Errorf("left %q", got)
	}
}

// TestRecoverEmptyName: where there are no links, a name is first taken by an
// empty file.
func TestRecoverEmptyName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "show.flv")
	part := abandonedFile(t, filepath.Join(t.TempDir(), "show.flv"))
	write(t, path+partSuffix, part)
	write(t, path, nil)
	if done, err := Recover(path+partSuffix, FileOptions{}); err != nil || done.Path != path {
		t.Errorf("got %+v, %v", done, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) {
		t.Errorf("left %q", got)
	}
}

// TestUnsynced: a system tells once that it could not bring something to the
// disk. A file of which it did is not complete.
func TestUnsynced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "show.flv")
	f := create(t, path)
	broken := errors.New("broken")
	f.part.fsync = func(*os.File) error {
		err := broken
		broken = nil
		return err
	}
	for _, tg := range scan(t, sample(t, "bars.flv")) {
		if err := f.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	want := broken
	if err := f.Sync(); !errors.Is(err, want) {
		t.Errorf("Sync: got %v", err)
	}
	if err := f.Close(); !errors.Is(err, want) {
		t.Errorf("Close: got %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"show.flv.part"}) {
		t.Errorf("left %q", got)
	}
	if _, err := Recover(path+partSuffix, FileOptions{}); err != nil {
		t.Error(err)
	}
}

// TestCheckpointGiants: tags that no buffer holds are told of as well.
func TestCheckpointGiants(t *testing.T) {
	f := create(t, filepath.Join(t.TempDir(), "show.flv"))
	body := make([]byte, fileBufferSize)
	for i := range uint32(40) {
		tg := avcFrame(i*1000, byte(i), true)
		tg.Body = append(tg.Body, body...)
		if err := f.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	m := ParseMetadata(scan(t, readFile(t, f.Name()))[0])
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if d := m.Duration(); d < 25*time.Second {
		t.Errorf("got a duration of %v", d)
	}
}
