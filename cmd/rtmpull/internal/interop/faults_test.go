//go:build interop

package interop

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
)

// What is here of the faults that scripts/faults.sh makes takes seconds.

// TestServerFails: a server that is killed, or that stops without hanging up, is
// no orderly end. It is tried again, and given up in time.
func TestServerFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*peertest.Server){
		"killed": func(s *peertest.Server) { s.Kill() },
		"frozen": func(s *peertest.Server) { s.Pause() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nginx := peertest.Nginx(t)
			url := nginx.URL("live", "show")
			peertest.Publish(t, peertest.Sample(t, "minute.flv"), url, false)
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, "-m", "3", "--retry-max-time", "3", "--json")
			peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
			fail(nginx)
			if status := pull.Wait(peertest.Patience); status != 2 {
				t.Errorf("status %d, want 2:\n%s", status, pull.Output())
			}
			if sum := last(t, pull, "summary"); sum.Status != 2 || !strings.Contains(sum.Ended, "could not be taken up again") {
				t.Errorf("the summary says %+v", sum)
			}
			unbroken(t, file)
		})
	}
}

// TestServerRestarts: a server that is killed and is back after five seconds, with
// its publisher, costs that time, the way to the next key frame, and the wait
// between attempts. There is one file with one time line.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	nginx := peertest.Nginx(t)
	url := nginx.URL("live", "show")
	minute := peertest.Sample(t, "minute.flv")
	rest := later(t, minute, 20)
	peertest.Publish(t, minute, url, false)
	dir := t.TempDir()
	file := filepath.Join(dir, "show.flv")
	pull := rtmpull(t, file, url, "--json")
	peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)

	down := time.Now()
	nginx.Kill()
	time.Sleep(5 * time.Second)
	nginx.StartAgain()
	peertest.Publish(t, rest, url, false)
	peertest.WaitRecorded(t, pull, file+".part", 6*time.Second)
	gone := time.Since(down) // and some of what came then
	pull.Stop()

	sum := last(t, pull, "summary")
	if sum.Status != 130 || sum.Reconnects != 1 || sum.Files != 1 || sum.Gaps != 1 {
		t.Errorf("the summary says %+v", sum)
	}
	if got := seconds(sum.Missing); got < 5*time.Second || got > gone {
		t.Errorf("%v are missing, and it was recorded again within %v", got, gone)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 {
		t.Errorf("there are %v", files)
	}
	unbroken(t, file)
}

// TestPublisherComesBack: what a server says or does when the publisher leaves is
// no end, if that is back within the grace.
func TestPublisherComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		app        string
		reconnects int
	}{{"live", 0}, {"livenotify", 0}, {"liveclose", 1}} {
		t.Run(c.app, func(t *testing.T) {
			t.Parallel()
			nginx := peertest.Nginx(t)
			url := nginx.URL(c.app, "show")
			minute := peertest.Sample(t, "minute.flv")
			rest := later(t, minute, 20)
			publisher := peertest.Publish(t, minute, url, false)
			file := filepath.Join(t.TempDir(), "show.flv")
			pull := rtmpull(t, file, url, "--json", "--eof-grace", "15")
			peertest.WaitRecorded(t, pull, file+".part", 3*time.Second)
			publisher.Kill()
			time.Sleep(2 * time.Second)
			peertest.Publish(t, rest, url, false)
			peertest.WaitRecorded(t, pull, file+".part", 6*time.Second)
			pull.Stop()
			if sum := last(t, pull, "summary"); sum.Status != 130 || sum.Reconnects != c.reconnects || sum.Files != 1 {
				t.Errorf("the summary says %+v", sum)
			}
			unbroken(t, file)
		})
	}
}

// A line is one that rtmpull writes with --json.
type line struct {
	Type       string  `json:"message_type"`
	Status     int     `json:"exit_status"`
	Ended      string  `json:"ended"`
	Files      int     `json:"files"`
	Reconnects int     `json:"reconnects"`
	Gaps       int     `json:"gaps"`
	Missing    float64 `json:"missing"`
}

// last is the last line of a kind that rtmpull has written.
func last(t *testing.T, p *peertest.Process, kind string) (l line) {
	t.Helper()
	found := false
	for text := range strings.Lines(p.Output()) {
		var this line
		if json.Unmarshal([]byte(text), &this) == nil && this.Type == kind {
			l, found = this, true
		}
	}
	if !found {
		t.Errorf("it said no %s:\n%s", kind, p.Output())
	}
	return l
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// unbroken demands that a file has one time line for both of its tracks, as far
// as times go in which the publisher's clock begins anew.
func unbroken(t *testing.T, file string) {
	t.Helper()
	peertest.ProbeSilently(t, file)
	last := map[string]int64{}
	for i, p := range peertest.Packets(t, file) {
		before, ok := last[p.Type]
		if step := p.DTS - before; ok && (step <= 0 || step > 3000) {
			t.Errorf("packet %d, %v, is %d ms behind the one before", i, p, step)
		}
		last[p.Type] = p.DTS
	}
	if d := last["video"] - last["audio"]; d < -300 || d > 300 {
		t.Errorf("video ends at %d ms and audio at %d", last["video"], last["audio"])
	}
}
