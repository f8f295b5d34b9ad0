package flvout

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// create makes a File in a test's folder.
func create(t testing.TB, path string) *File {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// names lists a folder.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFile records the samples to disk, looks at the file while it is open, and
// lets ffprobe judge what Close has made of it.
func TestFile(t *testing.T) {
	for name, c := range map[string]struct {
		flags    byte
		duration float64
	}{"bars.flv": {5, 10.088}, "audio.flv": {4, 8.034}, "video.flv": {1, 8}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "show.flv")
			f := create(t, path)
			if got := names(t, dir); len(got) > 0 {
				t.Errorf("got %q before the first tag, want no file", got)
			}
			tags := scan(t, sample(t, name))
			for _, tg := range tags {
				if err := f.WriteTag(tg); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Flush(); err != nil {
				t.Fatal(err)
			}
			if got := names(t, dir); !slices.Equal(got, []string{"show.flv.part"}) || f.Name() != path+".part" {
				t.Errorf("got %q and name %s while open", got, f.Name())
			}
			oracle(t, readFile(t, f.Name()))
			ffprobe(t, f.Name(), nil)

			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if got := names(t, dir); !slices.Equal(got, []string{"show.flv"}) || f.Name() != path {
				t.Errorf("got %q and name %s when closed", got, f.Name())
			}
			b := readFile(t, path)
			if b[4] != c.flags || int64(len(b)) != f.Size() {
				t.Errorf("got flags %d and %d bytes, want %d and %d", b[4], len(b), c.flags, f.Size())
			}
			oracle(t, b)
			got := scan(t, b)
			meta := reread(t, got[0].Body)
			if d, _ := amf.AsNumber(meta.Get("duration")); d != c.duration || f.Duration().Seconds() != d {
				t.Errorf("got duration %v and %v, want %v", d, f.Duration(), c.duration)
			}
			if n, _ := amf.AsNumber(meta.Get("filesize")); int(n) != len(b) {
				t.Errorf("got filesize %v, want %d", n, len(b))
			}
			was, is := ffprobe(t, "-", sample(t, name)), ffprobe(t, path, nil)
			if len(is.Packets) != len(was.Packets) || !slices.Equal(is.Streams, was.Streams) {
				t.Errorf("got %d packets of %v, want %d of %v",
					len(is.Packets), is.Streams, len(was.Packets), was.Streams)
			}
			d, err := strconv.ParseFloat(is.Format.Duration, 64)
			if err != nil || d != c.duration {
				t.Errorf("ffprobe: got duration %s, want %v", is.Format.Duration, c.duration)
			}
			if got := len(media(got)); got != len(media(tags)) {
				t.Errorf("got %d tags, want %d", got, len(media(tags)))
			}
		})
	}
}

// TestFileFlags: a track that comes late, and one that was announced and never
// came. mpegts.js does not begin to play while it waits for one.
func TestFileFlags(t *testing.T) {
	both := metadataTag(t, amf.ECMAArray, prop("videocodecid", amf.Number(7)), prop("audiocodecid", amf.Number(10)))
	for _, c := range []struct {
		name           string
		tags           []Tag
		opened, closed byte
	}{
		{"audio is late", []Tag{avcFrame(0, 0, true), avcFrame(2000, 1, false), aacFrame(2010, 0)}, 1, 5},
		{"audio never came", []Tag{both, avcFrame(0, 0, true), avcFrame(2000, 1, false)}, 5, 1},
	} {
		path := filepath.Join(t.TempDir(), "a.flv")
		f := create(t, path)
		for _, tg := range c.tags {
			if err := f.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
		}
		opened := readFile(t, f.Name())[4]
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if closed := readFile(t, path)[4]; opened != c.opened || closed != c.closed {
			t.Errorf("%s: got flags %d, closed %d; want %d, %d", c.name, opened, closed, c.opened, c.closed)
		}
	}
}

