package flvout

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// abandoned records tags and leaves the part file behind, as a crash does, with a
// torn tag at its end.
func abandoned(t *testing.T, dir string, tags []Tag) (path string) {
	t.Helper()
	path = filepath.Join(dir, "show.flv")
	f := create(t, path)
	for _, tg := range tags {
		if err := f.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	b := readFile(t, f.Name())
	if err := f.part.f.Load().Close(); err != nil { // and its lock
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Name(), append(b, "\x09\x00\x01\x00torn"...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// adopt takes up what was abandoned.
func adopt(t *testing.T, path string) *File {
	t.Helper()
	file, err := openPart(path + partSuffix)
	if err != nil {
		t.Fatal(err)
	}
	f, err := adoptWhole(file, path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// adoptWhole adopts a part file whose whole tags are undamaged.
func adoptWhole(file *os.File, path string) (*File, error) {
	scanner := NewScanner(file)
	first, err := scanner.Next()
	if err != nil {
		return nil, err
	}
	h := newHead(ParseMetadata(first), 0)
	if !h.fit(len(first.Body)) {
		return nil, errors.New("no room")
	}
	s := newSummary(h.room)
	size := h.size()
	for {
		tg, err := scanner.Next()
		if err != nil {
			break
		}
		c := Classify(tg)
		s.add(tg, &c, scanner.Offset())
		size = scanner.Offset() + int64(tagHeaderSize+len(tg.Body)+trailerSize)
	}
	return FileOptions{}.adopt(file, path, h, s, size)
}

// TestAdopt leaves files behind and goes on with them: what comes of it is what
// would have come without a break, byte for byte.
func TestAdopt(t *testing.T) {
	for _, name := range []string{"bars.flv", "audio.flv", "video.flv"} {
		tags := scan(t, sample(t, name))
		whole := create(t, filepath.Join(t.TempDir(), "show.flv"))
		writeAll(t, whole, tags)
		want := readFile(t, whole.Name())

		start := uint32(0) // the file's 0
		for i, tg := range media(tags) {
			if c := Classify(tg); c.Kind == KindFrame && (i < 4 || tg.Timestamp < start) {
				start = tg.Timestamp
				break
			}
		}
		for _, n := range []int{len(tags) / 2, len(tags)} {
			path := abandoned(t, t.TempDir(), tags[:n])
			f := adopt(t, path)
			for _, tg := range tags[n:] {
				tg.Timestamp -= start
				if err := f.WriteTag(tg); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, path); !bytes.Equal(got, want) || f.Name() != path || f.Size() != int64(len(want)) {
				t.Errorf("%s, %d of %d tags: got %d bytes in %s, size %d; want %d", name, n, len(tags),
					len(got), f.Name(), f.Size(), len(want))
			}
			if left := names(t, filepath.Dir(path)); len(left) != 1 {
				t.Errorf("%s: left %q", name, left)
			}
		}
	}
}

// TestLock: who opens a file that is written is refused, until it is closed.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	f := create(t, path)
	if err := errors.Join(f.WriteTag(aacFrame(0, 1)), f.Begin()); err != nil {
		t.Fatal(err)
	}
	if _, err := openPart(f.Name()); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if err := f.Sync(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openPart(path + partSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it is gone", err)
	}
	again, err := openPart(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Errorf("Sync of a closed file: got %v", err)
	}
}
