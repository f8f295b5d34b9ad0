//go:build interop

package serve

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// record runs a client that is not ours on a stream of ours. A client that is
// not installed fails the test: scripts/test-deps.sh installs it.
func record(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

var samples = map[string]string{"live/bars": bars, "live/audio": audio, "live/video": video}

// sameFile compares all audio and video tags. Our script data is not the
// clients', and leaveOut tells what a client never writes.
func sameFile(t *testing.T, got, want string, leaveOut func(frame) bool) {
	t.Helper()
	media := func(path string) []frame {
		var frames []frame
		for _, f := range fileFrames(t, path) {
			if f.typ != 18 && !leaveOut(f) {
				frames = append(frames, f)
			}
		}
		return frames
	}
	sameFrames(t, media(got), media(want))
}

// endOfSequence is what librtmp and GStreamer take for too small to be video.
func endOfSequence(f frame) bool { return f.typ == 9 && len(f.body) <= 5 }

func TestRtmpdump(t *testing.T) {
	for _, size := range []uint32{128, 4096, 65536} {
		addr := listen(t, &Server{Streams: samples, ChunkSize: size})
		for name, path := range samples {
			for _, how := range [][]string{nil, {"--live"}} {
				out := filepath.Join(t.TempDir(), "out.flv")
				cmd := exec.Command("rtmpdump", append(how, "-r", "rtmp://"+addr+"/"+name, "-o", out)...)
				// It wants a timestamp at 99.9 % of the duration, which a short
				// file does not have, since the last frame begins before its end.
				said, err := cmd.CombinedOutput()
				if err != nil && !strings.Contains(string(said), "(downloaded about 9") {
					t.Errorf("%s, chunk size %d: rtmpdump: %v\n%s", name, size, err, said)
				}
				sameFile(t, out, path, endOfSequence)
			}
		}
	}
}

// TestRtmpdumpFrom plays from a key frame on, for three seconds.
func TestRtmpdumpFrom(t *testing.T) {
	addr := listen(t, &Server{Streams: samples})
	out := filepath.Join(t.TempDir(), "out.flv")
	cmd := exec.Command("rtmpdump", "-A", "5", "-B", "8", "-r", "rtmp://"+addr+"/live/bars", "-o", out)
	if said, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(said), "Download ") {
		t.Fatalf("rtmpdump: %v\n%s", err, said)
	}
	pictures := func(path string, from, until uint32) []frame {
		var frames []frame
		for _, f := range fileFrames(t, path) {
			if f.typ == 9 && f.body[1] == 1 && f.timestamp >= from && f.timestamp < until {
				frames = append(frames, f)
			}
		}
		return frames
	}
	// It takes the server to begin at 0, and adds what it asked for. That is right of
	// Flash Media Server and wrong of nginx-rtmp, as whose our timestamps are.
	got := pictures(out, 0, 1<<31)
	for i := range got {
		got[i].timestamp -= 5000
	}
	want := pictures(bars, 5000, 8000)
	if len(want) != 75 || want[0].body[0]>>4 != 1 {
		t.Fatalf("the sample has %d pictures there", len(want))
	}
	sameFrames(t, got, want)
}

func TestGStreamer(t *testing.T) {
	addr := listen(t, &Server{Streams: samples})
	for name, path := range samples {
		out := filepath.Join(t.TempDir(), "out.flv")
		record(t, "gst-launch-1.0", "-q", "rtmp2src", "location=rtmp://"+addr+"/"+name, "!", "filesink", "location="+out)
		sameFile(t, out, path, endOfSequence)
	}
}

// packets is what ffprobe sees of something, one line a packet.
func packets(t *testing.T, input string) []string {
	t.Helper()
	out := record(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5",
		"-show_entries", "packet=codec_type,pts,dts,size,flags,data_hash", "-of", "csv", input)
	var lines []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "packet,") { // and no empty line behind side data
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestFFmpeg(t *testing.T) {
	for _, loop := range []int{1, 2} {
		addr := listen(t, &Server{Streams: samples, Loop: loop})
		for name, path := range samples {
			got, want := packets(t, "rtmp://"+addr+"/"+name), packets(t, path)
			if len(got) != loop*len(want) {
				t.Errorf("%s: ffprobe got %d packets, want %d times %d", name, len(got), loop, len(want))
			}
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s: packet %d: got %s, want %s", name, i, got[i], want[i])
				}
			}

			out := filepath.Join(t.TempDir(), "out.flv")
			said := record(t, "ffmpeg", "-v", "error", "-i", "rtmp://"+addr+"/"+name, "-c", "copy", out)
			if said != "" {
				t.Errorf("%s: ffmpeg said\n%s", name, said)
			}
			if n := len(packets(t, out)); n != loop*len(want) {
				t.Errorf("%s: ffmpeg copied %d packets, want %d times %d", name, n, loop, len(want))
			}
		}
	}
}

// TestRefusalsAreUnderstood sees that no client waits for what will not come.
func TestRefusalsAreUnderstood(t *testing.T) {
	addr := listen(t, &Server{Streams: samples})
	for _, path := range []string{"live/none", "none/bars"} {
		for _, c := range [][]string{
			{"rtmpdump", "-r", "rtmp://" + addr + "/" + path, "-o", "/dev/null"},
			{"ffprobe", "-v", "error", "rtmp://" + addr + "/" + path},
			{"gst-launch-1.0", "-q", "rtmp2src", "location=rtmp://" + addr + "/" + path, "!", "fakesink"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			out, err := exec.CommandContext(ctx, c[0], c[1:]...).CombinedOutput()
			if err == nil || ctx.Err() != nil {
				t.Errorf("%s of %s: got %v, and it said\n%s", c[0], path, err, out)
			}
			cancel()
		}
	}
}
