package job

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// serveOn serves until stop is called.
func serveOn(t *testing.T, l net.Listener, s *serve.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

// filmOn is the stream live/film of a server.
func filmOn(addr string, kind session.Kind) *rtmp.Target {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return &rtmp.Target{Scheme: "rtmp", Host: host, Port: n, Session: session.Config{App: "live", PlayPath: "film", Kind: kind}}
}

// A cutLine is a recording by a line that is cut, over and over again.
type cutLine struct {
	Pull
	name string
	tap  rtmptest.Tap
	told events
}

// newCutLine prepares to record from to, with new attempts at once and without end.
// idle is how long nothing may come.
func newCutLine(t *testing.T, dial rtmptest.DialFunc, to *rtmp.Target, idle time.Duration) *cutLine {
	t.Helper()
	l := &cutLine{name: filepath.Join(t.TempDir(), "film.flv")}
	files, err := OpenFiles(FilesOptions{Open: func(int) (*flvout.File, error) { return flvout.Create(l.name) }})
	if err != nil {
		t.Fatal(err)
	}
	l.Pull = Pull{
		Client: &rtmp.Client{DialContext: l.tap.Dial(dial), SetupTimeout: 2 * idle, StartTimeout: idle, IdleTimeout: idle},
		Target: to, Files: files,
		Retry:  Retry{Attempts: Unlimited, First: true, Delay: minRetryDelay, MaxDelay: minRetryDelay},
		Report: l.told.add,
	}
	return l
}

// check fails the test unless all of the film that arrived is recorded, once and in
// its order.
func (l *cutLine) check(t *testing.T, f film, r *Result) copied {
	t.Helper()
	if r.Err != nil || r.Reason != StreamEnded {
		t.Errorf("it ended with %v, %q", r.Err, r.Reason)
	}
	c := f.compare(t, l.name, l.tap.Connections())
	for what, list := range map[string][]int{"are lost": c.lost, "are there twice": c.twice, "stand behind a later one": c.order, "go back in time": c.back} {
		if len(list) > 0 {
			t.Errorf("%d of %d frames %s: %v...", len(list), c.frames, what, f.at(list))
		}
	}
	t.Logf("%d frames, %d connections again, %d holes, %v missing", c.frames, r.Reconnects, len(c.holes), c.missing())
	return c
}

// TestCutLive records ten minutes of a live stream by a line that is cut some two
// hundred times. All that ever arrived is in the recording, once, at its time, and
// what is told to be missing is what is.
func TestCutLive(t *testing.T) {
	f := newFilm(1, 10*time.Minute)
	for seed := range uint64(4) {
		t.Run(strconv.Itoa(int(seed)), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := rtmptest.NewListener()
				stop := serveOn(t, listener, &serve.Server{})
				to := filmOn("h:1935", session.Any)
				published := make(chan error, 1)
				go func() {
					published <- f.publish(t.Context(), &rtmp.Client{DialContext: listener.Dial}, to, 1)
				}()
				time.Sleep(time.Second)
				cutter := &rtmptest.Cutter{Seed: seed, Cuts: 200, Bytes: 40_000, Pause: 1500 * time.Millisecond, Freeze: true}
				l := newCutLine(t, cutter.Dial(t, listener.Dial), to, 2*time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), 11*time.Minute)
				defer cancel()
				r := l.Run(ctx)
				if err := <-published; err != nil {
					t.Errorf("the publisher: %v", err)
				}
				stop()
				c := l.check(t, f, &r)
				if len(c.moved) > 0 {
					t.Errorf("%d frames are at another time: %v...", len(c.moved), f.at(c.moved))
				}
				l.checkGaps(t, c.holes)
			})
		})
	}
}

// checkGaps compares what is told to be missing with what is.
func (l *cutLine) checkGaps(t *testing.T, holes []hole) {
	t.Helper()
	const brief = 50 * time.Millisecond // a frame or two
	told := map[uint32]time.Duration{}
	for _, e := range l.told.of(Gap) {
		told[e.Splice.To] += e.Duration
	}
	var wrong []string
	for _, h := range holes {
		if d := told[h.behind]; d < h.missing-brief || d > h.missing+brief {
			wrong = append(wrong, fmt.Sprintf("before %v %v are missing, and %v are told", ms(h.behind), h.missing, d))
		}
		delete(told, h.behind)
	}
	for ts, d := range told {
		wrong = append(wrong, fmt.Sprintf("before %v nothing is missing, and %v are told", ms(ts), d))
	}
	if len(wrong) > 0 {
		t.Errorf("%d gaps are not what they are told to be: %s...", len(wrong), strings.Join(wrong[:min(len(wrong), 5)], "; "))
	}
}

