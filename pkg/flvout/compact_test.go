package flvout

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded makes a File of tags.
func recorded(t testing.TB, o FileOptions, path string, tags []Tag) *File {
	t.Helper()
	f, err := o.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, f, tags)
	return f
}

// TestCompact: a short file loses the room that its index did not need, and
// nothing else.
func TestCompact(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	for _, c := range []struct {
		name    string
		entries int
		spare   bool // is left
	}{
		{"room for 8192", 0, false},
		{"no index", -1, true}, // but for what a late track would have needed
		{"room for 11, all of it used", 11, true},
		{"room that is less than a twentieth", 500, true},
		{"more room than media", 100_000, false},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.flv")
		f := recorded(t, FileOptions{IndexEntries: c.entries}, path, tags)
		b := readFile(t, path)
		got := scan(t, b)
		if int64(len(b)) != f.Size() || !slices.Equal(names(t, dir), []string{"a.flv"}) {
			t.Errorf("%s: got %d bytes and size %d, in %q", c.name, len(b), f.Size(), names(t, dir))
		}
		h := newHead(ParseMetadata(tags[0]), f.w.all.entries())
		if spare := len(got[0].Body) > h.body; spare != (c.entries == 500) {
			t.Errorf("%s: got a body of %d bytes for one of %d", c.name, len(got[0].Body), h.body)
		}
		entries, err := ReadIndex(got[0].Body)
		if want := 11; err != nil || len(entries) != want && c.entries >= 0 {
			t.Errorf("%s: got %d entries, %v", c.name, len(entries), err)
		}
		checkIndex(t, b, entries, false)
		fields := readStrictly(t, got[0].Body)
		last := int64(fields["lastkeyframelocation"].(float64))
		if tg, _, ok := cutTag(b[last:]); !ok || tg.Timestamp != 9000 || fields["filesize"] != float64(len(b)) {
			t.Errorf("%s: got %v", c.name, fields)
		}
		want := media(tags)
		for i, tg := range media(got) {
			if !bytes.Equal(tg.Body, want[i].Body) {
				t.Fatalf("%s: tag %d differs", c.name, i)
			}
		}
		ffprobe(t, path, nil)
	}
}

// TestCompactFails: where there can be no copy the file keeps its room.
func TestCompactFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.flv")
	if err := os.MkdirAll(path+".part~/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	f := recorded(t, FileOptions{}, path, scan(t, sample(t, "bars.flv")))
	b := readFile(t, path)
	if int64(len(b)) != f.Size() || len(b) < DefaultIndexEntries*indexEntrySize {
		t.Errorf("got %d bytes and size %d", len(b), f.Size())
	}
	tags := scan(t, b)
	entries, err := ReadIndex(tags[0].Body)
	if err != nil || len(entries) != 11 {
		t.Errorf("got %d entries, %v", len(entries), err)
	}
	checkIndex(t, b, entries, false)
	fields := readStrictly(t, tags[0].Body)
	if fields["filesize"] != float64(len(b)) {
		t.Errorf("got filesize %v", fields["filesize"])
	}
}

// TestFileSizeForetold: an open file is never smaller than it says.
func TestFileSizeForetold(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	for n := 3; n < len(tags); n += 37 {
		f := create(t, filepath.Join(t.TempDir(), "a.flv"))
		for _, tg := range tags[:n] {
			if err := f.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
		}
		foretold := f.Size()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if f.Size() > foretold || f.Size() < foretold-300 {
			t.Errorf("%d tags: got %d bytes, foretold as %d", n, f.Size(), foretold)
		}
	}
}

