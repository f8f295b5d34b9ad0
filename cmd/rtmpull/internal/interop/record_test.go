//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// program is the built command.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "rtmpull-interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "rtmpull")
	build := exec.Command("go", "build", "-o", program, "github.com/rtmpull/rtmpull/cmd/rtmpull")
	build.Stderr = os.Stderr
	status := 1
	if err := build.Run(); err == nil {
		status = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// rtmpull starts a recording of url to file.
func rtmpull(t testing.TB, file, url string, args ...string) *peertest.Process {
	t.Helper()
	return peertest.Start(t, exec.Command(program, append(args, "-V", "-o", file, url)...))
}

// servers are the real servers that packages have.
var servers = []struct {
	name  string
	start func(testing.TB) *peertest.Server
}{
	{"nginx-rtmp", peertest.Nginx},
	{"node-media-server 4", peertest.NodeMediaServer4},
	{"node-media-server 2", peertest.NodeMediaServer2},
	{"lal", peertest.Lal},
}

// TestSameAsRtmpdump records a stream side by side with rtmpdump and compares
// the two files packet by packet, from the first key frame that both have.
func TestSameAsRtmpdump(t *testing.T) {
	for _, s := range servers {
		for _, sample := range []struct {
			name    string
			packets int // in three seconds, at least
		}{{"bars", 150}, {"audio", 100}, {"video", 60}} {
			t.Run(s.name+" "+sample.name, func(t *testing.T) {
				t.Parallel()
				server := s.start(t)
				url := server.URL("live", "show")
				publisher := peertest.Publish(t, peertest.Sample(t, sample.name+".flv"), url, true)
				dir := t.TempDir()
				ours, theirs := filepath.Join(dir, "ours.flv"), filepath.Join(dir, "theirs.flv")

				dump := peertest.Rtmpdump(t, url, theirs)
				pull := rtmpull(t, ours, url)
				peertest.WaitRecorded(t, pull, ours+".part", 5*time.Second)
				pull.Stop()
				dump.Stop()
				publisher.Stop()

				peertest.ProbeSilently(t, ours)
				got, want := peertest.Packets(t, ours), peertest.Packets(t, theirs)
				peertest.EqualFromFirstKey(t, got, want, sample.packets)
				if first := got[0]; first.DTS != 0 {
					t.Errorf("the recording begins at %d ms, want 0", first.DTS)
				}
			})
		}
	}
}

// TestFrames decodes what both have recorded: the pictures and sounds are equal.
func TestFrames(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	url := server.URL("live", "show")
	peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.flv"), filepath.Join(dir, "theirs.flv")
	dump := peertest.Rtmpdump(t, url, theirs)
	pull := rtmpull(t, ours, url)
	peertest.WaitRecorded(t, pull, ours+".part", 6*time.Second)
	pull.Stop()
	dump.Stop()

	got, want := framehash(t, ours), framehash(t, theirs)
	common := 0
	for hash := range got {
		if want[hash] {
			common++
		}
	}
	// The two began at different moments, so a few frames at either end are in
	// one of the files alone; a GOP has 25.
	if least := max(80, len(got)-60); common < least {
		t.Errorf("%d of %d decoded frames are also in rtmpdump's recording, want at least %d", common, len(got), least)
	}
}

// framehash is the set of hashes of the decoded video frames of a file.
func framehash(t *testing.T, file string) map[string]bool {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:v", "-f", "framehash", "-hash", "md5", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	set := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 6 && fields[0] != "#" {
			set[fields[5]] = true
		}
	}
	return set
}

// TestPipe records through standard output into ffmpeg, which makes an MP4.
func TestPipe(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	url := server.URL("live", "show")
	peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
	mp4 := filepath.Join(t.TempDir(), "show.mp4")

	pull := exec.Command(program, "-q", "--duration", "4", "-o", "-", url)
	remux := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", "-", "-c", "copy", mp4)
	pipe, err := pull.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	remux.Stdin, remux.Stderr, pull.Stderr = pipe, &said, &said
	if err := pull.Start(); err != nil {
		t.Fatal(err)
	}
	if err := remux.Run(); err != nil {
		t.Errorf("ffmpeg: %v", err)
	}
	if err := pull.Wait(); err != nil {
		t.Errorf("rtmpull: %v", err)
	}
	if said.Len() > 0 {
		t.Errorf("rtmpull or ffmpeg complained:\n%s", said.String())
	}
	peertest.ProbeSilently(t, mp4)
	if n := len(peertest.Packets(t, mp4)); n < 200 {
		t.Errorf("the MP4 has %d packets, want at least 200 in four seconds", n)
	}
}

// TestTLS records over rtmps, from nginx behind its stream module.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	peertest.Publish(t, peertest.Sample(t, "bars.flv"), server.URL("live", "show"), true)
	url := server.TLSURL("live", "show")
	file := filepath.Join(t.TempDir(), "show.flv")

	if status := rtmpull(t, file, url, "--duration", "2").Wait(peertest.Patience); status != 3 {
		t.Errorf("an unknown authority: status %d, want 3", status)
	}
	if status := rtmpull(t, file, url, "--duration", "2", "--ca-file", server.CAFile).Wait(peertest.Patience); status != 0 {
		t.Errorf("with --ca-file: status %d, want 0", status)
	}
	peertest.ProbeSilently(t, file)
}

// TestRefused asks real servers for what they do not have.
func TestRefused(t *testing.T) {
	nginx := peertest.Nginx(t)
	for _, c := range []struct {
		name, app, stream string
		status            int
	}{
		{"unknown application", "nope", "show", 4},          // hangs up during connect
		{"no publisher", "live", "nobody", 6},               // Play.Start, then silence
		{"no publisher, refused", "liveclose", "nobody", 4}, // Play.StreamNotFound
		{"no file", "vod", "nothing.flv", 4},                // Play.StreamNotFound
		{"playing denied", "noplay", "show", 4},             // Play.Start, then hangs up
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, nginx.URL(c.app, c.stream), "--start-timeout", "2")
			if status := pull.Wait(peertest.Patience); status != c.status {
				t.Errorf("status %d, want %d:\n%s", status, c.status, pull.Output())
			}
			if names, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(names) > 0 {
				t.Errorf("it left %v", names)
			}
		})
	}
}

// TestPublisherLeaves: nginx-rtmp says Stream EOF, and with publish_notify that
// the publisher has gone, or hangs up with idle_streams off. All are orderly.
func TestPublisherLeaves(t *testing.T) {
	nginx := peertest.Nginx(t)
	for _, app := range []string{"live", "livenotify", "liveclose"} {
		t.Run(app, func(t *testing.T) {
			t.Parallel()
			url := nginx.URL(app, "show")
			publisher := peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, "--eof-grace", "1")
			peertest.WaitRecorded(t, pull, file+".part", 2*time.Second)
			publisher.Stop()
			if status := pull.Wait(peertest.Patience); status != 0 {
				t.Errorf("status %d, want 0:\n%s", status, pull.Output())
			}
			peertest.ProbeSilently(t, file)
		})
	}
}
