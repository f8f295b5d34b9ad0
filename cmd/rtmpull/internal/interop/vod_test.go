//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// nginxFiles starts nginx-rtmp with two recorded streams: one of the file as it is, in
// which it seeks to the beginning, and one with an index.
func nginxFiles(t *testing.T) *peertest.Server {
	t.Helper()
	s := peertest.Nginx(t)
	media := filepath.Join(s.Dir, "media")
	bars := peertest.Sample(t, "bars.flv")
	b, err := os.ReadFile(bars)
	if err == nil {
		err = os.WriteFile(filepath.Join(media, "plain.flv"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", bars, "-c", "copy",
		"-flvflags", "add_keyframe_index", filepath.Join(media, "index.flv")).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return s
}

// TestRecorded: a recorded stream of nginx-rtmp's is recorded in much less time than it
// takes to play, with the packets of the file, and is complete: rtmpdump says of this one
// that 0.2 % may be missing. Cut off anywhere, it is the same in the end.
func TestRecorded(t *testing.T) {
	t.Parallel()
	s := nginxFiles(t)
	want := peertest.Packets(t, peertest.Sample(t, "bars.flv"))
	for _, name := range []string{"plain.flv", "index.flv"} {
		for _, flag := range []string{"--vod", "--raw=false"} { // asked for as recorded, or as whatever there is
			t.Run(name+" "+flag, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				whole := filepath.Join(dir, "whole.flv")
				begun := time.Now()
				if p := rtmpull(t, whole, s.URL("vod", name), flag, "--json"); p.Wait(peertest.Patience) != 0 {
					t.Fatal(p.Output())
				}
				if took := time.Since(begun); took > 10*time.Second { // as long as it plays
					t.Errorf("took %v", took)
				}
				peertest.EqualPackets(t, peertest.Packets(t, whole), want)
				uncut, err := os.ReadFile(whole)
				if err != nil {
					t.Fatal(err)
				}
				for seed := range uint64(4) {
					cutter := &rtmptest.Cutter{Seed: seed, Cuts: 3, Bytes: 80_000}
					url := strings.Replace(s.URL("vod", name), s.Addr, cutter.Proxy(t, s.Addr), 1)
					file := filepath.Join(dir, "cut.flv")
					p := rtmpull(t, file, url, flag, "--force", "--retry", "9", "--retry-delay", "0.1", "--json")
					if p.Wait(peertest.Patience) != 0 {
						t.Fatal(p.Output())
					}
					got, err := os.ReadFile(file)
					if err != nil || !bytes.Equal(got, uncut) {
						t.Errorf("cut %+v: %v, %d bytes, not %d\n%s", cutter.Made(), err, len(got), len(uncut), p.Output())
					}
				}
			})
		}
	}
}

// TestRecordedPart: nginx-rtmp seeks to a key frame, and passes over the file's headers;
// of a length to play it takes no notice.
func TestRecordedPart(t *testing.T) {
	t.Parallel()
	s := nginxFiles(t)
	file := filepath.Join(t.TempDir(), "part.flv")
	if p := rtmpull(t, file, s.URL("vod", "index.flv"), "--start", "3", "--stop", "6", "--json"); p.Wait(peertest.Patience) != 0 {
		t.Fatal(p.Output())
	}
	got, want := peertest.Packets(t, file), peertest.Packets(t, peertest.Sample(t, "bars.flv"))
	g, w, ok := peertest.Align(got, want)
	if !ok {
		t.Fatal("it is no part of the file")
	}
	first, last := want[w].DTS, want[w].DTS+got[len(got)-1].DTS-got[g].DTS
	if first < 2000 || first > 4100 || last < 5900 || last > 6000 {
		t.Errorf("it is from %d ms to %d", first, last)
	}
	unbroken(t, file)
}
