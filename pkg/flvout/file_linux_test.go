//go:build linux

package flvout

import (
	"errors"
	"os"
	"os/exec"
	"os/signal" //nolint:depguard // at the limit the kernel sends a signal, too
	"path/filepath"
	"syscall"
	"testing"
)

// TestFileLimit meets a real limit, RLIMIT_FSIZE, in a process of its own: the
// kernel writes what fits and refuses the rest, as a full disk does.
func TestFileLimit(t *testing.T) {
	const limit = 300_001
	if path := os.Getenv("FLVOUT_LIMITED"); path != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
		recordLimited(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "show.flv")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileLimit$", "-test.v")
	cmd.Env = append(os.Environ(), "FLVOUT_LIMITED="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := readFile(t, path)
	if len(b) < limit-20_000 || len(b) > limit {
		t.Errorf("got %d bytes, want nearly %d", len(b), limit)
	}
	oracle(t, b)
	tags := scan(t, b)
	entries, err := ReadIndex(tags[0].Body)
	if err != nil || len(entries) < 3 {
		t.Errorf("got an index of %v, %v", entries, err)
	}
	checkIndex(t, b, entries, false)
	if n := readStrictly(t, tags[0].Body)["filesize"]; n != float64(len(b)) {
		t.Errorf("got filesize %v, want %d", n, len(b))
	}
	p := ffprobe(t, path, nil)
	if len(p.Packets) == 0 || p.Format.Duration == "" {
		t.Errorf("got %d packets and duration %q", len(p.Packets), p.Format.Duration)
	}
}

// recordLimited plays the sample again and again into a file that has no room for it.
func recordLimited(t *testing.T, path string) {
	f := create(t, path)
	var first error
	for round := range uint32(3) {
		for _, tg := range scan(t, sample(t, "bars.flv")) {
			tg.Timestamp += round * 11_000
			if err := f.WriteTag(tg); first == nil {
				first = err
			} else if !errors.Is(err, first) {
				t.Fatalf("got %v, want %v to stick", err, first)
			}
		}
	}
	if !errors.Is(first, syscall.EFBIG) {
		t.Fatalf("got %v, want EFBIG", first)
	}
	if e, ok := errors.AsType[*Error](first); !ok || e.Path != path+".part" {
		t.Fatalf("got %v of %s", first, e.Path)
	}
	if err := f.Close(); err != nil {
		t.Fatalf("Close: got %v, want nil, since the file is complete", err)
	}
}

// TestFileStream writes through what is no regular file.
func TestFileStream(t *testing.T) {
	f := create(t, os.DevNull)
	writeAll(t, f, scan(t, sample(t, "bars.flv")))
	if f.Name() != os.DevNull || f.Duration().Seconds() != 10.088 {
		t.Errorf("got %s, %v", f.Name(), f.Duration())
	}

	full := create(t, "/dev/full")
	if err := full.WriteTag(aacFrame(0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := full.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: got %v, want ENOSPC", err)
	}

	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan []byte)
	go func() {
		b, _ := os.ReadFile(path)
		read <- b
	}()
	writeAll(t, create(t, path), scan(t, sample(t, "video.flv")))
	b := <-read
	if p := ffprobe(t, "-", b); len(p.Packets) != 200 || p.Format.Duration != "" {
		t.Errorf("got %d packets and duration %q, want 200 and none", len(p.Packets), p.Format.Duration)
	}
}
