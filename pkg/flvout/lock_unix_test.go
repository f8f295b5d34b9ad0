//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package flvout

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestUnlock: a process that is being started while a file is completed has the
// file's descriptor too, for a moment.
func TestUnlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	f := create(t, path)
	for i, tg := range []Tag{avcFrame(0, 0, true), aacFrame(0, 0), avcFrame(40, 1, false)} {
		if err := f.WriteTag(tg); err != nil {
			t.Fatal(i, err)
		}
	}
	twin, err := syscall.Dup(int(f.part.f.Load().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(twin)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := lock(again); err != nil {
		t.Errorf("got %v behind Close, want no lock", err)
	}
}