// TestFileNames never replaces a file, whenever it appears.
func TestFileNames(t *testing.T) {
	for _, c := range []struct {
		name          string
		start, during []string // files that exist, or appear while ours is open
		force         bool
		want          string
	}{
		{"free", nil, nil, false, "show.flv"},
		{"taken", []string{"show.flv"}, nil, false, "show-1.flv"},
		{"taken twice", []string{"show.flv", "show-1.flv"}, nil, false, "show-2.flv"},
		{"another is recording", []string{"show.flv.part"}, nil, false, "show-1.flv"},
		{"taken meanwhile", nil, []string{"show.flv"}, false, "show-1.flv"},
		{"both taken meanwhile", nil, []string{"show.flv", "show-1.flv"}, false, "show-2.flv"},
		{"force", []string{"show.flv"}, nil, true, "show.flv"},
		{"force, another is recording", []string{"show.flv", "show.flv.part"}, nil, true, "show.flv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			others := func(names []string) {
				for _, n := range names {
					if err := os.WriteFile(filepath.Join(dir, n), []byte(n), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			others(c.start)
			f, err := FileOptions{Force: c.force}.Create(filepath.Join(dir, "show.flv"))
			if err != nil {
				t.Fatal(err)
			}
			if got := names(t, dir); len(got) != len(c.start) {
				t.Errorf("Create left %q", got)
			}
			if err := f.WriteTag(aacFrame(0, 0)); err != nil {
				t.Fatal(err)
			}
			if err := f.Begin(); err != nil {
				t.Fatal(err)
			}
			others(c.during)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if got := filepath.Base(f.Name()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			oracle(t, readFile(t, f.Name()))
			for _, n := range slices.Concat(c.start, c.during) {
				if b := readFile(t, filepath.Join(dir, n)); string(b) != n && (!c.force || n != "show.flv") {
					t.Errorf("%s was replaced", n)
				}
			}
			if got, want := len(names(t, dir)), len(c.start)+len(c.during)+1; got != want && !c.force {
				t.Errorf("got %d files, want %d", got, want)
			}
		})
	}
}

// TestFileNameRace: between Create and the first tag somebody else began.
func TestFileNameRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	a, b := create(t, path), create(t, path)
	for i, f := range []*File{a, b} {
		if err := f.WriteTag(aacFrame(0, byte(i))); err != nil {
			t.Fatal(err)
		}
		if err := f.Begin(); err != nil {
			t.Fatal(err)
		}
	}
	if a.Name() != path+".part" || b.Name() != filepath.Join(filepath.Dir(path), "show-1.flv.part") {
		t.Errorf("got %s and %s", a.Name(), b.Name())
	}
	for _, f := range []*File{b, a} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		oracle(t, readFile(t, f.Name()))
	}
}

func TestNumbered(t *testing.T) {
	for _, c := range []struct {
		path string
		n    int
		want string
	}{
		{"show.flv", 0, "show.flv"},
		{"show.flv", 12, "show-12.flv"},
		{"a.b/show", 1, "a.b/show-1"},
		{"a.b/show.x.flv", 1, "a.b/show.x-1.flv"},
		{".flv", 1, ".flv-1"},
	} {
		if got := numbered(c.path, c.n); got != c.want {
			t.Errorf("%s, %d: got %s, want %s", c.path, c.n, got, c.want)
		}
	}
}

func TestFileNeverBegun(t *testing.T) {
	dir := t.TempDir()
	f := create(t, filepath.Join(dir, "show.flv"))
	if err := f.WriteTag(metadataTag(t, amf.ECMAArray)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	if got := names(t, dir); len(got) > 0 || f.Size() != 0 {
		t.Errorf("got %q, want no file", got)
	}
}

func TestCreateFails(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{
		"":                                   fs.ErrNotExist,
		dir:                                  syscall.EISDIR,
		filepath.Join(dir, "no", "a.flv"):    fs.ErrNotExist,
		filepath.Join(dir, string(longName)): syscall.ENAMETOOLONG,
	} {
		_, err := Create(path)
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, want) || e.Path != path || e.Op != "create" {
			t.Errorf("%.40s: got %v, want %v", path, err, want)
		}
	}
}

