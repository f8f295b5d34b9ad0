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

// TestRepairOwner: what root mends by a copy stays its owner's.
func TestRepairOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.flv")
	write(t, path, sample(t, "bars.flv"))
	if os.Getuid() != 0 {
		t.Log("not root: the owner is the same in any case")
	} else if err := os.Chown(path, 65534, 65533); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := Repair(path, RepairOptions{}); err != nil || done.Action != ActionCopy {
		t.Fatalf("got %+v, %v", done, err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	was, is := before.Sys().(*syscall.Stat_t), after.Sys().(*syscall.Stat_t)
	if was.Uid != is.Uid || was.Gid != is.Gid {
		t.Errorf("got owner %d:%d, want %d:%d", is.Uid, is.Gid, was.Uid, was.Gid)
	}
}
