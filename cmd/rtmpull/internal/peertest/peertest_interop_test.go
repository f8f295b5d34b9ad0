//go:build interop

package peertest

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Two recordings by rtmpdump, begun at different moments, agree: so the
// servers give every player the same, and the comparison works on real files.
func TestTwoRecordings(t *testing.T) {
	t.Parallel()
	servers := map[string]func(testing.TB) *Server{
		"nginx": Nginx,
		"nms4":  NodeMediaServer4,
		"nms2":  NodeMediaServer2,
		"lal":   Lal,
	}
	samples := map[string]int{ // packets that the recordings share, at least
		"bars.flv":  100,
		"audio.flv": 80,
		"video.flv": 50,
	}
	for name, start := range servers {
		for sample, n := range samples {
			t.Run(name+"/"+sample, func(t *testing.T) {
				t.Parallel()
				server := start(t)
				url := server.URL("live", "test")
				publisher := Publish(t, Sample(t, sample), url, true)

				dir := t.TempDir()
				files := []string{filepath.Join(dir, "1.flv"), filepath.Join(dir, "2.flv")}
				first := Rtmpdump(t, url, files[0])
				WaitRecorded(t, first, files[0], 500*time.Millisecond)
				second := Rtmpdump(t, url, files[1])
				WaitRecorded(t, second, files[1], 5*time.Second)
				second.Stop()
				first.Stop()
				if !publisher.Running() {
					t.Fatal("the publisher stopped by itself")
				}
				for _, file := range files {
					ProbeSilently(t, file)
				}
				EqualFromFirstKey(t, Packets(t, files[1]), Packets(t, files[0]), n)
			})
		}
	}
}

// What was published is what comes out, to the last packet.
func TestWholeSample(t *testing.T) {
	t.Parallel()
	server := Nginx(t)
	url := server.URL("liveclose", "test")
	file := filepath.Join(t.TempDir(), "got.flv")
	publisher := Publish(t, Sample(t, "bars.flv"), url, false)
	player := Rtmpdump(t, url, file)
	if status := publisher.Wait(Patience); status != 0 {
		t.Errorf("ffmpeg: got status %d, want 0", status)
	}
	player.Wait(Patience)
	EqualFromFirstKey(t, Packets(t, file), Packets(t, Sample(t, "bars.flv")), 500)
}

func TestServerLife(t *testing.T) {
	t.Parallel()
	server := Nginx(t)
	url := server.URL("live", "test")
	publisher := Publish(t, Sample(t, "audio.flv"), url, true)

	addr := server.Addr
	server.Restart()
	if server.Addr != addr {
		t.Errorf("restarted on %s, want %s", server.Addr, addr)
	}
	if status := publisher.Wait(Patience); status == 0 {
		t.Error("ffmpeg did not notice that its server was killed")
	}

	file := filepath.Join(t.TempDir(), "got.flv")
	Publish(t, Sample(t, "audio.flv"), url, true)
	player := Rtmpdump(t, url, file)
	server.Pause()
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	paused := size()
	server.Resume()
	if !poll(player, func() bool { return size() > paused }) {
		t.Error("nothing came after the pause")
	}
	player.Stop()
	server.Stop()
	if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		conn.Close()
		t.Error("the server still listens")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := Nginx(t)
	Publish(t, Sample(t, "audio.flv"), server.URL("live", "test"), true)
	// ffmpeg does not verify, so the trust in CAFile is rtmpull's to test.
	ffprobe(t, "-show_format", server.TLSURL("live", "test"))
}
