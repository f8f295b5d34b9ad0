//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// serveSample starts our own server with a sample, which it plays as fast as it is
// taken, and returns its address.
func serveSample(t *testing.T, name string) string {
	t.Helper()
	server := peertest.Start(t, exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--speed", "max", peertest.Sample(t, name)))
	peertest.WaitOutput(t, server, "serving rtmp://")
	return regexp.MustCompile(`rtmp://([^/]*)/`).FindStringSubmatch(server.Output())[1]
}

// TestTunnelByOthers: the tunnel that we are tested with is one to rtmpdump and to
// ffmpeg, and what they record through it is what we do.
func TestTunnelByOthers(t *testing.T) {
	t.Parallel()
	addr := serveSample(t, "bars.flv")
	want := peertest.Packets(t, peertest.Sample(t, "bars.flv"))
	for name, client := range map[string]func(url, file string) *exec.Cmd{
		"rtmpdump": func(url, file string) *exec.Cmd { return exec.Command("rtmpdump", "-r", url, "-o", file) },
		"ffmpeg": func(url, file string) *exec.Cmd {
			return exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", url, "-map", "0", "-c", "copy", "-f", "flv", "-y", file)
		},
		"rtmpull": func(url, file string) *exec.Cmd { return exec.Command(program, "-q", "-o", file, url) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			via := &rtmptest.Tunnel{Hint: 1}
			url := "rtmpt://" + via.Proxy(t, addr) + "/live/bars"
			file := filepath.Join(t.TempDir(), "bars.flv")
			p := peertest.Start(t, client(url, file))
			// rtmpdump's is 2 without HTTP as well: the stream is 25 ms shorter than its
			// onMetaData says.
			if status := p.Wait(peertest.Patience); status != 0 && (name != "rtmpdump" || status != 2) {
				t.Errorf("status %d:\n%s", status, p.Output())
			}
			peertest.EqualPackets(t, peertest.Packets(t, file), want)
			requests := via.Requests()
			t.Logf("%d requests", len(requests))
			if last := requests[len(requests)-1]; last.Command != "close" {
				t.Errorf("the last request is %v", last)
			}
		})
	}
}

// TestTunnelToServers records from real servers behind a tunnel, live, and publishes
// to them.
func TestTunnelToServers(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t)
			sample := peertest.Sample(t, "bars.flv")
			want := peertest.Packets(t, sample)
			dir := t.TempDir()
			plain := server.URL("live", "show")
			url := "rtmpt://" + (&rtmptest.Tunnel{Hint: 1}).Proxy(t, server.Addr) + "/live/show"

			theirs, ours := filepath.Join(dir, "theirs.flv"), filepath.Join(dir, "ours.flv")
			dump := peertest.RtmpdumpAhead(t, plain, theirs)
			pull := rtmpull(t, ours, url, "--wait", "10")
			begun := time.Now()
			ends(t, publish(t, sample, url, "--speed", "2"), 0)
			if took := time.Since(begun); took > 5*time.Second+2*parting {
				t.Errorf("it took %v to publish five seconds", took)
			}
			peertest.WaitTimestamp(t, dump, theirs, lastTime(want))
			dump.Stop()
			pull.Stop()
			peertest.EqualPackets(t, peertest.Packets(t, theirs), want)
			peertest.ProbeSilently(t, ours)
			peertest.EqualFromFirstKey(t, peertest.Packets(t, ours), want, len(want)/2)
		})
	}
}

// TestTunnelHeaders is what rtmpdump makes of a server that it does not understand,
// and we do.
func TestTunnelHeaders(t *testing.T) {
	t.Parallel()
	addr := serveSample(t, "audio.flv")
	for name, via := range map[string]*rtmptest.Tunnel{
		"in chunks": {Chunked: true}, "in lower case": {Lower: true}, "HTTP/1.0": {Old: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "rtmpt://" + via.Proxy(t, addr) + "/live/audio"
			dir := t.TempDir()
			theirs, ours := filepath.Join(dir, "theirs.flv"), filepath.Join(dir, "ours.flv")
			dump := peertest.Start(t, exec.Command("rtmpdump", "-m", "2", "-r", url, "-o", theirs))
			if status := dump.Wait(peertest.Patience); status == 0 {
				t.Errorf("rtmpdump has learnt it:\n%s", dump.Output())
			}
			ends(t, peertest.Start(t, exec.Command(program, "-q", "-o", ours, url)), 0)
			got, err := os.ReadFile(ours)
			if err != nil || !bytes.HasPrefix(got, []byte("FLV")) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// TestTunnelClosesDuringOpen: rtmpdump asks on for ever.
func TestTunnelClosesDuringOpen(t *testing.T) {
	t.Parallel()
	via := &rtmptest.Tunnel{Status: func(rtmptest.TunnelRequest) int { return -1 }}
	url := "rtmpt://" + via.Proxy(t, "127.0.0.1:1") + "/live/show"
	pull := peertest.Start(t, exec.Command(program, "-o", filepath.Join(t.TempDir(), "x.flv"), url))
	ends(t, pull, 3)
	if n := len(via.Requests()); n != 1 || !strings.Contains(pull.Output(), "hung up instead of opening an HTTP tunnel") {
		t.Errorf("%d requests:\n%s", n, pull.Output())
	}
}

// TestTunnelEncrypted: librtmp and we understand rtmpte alike.
func TestTunnelEncrypted(t *testing.T) {
	t.Parallel()
	const frames = 100
	script := func(p *rtmptest.Peer) {
		p.RTMPE = 6
		p.AcceptPlay()
		for i := range uint32(frames) {
			p.Audio(40*i, []byte{0x2f, 1, 2, 3}) // MP3
		}
		p.Status("status", "NetStream.Play.Stop")
		p.Linger()
	}
	for name, client := range map[string]func(url, file string) *exec.Cmd{
		"rtmpdump": func(url, file string) *exec.Cmd { return exec.Command("rtmpdump", "-r", url, "-o", file) },
		"rtmpull":  func(url, file string) *exec.Cmd { return exec.Command(program, "-o", file, "--eof-grace", "0", url) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := rtmptest.NewServer(t, script)
			url := "rtmpte://" + (&rtmptest.Tunnel{Hint: 1}).Proxy(t, server.Addr) + "/live/show"
			file := filepath.Join(t.TempDir(), "show.flv")
			ends(t, peertest.Start(t, client(url, file)), 0)
			got, err := os.ReadFile(file)
			if n := bytes.Count(got, []byte{0x2f, 1, 2, 3}); err != nil || n != frames {
				t.Errorf("%d frames, %v", n, err)
			}
		})
	}
}
