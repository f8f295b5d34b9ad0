//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A reader that has stopped reading does not keep the program from ending: the
// write that waits for it never returns.
func TestStuckReader(t *testing.T) {
	t.Parallel()
	url := startServer(t, "--loop", "inf", "../../testdata/flv/bars.flv")

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for err == nil { // until it is full
		_ = w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		_, err = w.Write(make([]byte, 4096))
	}
	words := new(safeBuffer)
	cmd := exec.Command("rtmpull", "-V", "-o", "-", url)
	cmd.Stdout, cmd.Stderr = w, words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if !poll(func() bool { return strings.Contains(words.String(), "media=audio") }) {
		t.Errorf("no media came:\n%s", words.String())
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit status %d, want 143:\n%s", got, words.String())
	}
}

// Nor does it keep other streams from being recorded, nor does a pipe that nobody
// reads from.
func TestStuckReaderOfOne(t *testing.T) {
	t.Parallel()
	bars := startServer(t, "--loop", "inf", "--speed", "8",
		"../../testdata/flv/bars.flv", "../../testdata/flv/audio.flv", "../../testdata/flv/video.flv")
	base := strings.TrimSuffix(bars, "bars")

	dir := t.TempDir()
	stuck, unread := filepath.Join(dir, "bars.flv"), filepath.Join(dir, "video.flv")
	for _, name := range []string{stuck, unread} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.OpenFile(stuck, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	words := new(safeBuffer)
	cmd := exec.Command("rtmpull", "-o", filepath.Join(dir, "{stream}.flv"), bars, base+"audio", base+"video")
	cmd.Stderr = words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	audio := filepath.Join(dir, "audio.flv")
	if !poll(func() bool { return size(audio+".part") > 100_000 }) {
		t.Errorf("the stream that nobody holds up is not recorded:\n%s", words.String())
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit status %d, want 143:\n%s", got, words.String())
	}
	if size(audio) == 0 {
		t.Errorf("its file is not complete:\n%s", words.String())
	}
}
