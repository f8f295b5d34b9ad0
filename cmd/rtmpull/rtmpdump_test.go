package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Windows knows no capitals in names.
func TestIsRtmpdump(t *testing.T) {
	for name, want := range map[string]bool{
		"rtmpdump": true, "/usr/bin/rtmpdump": true, "RTMPDump": true, "rtmpdump.exe": true, "RTMPDUMP.EXE": true,
		"rtmpull": false, "rtmpdump.sh": false, "": false,
	} {
		if got := isRtmpdump(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// dumped runs rtmpdump's command line until it has done or ctx ends, and returns its
// status and what it said.
func dumped(t *testing.T, ctx context.Context, stdout *os.File, args ...string) (status int, said string) {
	t.Helper()
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	status = execute(ctx, &environment{
		program: "rtmpdump", args: args, stdout: stdout, stderr: stderr, getenv: func(string) string { return "" },
	})
	b, err := os.ReadFile(stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(b)
}

// A signal is told also where the reader of standard output is looked after, while
// that begins.
func TestRtmpdumpIsInterrupted(t *testing.T) {
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, []byte{0x12, 0, 1, 2, 3})
		p.Linger()
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	defer w.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	time.AfterFunc(300*time.Millisecond, func() { cancel(&signalError{syscall.SIGTERM}) })
	status, said := dumped(t, ctx, w, "-v", "-r", s.URL("live/show"))
	if status != statusIncomplete || !strings.Contains(said, "\nCaught signal: 15, ") {
		t.Errorf("status %d: %s", status, said)
	}
}
