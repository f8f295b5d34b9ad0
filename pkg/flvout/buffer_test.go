package flvout

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// sizes notes how much is written at a time.
type sizes struct {
	w    io.Writer
	list []int
}

func (s *sizes) Write(b []byte) (int, error) {
	s.list = append(s.list, len(b))
	return s.w.Write(b)
}

// TestFileWrites looks at what goes out with one write: little as long as it is
// flushed now and then, and much when much comes.
func TestFileWrites(t *testing.T) {
	f := create(t, filepath.Join(t.TempDir(), "show.flv"))
	out := &sizes{w: f.part}
	f.w.w = out
	n := uint32(0)
	write := func(size, tags int) {
		t.Helper()
		for range tags {
			tg := avcFrame(40*n, byte(n), n%50 == 0)
			tg.Body = append(f.AvailableBuffer(size), tg.Body...)
			tg.Body = append(tg.Body, make([]byte, size-len(tg.Body))...)
			if err := errors.Join(f.WriteTag(tg), f.WriteTag(aacFrame(40*n, byte(n)))); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	largest := func() (n int) {
		n = slices.Max(out.list)
		out.list = nil
		return n
	}
	for range 100 {
		write(4000, 12) // half a second of 1 Mbit/s
		if err := f.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got := largest(); got > firstFileBuffer {
		t.Errorf("at the live edge: got a write of %d bytes, want %d at most", got, firstFileBuffer)
	}
	write(60_000, 1)
	write(4000, 80)
	if got := largest(); got < 60_000 || got > 64<<10 {
		t.Errorf("with a large picture: got a write of %d bytes, want up to 64 KiB", got)
	}
	write(4000, 1000)
	if got := largest(); got < fileBufferSize*9/10 || got > fileBufferSize {
		t.Errorf("with much at once: got a write of %d bytes, want nearly %d", got, fileBufferSize)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	oracle(t, readFile(t, f.Name()))
}

// TestFileHeadFails has a disk with no room for the head of a file.
func TestFileHeadFails(t *testing.T) {
	for _, n := range []int{0, headSize - 1, headSize, 500, firstFileBuffer, 50_000, 147_900} {
		dir := t.TempDir()
		f := create(t, filepath.Join(dir, "show.flv"))
		f.w.w = &room{w: f.part, n: n}
		err := f.WriteTag(avcFrame(0, 1, true))
		if err == nil {
			err = f.WriteTag(aacFrame(0, 1))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("room for %d bytes: got %v, want ENOSPC", n, err)
		}
		if err := f.Close(); err != nil {
			t.Errorf("room for %d bytes: Close: %v", n, err)
		}
		if got := names(t, dir); len(got) > 0 || f.Size() != 0 {
			t.Errorf("room for %d bytes: got %q of %d bytes, want none", n, got, f.Size())
		}
	}
}

// A room is a disk that takes so many bytes.
type room struct {
	w io.Writer
	n int
}

func (r *room) Write(b []byte) (int, error) {
	n, err := r.w.Write(b[:min(len(b), r.n)])
	r.n -= n
	if n < len(b) && err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}