// TestCutOthers does the same with sound or pictures alone, with ten seconds between
// key frames, and with servers whose clock begins anew for each player. Then how much
// is missing cannot always be known: while what a server has kept is under way, it
// comes late.
func TestCutOthers(t *testing.T) {
	f := newFilm(4, 10*time.Minute)
	for name, c := range map[string]struct {
		film  film
		group time.Duration
		bytes int64
		anew  bool
		known bool // how much is missing
	}{
		"sound":                      {f.without(videoTag), time.Second, 5000, false, true},
		"sound, its clock anew":      {f.without(videoTag), time.Second, 5000, true, false},
		"pictures":                   {f.without(audioTag), time.Second, 30_000, false, true},
		"pictures, their clock anew": {f.without(audioTag), time.Second, 30_000, true, false},
		"both, the clock anew":       {f, time.Second, 40_000, true, false},
		"few keys":                   {f.sparse(10_000), 10 * time.Second, 100_000, false, false},
		"few keys, the clock anew":   {f.sparse(10_000), 10 * time.Second, 100_000, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				script := c.film.script(c.group, c.anew)
				dial := rtmptest.Dial(t, script, slices.Repeat([]rtmptest.Script{script}, 400)...)
				cutter := &rtmptest.Cutter{Seed: 1, Cuts: 100, Bytes: c.bytes, Pause: 1500 * time.Millisecond, Freeze: true}
				l := newCutLine(t, cutter.Dial(t, dial), filmOn("h:1935", session.Any), 2*time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), 11*time.Minute)
				defer cancel()
				r := l.Run(ctx)
				found := l.check(t, c.film, &r)
				if !c.known {
					return
				}
				l.checkGaps(t, found.holes)
				if len(found.moved) > 0 {
					t.Errorf("%d frames are at another time: %v...", len(found.moved), c.film.at(found.moved))
				}
			})
		})
	}
}

// TestCutFast does the same on a network, at high speed, where the clock tells
// nothing. It leaves nothing behind.
func TestCutFast(t *testing.T) {
	const speed = 60
	f := newFilm(2, 10*time.Minute)
	before := descriptors(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := listener.Addr().String()
		defer serveOn(t, listener, &serve.Server{})()
		published := make(chan error, 1)
		go func() { published <- f.publish(t.Context(), new(rtmp.Client), filmOn(addr, session.Any), speed) }()
		time.Sleep(100 * time.Millisecond)
		cutter := &rtmptest.Cutter{Seed: 1, Cuts: 60, Bytes: 40_000, Pause: 1500 * time.Millisecond, Freeze: true}
		to := filmOn(cutter.Proxy(t, addr), session.Any)
		l := newCutLine(t, new(net.Dialer).DialContext, to, 200*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		r := l.Run(ctx)
		if err := <-published; err != nil {
			t.Errorf("the publisher: %v", err)
		}
		l.check(t, f, &r)
	})
	if n := descriptors(t); n != before {
		t.Errorf("%d files were open before, and %d are now", before, n)
	}
}

// TestCutRecorded plays a recorded stream by such a line. After all the cuts the
// recording is the file, tag for tag.
func TestCutRecorded(t *testing.T) {
	f := newFilm(3, 10*time.Minute)
	record := func(t *testing.T, l *cutLine) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r := l.Run(ctx)
		if c := l.check(t, f, &r); len(c.moved) > 0 {
			t.Errorf("%d frames are at another time: %v...", len(c.moved), f.at(c.moved))
		}
		b, err := os.ReadFile(l.name)
		if err != nil {
			t.Fatal(err)
		}
		got := tags(t, b)
		same(t, got[1:len(got)-1], f[1:]) // onMetaData says more, and a file ends its sequences
	}
	t.Run("in virtual time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			listener := rtmptest.NewListener()
			defer serveOn(t, listener, &serve.Server{Streams: map[string]string{"live/film": f.write(t)}, Speed: 1})()
			cutter := &rtmptest.Cutter{Seed: 1, Cuts: 300, Bytes: 40_000, Pause: 3 * time.Second, Freeze: true}
			record(t, newCutLine(t, cutter.Dial(t, listener.Dial), filmOn("h:1935", session.Recorded), 5*time.Second))
		})
	})
	t.Run("on a network", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer serveOn(t, listener, &serve.Server{Streams: map[string]string{"live/film": f.write(t)}})()
		cutter := &rtmptest.Cutter{Seed: 2, Cuts: 60, Bytes: 300_000, Pause: 50 * time.Millisecond}
		to := filmOn(cutter.Proxy(t, listener.Addr().String()), session.Recorded)
		record(t, newCutLine(t, new(net.Dialer).DialContext, to, 5*time.Second))
	})
}

// descriptors is how many descriptors the process has, where that can be known.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log(err)
	}
	return len(list)
}
