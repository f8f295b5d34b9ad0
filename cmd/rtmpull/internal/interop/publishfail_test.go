//go:build interop

package interop

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// TestPublishRefused publishes where it may not. Some servers agree first, and
// then hang up, which looks like a connection that is lost.
func TestPublishRefused(t *testing.T) {
	t.Parallel()
	const hungUp, lost = "hung up instead of answering", "servers hang up so soon when the name is taken"
	for _, c := range []struct {
		name   string
		start  func(testing.TB) *peertest.Server
		app    string
		taken  bool // by another publisher
		status int
		says   string
	}{
		{"name taken, nginx-rtmp", peertest.Nginx, "live", true, 4, "NetStream.Publish.BadName (Already publishing)"},
		{"name taken, lal", peertest.Lal, "live", true, 2, lost},
		{"name taken, node-media-server 4", peertest.NodeMediaServer4, "live", true, 2, lost},
		{"name taken, node-media-server 2", peertest.NodeMediaServer2, "live", true, 4, hungUp + " publish"},
		{"denied", peertest.Nginx, "nopublish", false, 2, lost},
		{"unknown application", peertest.Nginx, "nope", false, 4, hungUp + " connect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := c.start(t).URL(c.app, "show")
			var first *peertest.Process
			if c.taken {
				first = peertest.Publish(t, peertest.Sample(t, "audio.flv"), url, true)
			}
			begun := time.Now()
			p := publish(t, peertest.Sample(t, "bars.flv"), url, "--retry", "0")
			ends(t, p, c.status)
			if took := time.Since(begun); took > parting {
				t.Errorf("it took %v", took)
			}
			if !strings.Contains(p.Output(), c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, p.Output())
			}
			if c.taken && !first.Running() {
				t.Error("the first publisher is gone")
			}
		})
	}
}

// TestPublishNothingListens: a server that is not there.
func TestPublishNothingListens(t *testing.T) {
	t.Parallel()
	server := peertest.Nginx(t)
	server.Kill()
	p := publish(t, peertest.Sample(t, "bars.flv"), server.URL("live", "show"))
	ends(t, p, 3)
	if want := "cannot connect to " + server.Addr + ": connection refused"; !strings.Contains(p.Output(), want) {
		t.Errorf("it does not say %q:\n%s", want, p.Output())
	}
}

// TestPublishInterrupted: the server is told, and tells the players.
func TestPublishInterrupted(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"rtmp", "rtmps"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			server := peertest.Nginx(t)
			url := server.URL("livenotify", "show")
			to := url
			if scheme == "rtmps" {
				to = server.TLSURL("livenotify", "show")
			}
			dir := t.TempDir()
			theirs, ours := filepath.Join(dir, "theirs.flv"), filepath.Join(dir, "ours.flv")
			dump := peertest.RtmpdumpAhead(t, url, theirs)
			publisher := publish(t, peertest.Sample(t, "bars.flv"), to, "--loop", "inf", "--ca-file", server.CAFile)
			pull := rtmpull(t, ours, url)
			peertest.WaitRecorded(t, pull, ours+".part", 2*time.Second)
			begun := time.Now()
			publisher.Stop()
			if took := time.Since(begun); took > parting {
				t.Errorf("it took %v", took)
			}
			ends(t, publisher, 130)
			ends(t, dump, 0)
			ends(t, pull, 0)
			want := peertest.Packets(t, peertest.Sample(t, "bars.flv"))
			for _, file := range []string{theirs, ours} {
				peertest.ProbeSilently(t, file)
				peertest.EqualFromFirstKey(t, peertest.Packets(t, file), want, 60)
			}
		})
	}
}