var longName = bytes.Repeat([]byte("n"), 252) // too long with .part

// TestFileFails breaks the disk under an open file: what is whole is kept.
func TestFileFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	f := create(t, path)
	tags := scan(t, sample(t, "bars.flv"))
	var half int64
	var err error
	for i := 0; err == nil && i < len(tags); i++ {
		if i == len(tags)/2 {
			if err := f.Flush(); err != nil {
				t.Fatal(err)
			}
			half = f.w.Size()
			f.w.w = &torn10{f.part}
		}
		err = f.WriteTag(tags[i])
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("WriteTag: got %v, want the error of the buffer's write", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("Close: got %v, want no error, since it was told", err)
	}
	b := readFile(t, path)
	if int64(len(b)) != half || f.Size() != half {
		t.Errorf("got %d bytes, size %d; want %d", len(b), f.Size(), half)
	}
	oracle(t, b)
	p := ffprobe(t, path, nil)
	if d, _ := strconv.ParseFloat(p.Format.Duration, 64); d != f.Duration().Seconds() || d < 4 || d > 6 {
		t.Errorf("got duration %v, want %v", d, f.Duration())
	}
}

// torn10 writes ten bytes of whatever comes.
type torn10 struct{ w io.Writer }

func (w *torn10) Write(b []byte) (int, error) {
	n, err := w.w.Write(b[:10])
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

// TestFileSync syncs all the while that a file is written, replaced by its copy and
// closed.
func TestFileSync(t *testing.T) {
	f := create(t, filepath.Join(t.TempDir(), "show.flv"))
	var wg sync.WaitGroup
	closed := make(chan struct{})
	wg.Go(func() {
		for open := true; open; {
			select {
			case <-closed:
				open = false
			default:
			}
			if err := f.Sync(); err != nil {
				t.Error(err)
			}
		}
	})
	for _, tg := range scan(t, sample(t, "bars.flv")) {
		if err := errors.Join(f.WriteTag(tg), f.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	close(closed)
	wg.Wait()
}

// BenchmarkFile writes frames of 4 KB with a key frame every 50, to a file with
// an index, to one without, and to one whose index is full.
func BenchmarkFile(b *testing.B) {
	for name, entries := range map[string]int{"index": 0, "none": -1, "full": 16} {
		b.Run(name, func(b *testing.B) {
			body := make([]byte, 4<<10)
			copy(body, []byte{0x27, 1})
			key := bytes.Clone(body)
			key[0] = 0x17
			path := filepath.Join(b.TempDir(), "a.flv")
			f := opened(b, FileOptions{IndexEntries: entries}, path)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for n := uint32(0); b.Loop(); n++ {
				t := Tag{video, 40 * n, body}
				if n%50 == 0 {
					t.Body = key
				}
				if err := f.WriteTag(t); err != nil {
					b.Fatal(err)
				}
				if n&0xFFFF == 0xFFFF { // 256 MB on disk are enough
					b.StopTimer()
					if err := f.Close(); err != nil {
						b.Fatal(err)
					}
					if err := os.Remove(f.Name()); err != nil {
						b.Fatal(err)
					}
					f = opened(b, FileOptions{IndexEntries: entries}, path)
					b.StartTimer()
				}
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkFileClose closes a file of 1 GB that is on the disk already.
func BenchmarkFileClose(b *testing.B) {
	body := make([]byte, 64<<10)
	copy(body, []byte{0x27, 1})
	key := bytes.Clone(body)
	key[0] = 0x17
	for b.Loop() {
		b.StopTimer()
		f := opened(b, FileOptions{}, filepath.Join(b.TempDir(), "a.flv"))
		for n := range uint32(16 << 10) {
			t := Tag{video, 40 * n, body}
			if n%2 == 0 {
				t.Body = key
			}
			if err := f.WriteTag(t); err != nil {
				b.Fatal(err)
			}
		}
		if err := errors.Join(f.Flush(), f.Sync()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := os.Remove(f.Name()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
