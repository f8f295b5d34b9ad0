//go:build interop

package interop

import (
	"os"
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

// parting is how long it may take from the last frame to the end of the process. It
// takes a fraction of a second, and half a minute if something is waited for in vain.
const parting = 10 * time.Second

// ends waits until p ends, with that status if all is well.
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
	t.Parallel()
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

// TestPublishAtOnce: what is sent as fast as the server reads arrives whole, and
// the server has heard it all when the process ends.
func TestPublishAtOnce(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t)
			url := server.URL("live", "show")
			sample := peertest.Sample(t, "bars.flv")
			want := peertest.Packets(t, sample)
			file := filepath.Join(t.TempDir(), "show.flv")
			dump := peertest.RtmpdumpAhead(t, url, file)
			begun := time.Now()
			ends(t, publish(t, sample, url, "--speed", "max"), 0)
			if took := time.Since(begun); took > parting {
				t.Errorf("it took %v", took)
			}
			peertest.WaitTimestamp(t, dump, file, lastTime(want))
			dump.Stop()
			peertest.EqualPackets(t, peertest.Packets(t, file), want)
		})
	}
}

// TestPublishLoop: each round follows on the one before, without a gap.
func TestPublishLoop(t *testing.T) {
	t.Parallel()
	sample := peertest.Sample(t, "bars.flv")
	round := peertest.Packets(t, sample)
	const length = 10_065 + 24 // the last packet, and as much as from the one before it
	var want []peertest.Packet
	for i := range int64(3) {
		for _, p := range round {
			p.PTS += i * length
			p.DTS += i * length
			want = append(want, p)
		}
	}
	url := peertest.Nginx(t).URL("livenotify", "show")
	file := filepath.Join(t.TempDir(), "show.flv")
	dump := peertest.RtmpdumpAhead(t, url, file)
	ends(t, publish(t, sample, url, "--loop", "3", "--speed", "8"), 0)
	ends(t, dump, 0)
	peertest.ProbeSilently(t, file)
	peertest.EqualPackets(t, peertest.Packets(t, file), want)
}

// TestPublishToFFmpeg publishes to ffmpeg's server, which ends when we do.
func TestPublishToFFmpeg(t *testing.T) {
	t.Parallel()
	for _, speed := range []string{"1", "max"} {
		t.Run(speed, func(t *testing.T) {
			t.Parallel()
			sample := peertest.Sample(t, "bars.flv")
			file := filepath.Join(t.TempDir(), "show.flv")
			server, url := peertest.FFmpegListen(t, file)
			ends(t, publish(t, sample, url, "--speed", speed), 0)
			ends(t, server, 0)
			peertest.ProbeSilently(t, file)
			peertest.EqualPackets(t, peertest.Packets(t, file), peertest.Packets(t, sample))
		})
	}
}

// TestPublishLong publishes more than two minutes; the slow way with
// RTMPULL_SLOW set. nginx-rtmp keeps the publisher's times, and so are they the
// file's, also where they need more than three bytes.
func TestPublishLong(t *testing.T) {
	t.Parallel()
	speed := 10
	if os.Getenv("RTMPULL_SLOW") != "" {
		speed = 1
	}
	const length = 130 * time.Second
	for name, start := range map[string]time.Duration{
		"from 0":      0,
		"beyond 2^24": (1<<24)*time.Millisecond - length/2,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := film(t, start, length)
			want := peertest.Packets(t, source)
			server := peertest.Nginx(t)
			url := server.URL("livenotify", "show")
			file := filepath.Join(t.TempDir(), "show.flv")
			dump := peertest.RtmpdumpAhead(t, url, file)
			publisher := publish(t, source, url, "--speed", strconv.Itoa(speed))
			if status := publisher.Wait(length/time.Duration(speed) + peertest.Patience); status != 0 {
				t.Errorf("status %d, want 0", status)
			}
			ends(t, dump, 0)
			peertest.ProbeSilently(t, file)
			peertest.EqualPackets(t, peertest.Packets(t, file), want)
		})
	}
}

// film makes an FLV with B-frames and a key frame a second, and sound, whose
// times begin at start.
func film(t testing.TB, start, length time.Duration) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.flv")
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	ffmpeg := peertest.Start(t, exec.Command("ffmpeg", "-nostdin", "-v", "error",
		"-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-f", "lavfi", "-i", "sine", "-t", seconds(length),
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac",
		"-output_ts_offset", seconds(start), "-f", "flv", file))
	if status := ffmpeg.Wait(3 * peertest.Patience); status != 0 {
		t.Fatalf("ffmpeg: %s", ffmpeg.Output())
	}
	return file
}

// TestPublishTLS publishes over rtmps, to nginx behind its stream module.
func TestPublishTLS(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	url, sample := server.TLSURL("livenotify", "show"), peertest.Sample(t, "bars.flv")
	ends(t, publish(t, sample, url), 3) // an unknown authority

	file := filepath.Join(t.TempDir(), "show.flv")
	dump := peertest.RtmpdumpAhead(t, server.URL("livenotify", "show"), file)
	begun := time.Now()
	ends(t, publish(t, sample, url, "--ca-file", server.CAFile, "--speed", "4"), 0)
	if took := time.Since(begun); took > 10*time.Second/4+parting {
		t.Errorf("it took %v for ten seconds at four times the speed", took)
	}
	ends(t, dump, 0)
	peertest.EqualPackets(t, peertest.Packets(t, file), peertest.Packets(t, sample))
}
