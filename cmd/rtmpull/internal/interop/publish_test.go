//go:build interop

package interop

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// publish starts to publish a file to url.
func publish(t testing.TB, file, url string, args ...string) *peertest.Process {
	t.Helper()
	args = append([]string{"publish", "-V"}, args...)
	return peertest.Start(t, exec.Command(program, append(args, file, url)...))
}

// parting is how long it may take from the last frame to the end of the process.
const parting = 2 * time.Second

// ends waits for a publisher, which should end with that status.
func ends(t testing.TB, p *peertest.Process, status int) {
	t.Helper()
	if got := p.Wait(peertest.Patience); got != status {
		t.Errorf("status %d, want %d:\n%s", got, status, p.Output())
	}
}

// lastTime is the time of the last packet.
func lastTime(packets []peertest.Packet) int64 {
	var last int64
	for _, p := range packets {
		last = max(last, p.DTS)
	}
	return last
}

// TestPublish publishes to players that are there before, and to one that joins
// later. What they record is the file itself, packet by packet.
func TestPublish(t *testing.T) {
	for _, s := range servers {
		for _, sample := range []struct {
			name  string
			speed int
		}{{"bars", 1}, {"audio", 2}, {"video", 2}} {
			t.Run(s.name+" "+sample.name, func(t *testing.T) {
				t.Parallel()
				server := s.start(t)
				url := server.URL("live", "show")
				file := peertest.Sample(t, sample.name+".flv")
				want := peertest.Packets(t, file)
				last := lastTime(want)
				dir := t.TempDir()
				ahead, late, ffmpegs := filepath.Join(dir, "ahead.flv"), filepath.Join(dir, "late.flv"), filepath.Join(dir, "ffmpeg.flv")

				ffmpeg := peertest.FFmpegPull(t, url, ffmpegs)
				dump := peertest.RtmpdumpAhead(t, url, ahead)
				begun := time.Now()
				publisher := publish(t, file, url, "--speed", strconv.Itoa(sample.speed))
				peertest.WaitTimestamp(t, dump, ahead, 2000)
				lateDump := peertest.Rtmpdump(t, url, late)
				ends(t, publisher, 0)
				media := time.Duration(last) * time.Millisecond / time.Duration(sample.speed)
				if took := time.Since(begun); took < media || took > media+parting {
					t.Errorf("it took %v for %v", took, media)
				}
				peertest.WaitTimestamp(t, dump, ahead, last)
				peertest.WaitTimestamp(t, ffmpeg, ffmpegs, last-200) // see FFmpegPull
				for _, p := range []*peertest.Process{dump, lateDump, ffmpeg} {
					p.Stop()
				}

				peertest.EqualPackets(t, peertest.Packets(t, ahead), want)
				for _, file := range []string{ffmpegs, late} {
					peertest.ProbeSilently(t, file)
					got := peertest.Packets(t, file)
					peertest.EqualFromFirstKey(t, got, want, len(want)/2)
					if g, w, _ := peertest.Align(got, want); got[g] != want[w] {
						t.Errorf("%s: %v, want %v", file, got[g], want[w])
					}
				}
			})
		}
	}
}
