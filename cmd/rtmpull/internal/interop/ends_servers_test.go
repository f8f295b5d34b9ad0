//go:build interop

package interop

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// What a player sees when the publisher leaves is different on each of these
// servers; nginx-rtmp's three ways are in TestPublisherLeaves and
// TestPublisherComesBack. Those of servers that packages do not have are scripted,
// in TestEnds of the program.

// TestPublisherLeavesServers: the publisher leaves for good.
func TestPublisherLeavesServers(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, c := range map[string]struct {
		start    func(testing.TB) *peertest.Server
		args     []string
		status   int
		from, to time.Duration // it takes
		why      string
	}{
		"says so": {peertest.NodeMediaServer2, []string{"--eof-grace", "1"}, 0, s, 3 * s, `^by the server$`},
		"says nothing": {peertest.NodeMediaServer4, []string{"-m", "3", "--retry-max-time", "3"}, 2, 6 * s, 9 * s,
			`: no more media within 3s; it could not be taken up again: .*: no (more )?media within`}, // headers come
		"hangs up later": {peertest.Lal, []string{"--retry-max-time", "3"}, 2, 5 * s, 25 * s,
			`^the connection to .* was lost; it could not be taken up again: .*: no media within`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.start(t).URL("live", "show")
			publisher := peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false)
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, append(c.args, "--json")...)
			peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
			publisher.Stop()
			left := time.Now()
			if status := pull.Wait(2 * peertest.Patience); status != c.status {
				t.Errorf("status %d, want %d:\n%s", status, c.status, pull.Output())
			}
			if took := time.Since(left); took < c.from-s/2 || took > c.to {
				t.Errorf("it took %v, want %v to %v", took, c.from, c.to)
			}
			if sum := last(t, pull, "summary"); !regexp.MustCompile(c.why).MatchString(sum.Ended) {
				t.Errorf("it says %q, want %s", sum.Ended, c.why)
			}
			unbroken(t, file)
		})
	}
}

// TestPublisherComesBackServers: the publisher is back after two seconds, and the
// players have stayed.
func TestPublisherComesBackServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start func(testing.TB) *peertest.Server
		hides bool // timestamps go on as if nothing had been
	}{
		"node-media-server 2": {peertest.NodeMediaServer2, false},
		"node-media-server 4": {peertest.NodeMediaServer4, true},
		"lal":                 {peertest.Lal, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.start(t).URL("live", "show")
			minute := peertest.Sample(t, "minute.flv")
			rest := later(t, minute, 20)
			publisher := peertest.Publish(t, minute, url, false)
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, "--json", "--eof-grace", "15")
			peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
			publisher.Kill()
			left := time.Now()
			time.Sleep(2 * time.Second)
			peertest.Publish(t, rest, url, false)
			peertest.WaitRecorded(t, pull, file+".part", 6*time.Second)
			away := time.Since(left)
			pull.Stop()
			sum := last(t, pull, "summary")
			if sum.Status != 130 || sum.Files != 1 || sum.Reconnects != 0 {
				t.Errorf("the summary says %+v", sum)
			}
			if got := seconds(sum.Missing); !c.hides && (got < 1500*time.Millisecond || got > away) {
				t.Errorf("%v are told to be missing, and the publisher was away for 2s", got)
			}
			if c.hides { // and begin with the last one again
				peertest.ProbeSilently(t, file)
				return
			}
			unbroken(t, file)
		})
	}
}

// TestWaitsForPublisher: with --wait a recording begins when somebody publishes,
// whatever a server says to those who come before.
func TestWaitsForPublisher(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start  func(testing.TB) *peertest.Server
		app    string
		before bool // somebody has published already
	}{
		"nginx-rtmp":                {peertest.Nginx, "live", false},
		"nginx-rtmp, which refuses": {peertest.Nginx, "liveclose", false},
		"node-media-server 2":       {peertest.NodeMediaServer2, "live", false},
		"node-media-server 4":       {peertest.NodeMediaServer4, "live", true}, // sends the headers of then
		"lal":                       {peertest.Lal, "live", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.start(t).URL(c.app, "show")
			if c.before {
				peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false).Stop()
			}
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, "--json", "--wait", "30", "--duration", "3")
			peertest.WaitOutput(t, pull, `"waiting"`)
			time.Sleep(2 * time.Second)
			peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false)
			if status := pull.Wait(peertest.Patience); status != 0 {
				t.Errorf("status %d, want 0:\n%s", status, pull.Output())
			}
			unbroken(t, file)
		})
	}
}

// TestWaitsInVain: nobody ever publishes, or there is no server.
func TestWaitsInVain(t *testing.T) {
	t.Parallel()
	nginx, gone := peertest.Nginx(t), peertest.Nginx(t)
	gone.Kill()
	for name, c := range map[string]struct {
		url    string
		status int
	}{
		"silent":  {nginx.URL("live", "show"), 6},
		"refused": {nginx.URL("liveclose", "show"), 4},
		"gone":    {gone.URL("live", "show"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			pull := rtmpull(t, filepath.Join(t.TempDir(), "show.flv"), c.url, "--wait", "3")
			if status := pull.Wait(peertest.Patience); status != c.status {
				t.Errorf("status %d, want %d:\n%s", status, c.status, pull.Output())
			}
			if took := time.Since(begun); took < 2500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestEndsAtOnce: rtmpsrv grants every stream, and ends it with Stream EOF and
// Play.Stop before there was anything.
func TestEndsAtOnce(t *testing.T) {
	t.Parallel()
	p, _ := atRtmpsrv(t, "rtmp://127.0.0.1/live/show")
	if status := p.Wait(peertest.Patience); status != 6 || !strings.Contains(p.Output(), "the stream ended before any media came") {
		t.Errorf("status %d, want 6:\n%s", status, p.Output())
	}
}

// atRtmpsrv plays a stream of rtmpsrv's, and returns what rtmpull says, and the name
// of rtmpsrv's log. That listens on port 1935 of all interfaces, and runs rtmpdump if
// it finds one: so it has a network of its own, and no PATH.
func atRtmpsrv(t *testing.T, url string, args ...string) (p *peertest.Process, log string) {
	t.Helper()
	rtmpsrv, err := exec.LookPath("/usr/sbin/rtmpsrv")
	if err != nil {
		t.Fatalf("rtmpsrv is missing; run scripts/test-deps.sh: %v", err)
	}
	cmd := exec.Command("unshare", append([]string{"-rn", "sh", "-c", `
		ip link set lo up
		mkfifo stdin && sleep 60 > stdin & holder=$!
		until [ -p stdin ]; do sleep 0.01; done
		PATH=/nonexistent ` + rtmpsrv + ` -z < stdin > rtmpsrv.log 2>&1 & server=$!
		while "$0" "$@"; [ $? = 3 ]; do sleep 0.05; done
		"$0" "$@"; status=$?
		kill $server $holder; exit $status`, program, "-V", "-o", "show.flv", url}, args...)...)
	cmd.Dir = t.TempDir()
	return peertest.Start(t, cmd), filepath.Join(cmd.Dir, "rtmpsrv.log")
}
