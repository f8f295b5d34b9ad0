package flvout

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// TestInPlace records under the file's own name: the file is there at once, is
// what it was until media comes, and is the one that a recording elsewhere makes.
func TestInPlace(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	other := filepath.Join(t.TempDir(), "show.flv")
	writeAll(t, create(t, other), tags)
	want := readFile(t, other)
	for name, old := range map[string][]byte{"nothing": nil, "an old one": want[:5000], "what is no recording": []byte("a text")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "show.flv")
			if old != nil {
				write(t, path, old)
			}
			f, err := FileOptions{InPlace: true}.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, path); !bytes.Equal(got, old) || f.Name() != path {
				t.Errorf("created, %s has %d bytes, want the %d that there were", f.Name(), len(got), len(old))
			}
			if _, err := (FileOptions{InPlace: true}).Create(path); !errors.Is(err, ErrLocked) {
				t.Errorf("another got %v, want ErrLocked", err)
			}
			put(t, f, tags[:3]) // headers
			if err := f.Begin(); err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, path); !bytes.Equal(got, old) {
				t.Errorf("with headers alone it has %d bytes, want the %d that there were", len(got), len(old))
			}
			put(t, f, tags[3:])
			if err := f.Flush(); err != nil {
				t.Fatal(err)
			}
			if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) || f.Name() != path {
				t.Errorf("it is %s, and there is %q", f.Name(), got)
			}
			if got := len(wholeTags(t, readFile(t, path))); got < len(tags)-2 {
				t.Errorf("flushed, it has %d tags of %d", got, len(tags))
			}
			if _, _, err := (ResumeOptions{FileOptions: FileOptions{InPlace: true}}).Open(path); !errors.Is(err, ErrLocked) {
				t.Errorf("who resumes got %v, want ErrLocked", err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if !f.Complete() || f.Size() != int64(len(want)) || !bytes.Equal(readFile(t, path), want) {
				t.Errorf("complete %t, got another file of %d bytes, want %d", f.Complete(), f.Size(), len(want))
			}
			if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) {
				t.Errorf("left %q", got)
			}
		})
	}
}

// TestInPlaceNothing: without media what was there stays, and an empty file if that
// is nothing.
func TestInPlaceNothing(t *testing.T) {
	for name, tags := range map[string][]Tag{
		"nothing":      nil,
		"headers":      {{video, 0, avcConfig}},
		"empty frames": {{video, 0, nil}},
	} {
		for _, old := range []string{"", "an old recording"} {
			dir := t.TempDir()
			path := filepath.Join(dir, "show.flv")
			if old != "" {
				write(t, path, []byte(old))
			}
			f, err := FileOptions{InPlace: true}.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, f, tags)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, path); string(got) != old || f.Size() != 0 || f.Complete() {
				t.Errorf("%s: got %q, want %q; its size is told to be %d", name, got, old, f.Size())
			}
			if f, err := (FileOptions{InPlace: true}).Create(path); err != nil {
				t.Errorf("%s: it is locked still: %v", name, err)
			} else if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestInPlaceLink: a link stays one, and a file keeps its mode, although it is copied.
func TestInPlaceLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links are not for everybody there")
	}
	dir := t.TempDir()
	target, path := filepath.Join(dir, "real.flv"), filepath.Join(dir, "show.flv")
	write(t, target, nil)
	if err := errors.Join(os.Chmod(target, 0o604), os.Symlink("real.flv", path)); err != nil {
		t.Fatal(err)
	}
	f, err := FileOptions{InPlace: true}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	tags := scan(t, sample(t, "bars.flv"))
	writeAll(t, f, tags[:len(tags)/2])
	f, p, err := ResumeOptions{FileOptions: FileOptions{InPlace: true}}.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name() != path {
		t.Errorf("it is %s, want %s", f.Name(), path)
	}
	r := record(t, path, f)
	r.rotator.Resume(p)
	if err := r.Resume(p); err != nil {
		t.Fatal(err)
	}
	writeAll(t, r, tags[len(tags)/2:])
	link, err := os.Lstat(path)
	if err != nil || link.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", link.Mode(), err)
	}
	if fi, err := os.Stat(target); err != nil || fi.Mode().Perm() != 0o604 || fi.Size() != f.Size() {
		t.Errorf("the file is %v of %d bytes, want %d: %v", fi.Mode(), fi.Size(), f.Size(), err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"real.flv", "show.flv"}) {
		t.Errorf("left %q", got)
	}
}

// TestInPlaceResume: what is no more than the beginning of a recording is begun
// anew, and what is none is refused. Either is left as it is.
func TestInPlaceResume(t *testing.T) {
	whole := roomy(t, "bars.flv")
	first := headOf(t, whole)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":              {nil, fs.ErrNotExist},
		"empty":                {[]byte{}, fs.ErrNotExist},
		"a byte":               {whole[:1], fs.ErrNotExist},
		"a part of the header": {whole[:8], fs.ErrNotExist},
		"without a trailer":    {whole[:headSize-1], fs.ErrNotExist},
		"another byte":         {[]byte("f"), ErrNoMedia},
		"the file's header":    {whole[:headSize], fs.ErrNotExist},
		"onMetaData":           {whole[:first], fs.ErrNotExist},
		"a part of onMetaData": {whole[:first/2], fs.ErrNotExist},
		"a torn tag":           {whole[:first+20], fs.ErrNotExist},
		"a part of a tag head": {whole[:first+5], fs.ErrNotExist},
		"a text":               {[]byte("this is a text, and not a recording"), ErrNoMedia},
		"noise":                {slices.Concat(whole[:headSize], noise(5000)), ErrNoMedia},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "show.flv")
		if c.file != nil {
			write(t, path, c.file)
		}
		o := FileOptions{InPlace: true}
		if _, _, err := (ResumeOptions{FileOptions: o}).Open(path); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if c.file == nil {
			continue
		}
		if got := readFile(t, path); !bytes.Equal(got, c.file) || len(names(t, dir)) != 1 {
			t.Errorf("%s: it has %d bytes, want the %d that there were", name, len(got), len(c.file))
		}
		if c.want == ErrNoMedia {
			continue
		}
		f, err := o.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, f, scan(t, sample(t, "bars.flv")))
		oracle(t, readFile(t, path))
	}
}

// headOf returns where a file's second tag begins.
func headOf(t *testing.T, b []byte) int {
	t.Helper()
	s := NewScanner(bytes.NewReader(b))
	for range 2 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	return int(s.Offset())
}
