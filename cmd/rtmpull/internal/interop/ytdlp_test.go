//go:build interop

package interop

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
)

// yt-dlp knows RTMP by rtmpdump alone: it runs the first one in the PATH, shows the
// progress that it reads there, and runs it again with --resume when it says 1 or 2.

// ytDlp starts yt-dlp on a stream, with rtmpull for an rtmpdump.
func ytDlp(t *testing.T, file, url string, args ...string) *peertest.Process {
	t.Helper()
	bin := t.TempDir()
	// What rtmpdump does not have, rtmpull takes behind all of its options.
	script := "#!/bin/sh\nexec -a rtmpdump '" + program + "' \"$@\" " + strings.Join(args, " ") + "\n"
	if len(args) == 0 {
		if err := os.Symlink(program, filepath.Join(bin, "rtmpdump")); err != nil {
			t.Fatal(err)
		}
	} else if err := os.WriteFile(filepath.Join(bin, "rtmpdump"), []byte(strings.Replace(script, "/bin/sh", "/bin/bash", 1)), 0o700); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("yt-dlp")
	if err != nil {
		t.Fatalf("yt-dlp is missing; run scripts/test-deps.sh: %v", err)
	}
	cmd := exec.Command(path, "--ignore-config", "--no-cache-dir", "--newline", "--verbose", "-o", file, url)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+bin)
	return peertest.Start(t, cmd)
}

// serveFilm serves a file, and returns the URL of it.
func serveFilm(t *testing.T, s *serve.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Streams = map[string]string{"live/bars": peertest.Sample(t, "bars.flv")}
	done := make(chan error, 1)
	go func() { done <- s.Serve(t.Context(), l) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "rtmp://" + l.Addr().String() + "/live/bars"
}

// downloaded demands that yt-dlp is content, and has the whole film.
func downloaded(t *testing.T, p *peertest.Process, file string) {
	t.Helper()
	ends(t, p, 0)
	peertest.ProbeSilently(t, file)
	peertest.EqualPackets(t, peertest.Packets(t, file), peertest.Packets(t, peertest.Sample(t, "bars.flv")))
	if _, err := os.Stat(file + ".part"); err == nil {
		t.Error("the .part is still there")
	}
}

// starts counts how often yt-dlp has run rtmpdump.
func starts(p *peertest.Process) int { return strings.Count(p.Output(), "[rtmpdump] RTMPDump v") }

// percents is the progress of a stream whose length is known, as yt-dlp shows it.
var percents = regexp.MustCompile(`(?m)^\[download\] +[1-9]\d?\.\d% of ~ +[\d.]+KiB`)

// TestYtDlp downloads a recorded stream.
func TestYtDlp(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bars.flv")
	p := ytDlp(t, file, serveFilm(t, &serve.Server{Speed: 10}))
	downloaded(t, p, file)
	if n := starts(p); n != 1 {
		t.Errorf("it took %d runs", n)
	}
	if !percents.MatchString(p.Output()) {
		t.Errorf("there is no progress in percent:\n%s", p.Output())
	}
}

// TestYtDlpGoesOn: yt-dlp is interrupted, for which it kills rtmpdump, and run again.
func TestYtDlpGoesOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bars.flv")
	url := serveFilm(t, &serve.Server{Speed: 2})
	p := ytDlp(t, file, url)
	peertest.WaitRecorded(t, p, file+".part", 4*time.Second)
	p.Stop()
	before, err := os.ReadFile(file + ".part")
	if err != nil {
		t.Fatal(err)
	}
	p = ytDlp(t, file, url)
	downloaded(t, p, file)
	if !strings.Contains(p.Output(), "[rtmpdump] Resuming download at: ") {
		t.Errorf("it did not go on with the %d bytes that there were:\n%s", len(before), p.Output())
	}
}

// TestYtDlpTriesAgain: the connection is lost, and yt-dlp makes up for it if rtmpull
// does not.
func TestYtDlpTriesAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		runs int
	}{
		"rtmpull":       {nil, 1},
		"yt-dlp itself": {[]string{"--retry", "0"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "bars.flv")
			p := ytDlp(t, file, serveFilm(t, &serve.Server{Speed: 10, Cut: serve.Cut{Bytes: 110000, Conns: 1}}), c.args...)
			downloaded(t, p, file)
			if n := starts(p); n != c.runs {
				t.Errorf("it took %d runs, want %d:\n%s", n, c.runs, p.Output())
			}
		})
	}
}

// TestYtDlpLive downloads a live stream until its publisher leaves.
func TestYtDlpLive(t *testing.T) {
	t.Parallel()
	url := peertest.Nginx(t).URL("liveclose", "show")
	publisher := peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
	file := filepath.Join(t.TempDir(), "show.flv")
	p := ytDlp(t, file, url)
	peertest.WaitRecorded(t, p, file+".part", 4*time.Second)
	publisher.Stop()
	ends(t, p, 0)
	peertest.ProbeSilently(t, file)
	peertest.EqualFromFirstKey(t, peertest.Packets(t, file), peertest.Packets(t, peertest.Sample(t, "bars.flv")), 100)
}
