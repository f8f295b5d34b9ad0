package flvout

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// FuzzResume takes up anything, or says that it cannot: what was there stays, and
// what comes behind it is a file that nothing is to be mended of. What is no part file
// is written in place.
func FuzzResume(f *testing.F) {
	small := written(f, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2), avcFrame(40, 1, true))
	f.Add(small, true)
	f.Add(small[:len(small)-3], true)
	f.Add(slices.Concat(small[:60], []byte("noise"), small[60:]), false)
	f.Add(roomy(f, "audio.flv")[:12_000], true)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in []byte, part bool) {
		path := filepath.Join(dir, strconv.Itoa(os.Getpid())+".flv")
		name := path
		if part {
			name += partSuffix
		}
		defer os.Remove(name)
		defer os.Remove(path)
		write(t, name, in)
		was, _ := salvage(t, in)
		o := ResumeOptions{FileOptions: FileOptions{IndexEntries: 20, InPlace: !part}, Skip: len(in) % 4}
		file, p, err := o.Open(path)
		if err != nil {
			if got, err := os.ReadFile(path); !part && (err != nil || !bytes.Equal(got, in)) {
				t.Fatalf("got %d bytes, want them as they were", len(got))
			}
			if !errors.Is(err, ErrNoMedia) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoRoom) {
				t.Fatal(err)
			}
			return
		}
		r := record(t, path, file)
		r.rotator.Resume(p)
		if err := r.Resume(p); err != nil {
			t.Fatal(err)
		}
		put(t, r, []Tag{{video, 0, avcConfig}, avcFrame(0, 77, true), avcFrame(40, 78, false)})
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		b := readFile(t, path)
		got, s := salvage(t, b)
		if s.Damage() != (Damage{}) || len(scan(t, b)) != len(got) || len(media(got)) > len(media(was))+4 {
			t.Fatalf("got %d tags of %d, and %+v", len(got), len(was), s.Damage())
		}
		if len(media(got)) == 0 {
			t.Fatal("got no media")
		}
	})
}
