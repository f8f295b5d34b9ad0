//go:build interop

package interop

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// publishPipe publishes what ffmpeg makes of a file in real time, and writes tag
// by tag, or 32 KiB at a time. What went through the pipe is kept in passed.
func publishPipe(t *testing.T, file, url, passed string, tags bool) (ffmpeg, publisher *peertest.Process) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.Create(passed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		kept.Close()
	})
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-re", "-i", file, "-map", "0", "-c", "copy",
		"-flvflags", "no_duration_filesize", "-f", "flv")
	if tags {
		cmd.Args = append(cmd.Args, "-flush_packets", "1", "-")
	} else {
		cmd.Args = append(cmd.Args, "-flush_packets", "0", "-")
	}
	cmd.Stdout = w
	ffmpeg = peertest.Start(t, cmd)
	w.Close() // ffmpeg has its own
	cmd = exec.Command(program, "publish", "-V", "-", url)
	cmd.Stdin = io.TeeReader(r, kept)
	return ffmpeg, peertest.Start(t, cmd)
}

// TestPublishPipe publishes from standard input.
func TestPublishPipe(t *testing.T) {
	t.Parallel()
	sample := peertest.Sample(t, "bars.flv")
	url := peertest.Nginx(t).URL("livenotify", "show")
	dir := t.TempDir()
	file, passed := filepath.Join(dir, "show.flv"), filepath.Join(dir, "passed.flv")
	dump := peertest.RtmpdumpAhead(t, url, file)
	ffmpeg, publisher := publishPipe(t, sample, url, passed, true)
	for _, p := range []*peertest.Process{ffmpeg, publisher, dump} {
		ends(t, p, 0)
	}
	peertest.ProbeSilently(t, file)
	peertest.EqualPackets(t, peertest.Packets(t, file), peertest.Packets(t, sample))
}

// TestPublishPipeBreaks: of an input that breaks off, everything arrives as far
// as it is whole. If it breaks off behind a tag, nobody can know.
func TestPublishPipeBreaks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tags   bool
		status int
		says   string
	}{
		{"behind a tag", true, 0, "ended: by the end of the input"},
		{"in a tag", false, 1, "ended: standard input: it ends in the middle: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sample := peertest.Sample(t, "bars.flv")
			url := peertest.Nginx(t).URL("livenotify", "show")
			dir := t.TempDir()
			file, passed := filepath.Join(dir, "show.flv"), filepath.Join(dir, "passed.flv")
			dump := peertest.RtmpdumpAhead(t, url, file)
			ffmpeg, publisher := publishPipe(t, sample, url, passed, c.tags)
			peertest.WaitTimestamp(t, dump, file, 3000)
			ffmpeg.Kill()
			ends(t, publisher, c.status)
			ends(t, dump, 0)
			if !strings.Contains(publisher.Output(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, publisher.Output())
			}

			peertest.ProbeSilently(t, file)
			got, want := peertest.Packets(t, file), peertest.Packets(t, sample)
			peertest.EqualFromFirstKey(t, got, want, len(got))
			if n := wholeFrames(t, passed); len(got) != n || got[0] != want[0] {
				t.Errorf("%d packets from %v arrived, want %d from %v", len(got), got[0], n, want[0])
			}
		})
	}
}

// wholeFrames counts the pictures and sounds before an FLV is torn.
func wholeFrames(t *testing.T, file string) int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for scanner := flvout.NewScanner(f); ; {
		tag, err := scanner.Next()
		if err != nil {
			return n
		}
		if flvout.Classify(tag).Kind == flvout.KindFrame {
			n++
		}
	}
}