// TestPublishServerRestarts: a server that was killed is connected to again
// when it is back, and the stream goes on with the next key frame.
func TestPublishServerRestarts(t *testing.T) {
	t.Parallel()
	source := film(t, 0, 20*time.Second)
	want := peertest.Packets(t, source)
	server := peertest.Nginx(t)
	url := server.URL("livenotify", "show")
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before.flv"), filepath.Join(dir, "after.flv")

	dump := peertest.RtmpdumpAhead(t, url, before)
	publisher := publish(t, source, url, "--speed", "2", "--retry", "5")
	peertest.WaitTimestamp(t, dump, before, 5000)
	server.Kill()
	time.Sleep(5 * time.Second)
	server.StartAgain()
	dump.Stop()
	dump = peertest.RtmpdumpAhead(t, url, after)
	ends(t, publisher, 0)
	ends(t, dump, 0)

	first, second := peertest.Packets(t, before), peertest.Packets(t, after)
	peertest.ProbeSilently(t, after)
	_, resumed, _ := peertest.Align(second, want)
	if first[0] != want[0] || second[0] != want[resumed] {
		t.Errorf("it begins with %v and goes on with\n%v, want %v and\n%v", first[0], second[0], want[0], want[resumed])
	}
	peertest.EqualFromFirstKey(t, first, want, len(first))
	peertest.EqualFromFirstKey(t, second, want, len(second))

	match := regexp.MustCompile(`connected again: 1 time; passed over: (\d+) frames`).FindStringSubmatch(publisher.Output())
	if match == nil {
		t.Fatalf("it does not say that it connected again:\n%s", publisher.Output())
	}
	const (
		group = 25 + 44 // from one key frame to the next: frames of video and audio
		onWay = 25      // sent, and not read or passed on by the server before it was killed
	)
	passedOver, _ := strconv.Atoi(match[1])
	missing := len(want) - len(first) - len(second)
	if passedOver > group || missing < passedOver || missing > passedOver+onWay {
		t.Errorf("%d packets are missing, %d were passed over, want at most %d and a few on their way", missing, passedOver, group)
	}
}

// TestPublishServerFreezes: a server that stops without hanging up is given up
// when its and our buffers are full and the time for a write is over. Until then
// an interrupt ends it, although there is nobody to take leave of.
func TestPublishServerFreezes(t *testing.T) {
	t.Parallel()
	for _, interrupted := range []bool{false, true} {
		t.Run(fmt.Sprintf("interrupted %v", interrupted), func(t *testing.T) {
			t.Parallel()
			server := peertest.Nginx(t)
			url := server.URL("live", "show")
			file := filepath.Join(t.TempDir(), "show.flv")
			dump := peertest.RtmpdumpAhead(t, url, file)
			p := publish(t, peertest.Sample(t, "bars.flv"), url, "--speed", "max", "--loop", "inf", "-m", "3", "--retry", "0")
			peertest.WaitRecorded(t, dump, file, 20*time.Second)
			server.Pause()
			begun := time.Now()
			if interrupted {
				time.Sleep(time.Second)
				p.Stop()
				ends(t, p, 130)
			} else {
				ends(t, p, 2)
				if want := server.Addr + ": no progress in sending within 3s"; !strings.Contains(p.Output(), want) {
					t.Errorf("it does not say %q:\n%s", want, p.Output())
				}
			}
			took := time.Since(begun)
			if interrupted {
				took += 2 * time.Second
			}
			if took < 3*time.Second || took > 3*time.Second+parting {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestPublishServerHalts for a while, which is made up for.
func TestPublishServerHalts(t *testing.T) {
	t.Parallel()
	sample := peertest.Sample(t, "bars.flv")
	server := peertest.Nginx(t)
	url := server.URL("livenotify", "show")
	file := filepath.Join(t.TempDir(), "show.flv")
	dump := peertest.RtmpdumpAhead(t, url, file)
	p := publish(t, sample, url, "--speed", "2", "-m", "3")
	peertest.WaitTimestamp(t, dump, file, 3000)
	server.Pause()
	time.Sleep(2 * time.Second)
	server.Resume()
	ends(t, p, 0)
	ends(t, dump, 0)
	peertest.EqualPackets(t, peertest.Packets(t, file), peertest.Packets(t, sample))
}
