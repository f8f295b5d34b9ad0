//go:build interop

package interop

import (
	"cmp"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// TestSegments records a stream in one file and, side by side, in several: these
// have the same packets, one behind the other, none lost and none twice.
func TestSegments(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	url := server.URL("live", "show")
	dir := t.TempDir()
	one := filepath.Join(dir, "one.flv")
	whole := rtmpull(t, one, url, "--eof-grace", "1")
	parts := rtmpull(t, filepath.Join(dir, "part-{seq}.flv"), url, "--eof-grace", "1", "--segment-time", "5")
	peertest.WaitOutput(t, whole, "NetStream.Play.Start")
	peertest.WaitOutput(t, parts, "NetStream.Play.Start")
	ends(t, publish(t, peertest.Sample(t, "minute.flv"), url, "--speed", "6", "--duration", "30"), 0)
	ends(t, whole, 0)
	ends(t, parts, 0)

	files, err := filepath.Glob(filepath.Join(dir, "part-*"))
	if err != nil || len(files) != 5 { // there is a key frame each two seconds
		t.Fatalf("files %v, %v, want 5", files, err)
	}
	var got []peertest.Packet
	for i := range files {
		file := filepath.Join(dir, "part-"+strconv.Itoa(i+1)+".flv")
		peertest.ProbeSilently(t, file)
		packets := peertest.Packets(t, file)
		if packets[0].DTS != 0 || packets[0].Type == "video" && !packets[0].Key() {
			t.Errorf("%s begins with %v", file, packets[0])
		}
		got = append(got, packets...)
	}
	want := peertest.Packets(t, one)
	for _, track := range []string{"video", "audio"} {
		g, w := hashes(got, track), hashes(want, track)
		if len(w) < 700 || !slices.Equal(g, w) {
			t.Errorf("%s: %d packets in all, want %d, and the same", track, len(g), len(w))
		}
	}
}

// hashes are those of a track's packets.
func hashes(packets []peertest.Packet, track string) (list []string) {
	for _, p := range packets {
		if p.Type == track {
			list = append(list, p.Hash)
		}
	}
	return list
}

// later is a file that begins so far into another, with the same headers.
func later(t testing.TB, file string, seconds int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "later.flv")
	cut := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-ss", strconv.Itoa(seconds), "-i", file, "-c", "copy", out)
	if said, err := cut.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, said)
	}
	return out
}

// TestPublisherRestarts: the publisher goes, and comes back on the same connection.
// With the same parameters the recording is one file with one time line; with
// others it is two, each of which is right.
func TestPublisherRestarts(t *testing.T) {
	t.Run("same", func(t *testing.T) {
		t.Parallel()
		url := peertest.Nginx(t).URL("live", "show")
		file := filepath.Join(t.TempDir(), "show.flv")
		first := peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false)
		pull := rtmpull(t, file, url)
		peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
		first.Stop()
		second := peertest.Publish(t, later(t, peertest.Sample(t, "minute.flv"), 30), url, false)
		peertest.WaitRecorded(t, pull, file+".part", 7*time.Second)
		pull.Stop()
		second.Stop()

		peertest.ProbeSilently(t, file)
		packets := peertest.Packets(t, file)
		last := map[string]int64{"video": 0, "audio": 0}
		for i, p := range packets {
			if step := p.DTS - last[p.Type]; step < 0 || step > 3000 {
				t.Errorf("packet %d, %v, is %d ms behind the one before", i, p, step)
			}
			last[p.Type] = p.DTS
		}
		if d := last["video"] - last["audio"]; d < -200 || d > 200 {
			t.Errorf("video ends at %d ms and audio at %d", last["video"], last["audio"])
		}
		if v := hashes(packets, "video"); len(v) < 120 {
			t.Errorf("%d pictures in %d ms", len(v), last["video"])
		}
	})
	t.Run("other", func(t *testing.T) {
		t.Parallel()
		url := peertest.Nginx(t).URL("live", "show")
		dir := t.TempDir()
		first := peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false)
		pull := rtmpull(t, filepath.Join(dir, "show-{seq}.flv"), url)
		peertest.WaitRecorded(t, pull, filepath.Join(dir, "show-1.flv.part"), 3*time.Second)
		first.Stop()
		second := peertest.Publish(t, peertest.Sample(t, "other.flv"), url, false)
		peertest.WaitRecorded(t, pull, filepath.Join(dir, "show-2.flv.part"), 3*time.Second)
		pull.Stop()
		second.Stop()
		for name, want := range map[string]string{"show-1.flv": "96x54", "show-2.flv": "128x72"} {
			file := filepath.Join(dir, name)
			peertest.ProbeSilently(t, file)
			if got := pictureSize(t, file); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
			earliest := slices.MinFunc(peertest.Packets(t, file), func(a, b peertest.Packet) int { return cmp.Compare(a.DTS, b.DTS) })
			if earliest.DTS != 0 {
				t.Errorf("%s begins at %d ms", name, earliest.DTS)
			}
		}
	})
}

// pictureSize is the size of the pictures of a file, WIDTHxHEIGHT.
func pictureSize(t testing.TB, file string) string {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out[:max(0, len(out)-1)])
}
