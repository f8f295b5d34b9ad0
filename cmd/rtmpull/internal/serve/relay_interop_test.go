//go:build interop

package serve

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// ffmpegPulls records a stream until it ends.
func ffmpegPulls(t *testing.T, url, file string) *peertest.Process {
	t.Helper()
	return peertest.Start(t, exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", url, "-c", "copy", "-copyts", file))
}

// wePull plays a stream with our own client until it ends.
func wePull(t *testing.T, url string) []frame {
	frames, err := pull(t, url)
	if !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
	return frames
}

func writeFile(t *testing.T, file string, frames []frame) {
	t.Helper()
	f, err := flvout.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, fr := range frames {
		if fr.typ != uint8(tag.TagTypeScriptData) {
			if err := f.WriteTag(flvout.Tag{Type: tag.TagType(fr.typ), Timestamp: fr.timestamp, Body: []byte(fr.body)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFFmpegPublishes lets three clients pull what it publishes, one of them
// late; all end when it ends.
func TestFFmpegPublishes(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"bars.flv": 300, "audio.flv": 200} {
		sample := peertest.Sample(t, name)
		want := peertest.Packets(t, sample)
		dir := t.TempDir()
		url := "rtmp://" + listen(t, &Server{}) + "/live/x"
		p := peertest.Publish(t, sample, url, false)
		byRtmpdump, byFFmpeg := filepath.Join(dir, "dump.flv"), filepath.Join(dir, "ffmpeg.flv")
		byUs, late := filepath.Join(dir, "we.flv"), filepath.Join(dir, "late.flv")
		ffmpeg := ffmpegPulls(t, url, byFFmpeg)
		dump := peertest.Rtmpdump(t, url, byRtmpdump)
		ours := make(chan []frame, 1)
		go func() { ours <- wePull(t, url) }()
		peertest.WaitRecorded(t, dump, byRtmpdump, 4*time.Second)
		lateDump := peertest.Rtmpdump(t, url, late)

		if again := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", sample, "-c", "copy", "-f", "flv", url).Run(); again == nil {
			t.Error("a second publisher was not refused")
		}
		for who, p := range map[string]*peertest.Process{"publisher": p, "rtmpdump": dump, "ffmpeg": ffmpeg, "late rtmpdump": lateDump} {
			if status := p.Wait(peertest.Patience); status != 0 {
				t.Errorf("%s: the %s ends with %d:\n%s", name, who, status, p.Output())
			}
		}
		writeFile(t, byUs, <-ours)
		for file, n := range map[string]int{byRtmpdump: n, byFFmpeg: n, byUs: n, late: n / 3} {
			peertest.EqualFromFirstKey(t, peertest.Packets(t, file), want, n)
		}
	}
}

// gstreamer sends a sample to a sink.
func gstreamer(t *testing.T, sink ...string) *peertest.Process {
	t.Helper()
	args := append([]string{"-q", "filesrc", "location=" + bars, "!", "flvdemux", "name=d",
		"d.video", "!", "queue", "!", "m.video", "d.audio", "!", "queue", "!", "m.audio",
		"flvmux", "name=m", "streamable=true", "!"}, sink...)
	return peertest.Start(t, exec.Command("gst-launch-1.0", args...))
}

// TestGStreamerPublishes by way of rtmp2sink. What it makes of a file's times is
// its own affair: another of its sinks tells.
func TestGStreamerPublishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, reference := filepath.Join(dir, "we.flv"), filepath.Join(dir, "gst.flv")
	url := "rtmp://" + listen(t, &Server{}) + "/live/x"
	p := gstreamer(t, "rtmp2sink", "sync=true", "location="+url)
	waitPublished(t, url)
	writeFile(t, file, wePull(t, url))
	for _, p := range []*peertest.Process{p, gstreamer(t, "filesink", "location="+reference)} {
		if status := p.Wait(peertest.Patience); status != 0 {
			t.Errorf("gst-launch ends with %d", status)
		}
	}
	peertest.EqualFromFirstKey(t, peertest.Packets(t, file), peertest.Packets(t, reference), 300)
}

// waitPublished returns when a stream can be played.
func waitPublished(t *testing.T, url string) {
	t.Helper()
	target, err := rtmp.ParseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	var c rtmp.Client
	for deadline := time.Now().Add(peertest.Patience); ; time.Sleep(20 * time.Millisecond) {
		p, err := c.Play(t.Context(), target)
		if err == nil {
			p.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestKilledPublisher has no last words; the players end all the same.
func TestKilledPublisher(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "rtmp://" + listen(t, &Server{}) + "/live/x"
	p := peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true)
	ffmpeg := ffmpegPulls(t, url, filepath.Join(dir, "ffmpeg.flv"))
	file := filepath.Join(dir, "dump.flv")
	dump := peertest.Rtmpdump(t, url, file)
	gst := peertest.Start(t, exec.Command("gst-launch-1.0", "-q", "rtmp2src", "location="+url, "!", "fakesink"))
	peertest.WaitRecorded(t, dump, file, 2*time.Second)
	p.Kill()
	for who, p := range map[string]*peertest.Process{"rtmpdump": dump, "ffmpeg": ffmpeg, "gst-launch": gst} {
		if status := p.Wait(peertest.Patience); status != 0 {
			t.Errorf("%s ends with %d:\n%s", who, status, p.Output())
		}
	}
	// The name is free again.
	peertest.Publish(t, peertest.Sample(t, "bars.flv"), url, true).Stop()
}
