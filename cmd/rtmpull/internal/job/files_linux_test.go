package job

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// TestFilesFull meets a real limit in a process of its own: files may not grow
// beyond it, as on a full disk. The file that does not fit is complete as far as it
// goes, and no other follows.
func TestFilesFull(t *testing.T) {
	for name, segment := range map[string]time.Duration{"at a cut": 3 * time.Second, "at the end": 0} {
		if dir := os.Getenv("JOB_LIMITED"); dir != "" {
			if name == os.Getenv("JOB_CASE") {
				recordLimited(t, dir, segment)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0], "-test.run=^TestFilesFull$", "-test.v")
			cmd.Env = append(os.Environ(), "JOB_LIMITED="+dir, "JOB_CASE="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 || entries[0].Name() != "1.flv" {
				t.Errorf("got %v, %v", entries, err)
			}
		})
	}
}

// recordLimited writes ten seconds, a key frame in each, of which the first two fit.
func recordLimited(t *testing.T, dir string, segment time.Duration) {
	const limit = 4500
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	fs, err := OpenFiles(FilesOptions{Time: segment, Hook: &Hook{Command: "true"}, Open: func(seq int) (*flvout.File, error) {
		return flvout.FileOptions{IndexEntries: -1}.Create(filepath.Join(dir, fmt.Sprint(seq)+".flv"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	var told events
	ended := make(chan error, 10)
	fs.start(told.add, func(err error) { ended <- err })
	key := append([]byte{0x17, 1, 0, 0, 0}, make([]byte, 1500)...) // ten wait in the buffer
	var failed error
	for i := range uint32(10) {
		if failed = fs.WriteTag(flvout.Tag{Type: videoTag, Timestamp: 1000 * i, Body: key}); failed != nil {
			break
		}
		if i == 0 {
			_ = fs.Begin()
		}
	}
	if cut := segment > 0; cut != errors.Is(failed, syscall.EFBIG) {
		t.Errorf("writing: %v", failed)
	}
	_ = fs.Close()
	r := fs.end(t.Context())
	if r.Count != 1 || r.Stats.Video != 2 || r.Size > limit {
		t.Errorf("%+v", r)
	}
	closed := told.of(FileClosed)
	if len(closed) != 1 || closed[0].Short != (segment == 0) || closed[0].Short != errors.Is(closed[0].Err, syscall.EFBIG) {
		t.Errorf("closed: %+v", closed)
	}
	if (len(ended) > 0) != (segment == 0) {
		t.Errorf("%d ends", len(ended))
	}
}