// TestCheckpoint reads an open file after each minute: it knows how long it is.
func TestCheckpoint(t *testing.T) {
	f := create(t, filepath.Join(t.TempDir(), "a.flv"))
	for i := range uint32(300) {
		if err := errors.Join(f.WriteTag(avcFrame(1000*i, byte(i), i%10 == 0)), f.WriteTag(aacFrame(1000*i, 1)), f.Flush()); err != nil {
			t.Fatal(err)
		}
		if i%60 != 59 {
			continue
		}
		b := readFile(t, f.Name())
		fields := readStrictly(t, scan(t, b)[0].Body)
		d := fields["duration"].(float64)
		if d > float64(i+1) || d < float64(i+1)-31 || fields["hasKeyframes"] != false {
			t.Errorf("after %d s: got %v", i, fields)
		}
		last := int64(fields["lastkeyframelocation"].(float64))
		tg, _, ok := cutTag(b[last:])
		if c := Classify(tg); !ok || !c.Key || float64(tg.Timestamp)/1000 != fields["lastkeyframetimestamp"] {
			t.Errorf("after %d s: no key frame at %d", i, last)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFileThinned records 9000 key frames into an index of 64, and seeks.
func TestFileThinned(t *testing.T) {
	b := runFFmpeg(t, "-f", "lavfi", "-i", "color=s=64x36:r=10:d=910", "-g", "1", "-c:v", "flv", "-f", "flv", "-")
	f := recorded(t, FileOptions{IndexEntries: 64}, filepath.Join(t.TempDir(), "a.flv"), scan(t, b))
	if n := f.Stats().KeyFrames; n != 9100 {
		t.Fatalf("got %d key frames", n)
	}
	b = readFile(t, f.Name())
	tags := scan(t, b)
	entries, err := ReadIndex(tags[0].Body)
	if err != nil || len(entries) < 32 || len(entries) > 64 || entries[0] != entries[1] || entries[1].Time != 0 {
		t.Fatalf("got %d entries, %v", len(entries), err)
	}
	for i := range entries[2:] { // this codec has no header
		if gap := entries[i+2].Time - entries[i+1].Time; gap > 60_000 {
			t.Errorf("got %d ms from entry %d to the next", gap, i+1)
		}
	}
	checkIndex(t, b, entries, false)
	for _, at := range []float64{0.5, 455, 905} {
		if n := seek(t, f.Name(), at); n > 1<<20 {
			t.Errorf("read %d bytes for %v s", n, at)
		}
	}
	checkFLV(t, f.Name())
	if path := looped(t, FileOptions{IndexEntries: 64}, "bars.flv", 60, 10_089); seek(t, path, 300) > 1<<20 {
		t.Error("read more than 1 MB of a file with a sequence header")
	}
}

// TestFileAllocs: a tag costs a file no allocation either, be it a key frame that
// thins the index or one that brings a checkpoint.
func TestFileAllocs(t *testing.T) {
	f := opened(t, FileOptions{IndexEntries: 8}, filepath.Join(t.TempDir(), "a.flv"))
	key, sound := avcFrame(0, 1, true), aacFrame(0, 1)
	write := func() {
		key.Timestamp += 10_000
		sound.Timestamp += 10_000
		if f.WriteTag(key) != nil || f.WriteTag(sound) != nil || f.Flush() != nil {
			t.Fatal("not written")
		}
	}
	for range 10 {
		write()
	}
	if n := testing.AllocsPerRun(1000, write); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// opened opens a File.
func opened(t testing.TB, o FileOptions, path string) *File {
	t.Helper()
	f, err := o.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFileDay is a recording of a day at high speed: memory does not grow.
func TestFileDay(t *testing.T) {
	f := opened(t, FileOptions{}, filepath.Join(t.TempDir(), "a.flv"))
	for i := range uint32(24 * 3600 * 5) { // five frames a second
		if err := f.WriteTag(avcFrame(200*i, byte(i), i%10 == 0)); err != nil {
			t.Fatal(err)
		}
		if err := f.WriteTag(aacFrame(200*i, byte(i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.w.all.index.Len(); n < DefaultIndexEntries/2 || cap(f.w.all.index.entries) > DefaultIndexEntries*3/2 {
		t.Errorf("got %d entries, and memory for %d", n, cap(f.w.all.index.entries))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(f.Name(), partSuffix) || f.Duration().Hours() < 23.99 {
		t.Errorf("got %s, %v", f.Name(), f.Duration())
	}
}
