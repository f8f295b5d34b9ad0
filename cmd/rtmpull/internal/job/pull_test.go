package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// key and inter are video frames of Sorenson H.263, which needs no headers.
var (
	key   = append([]byte{0x12}, make([]byte, 984)...)
	inter = append([]byte{0x22}, make([]byte, 984)...)
)

// video sends n frames of 1000 bytes as tags, 100 ms apart, and ends the stream.
func video(n int) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(5000, key)
		for i := 1; i < n; i++ {
			p.Video(5000+100*uint32(i), inter)
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
}

// output is a Writer as an Output.
type output struct{ *flvout.Writer }

func (output) Name() string { return "output" }

// failing fails after so many bytes.
type failing struct {
	room int
	err  error
}

func (f *failing) Write(b []byte) (int, error) {
	n := min(f.room, len(b))
	if f.room -= n; n < len(b) {
		return n, f.err
	}
	return n, nil
}

func newPull(t *testing.T, out io.Writer, script rtmptest.Script) *Pull {
	return &Pull{
		Client: &rtmp.Client{DialContext: rtmptest.Dial(t, script), EOFGrace: time.Second},
		Target: &rtmp.Target{Scheme: "rtmp", Host: "h", Session: session.Config{App: "live", PlayPath: "show"}},
		Output: output{flvout.NewWriter(out)},
	}
}

func TestRun(t *testing.T) {
	full := errors.New("full")
	for name, test := range map[string]struct {
		script rtmptest.Script
		limits Limits
		room   int // bytes that the output takes; 0: all
		reason Reason
		err    error
		tags   int64
	}{
		"ended":              {script: video(50), reason: StreamEnded, tags: 50},
		"ended early":        {script: video(5), reason: StreamEnded, tags: 5},
		"one picture":        {script: video(1), reason: StreamEnded, tags: 1},
		"duration":           {script: video(50), limits: Limits{Duration: 3 * time.Second}, reason: DurationReached, tags: 30},
		"duration held back": {script: video(50), limits: Limits{Duration: time.Second}, reason: DurationReached, tags: 10},
		"one frame":          {script: video(50), limits: Limits{Duration: time.Millisecond}, reason: DurationReached, tags: 1},
		"size":               {script: video(50), limits: Limits{Size: 40_000}, reason: SizeReached, tags: 39},
		"size held back":     {script: video(50), limits: Limits{Size: 10_000}, reason: SizeReached, tags: 9},
		"no room":            {script: video(50), limits: Limits{Size: 100}, reason: SizeReached},
		"both":               {script: video(50), limits: Limits{Size: 10_000, Duration: 3 * time.Second}, reason: SizeReached, tags: 9},
		"full":               {script: video(50), room: 30_500, err: full, tags: 30},
		"full at once":       {script: video(50), room: 5, err: full},
		"cut": {script: func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, key)
		}, err: io.ErrUnexpectedEOF, tags: 1},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			var out bytes.Buffer
			var w io.Writer = &out
			if test.room > 0 {
				w = &failing{test.room, full}
			}
			p := newPull(t, w, test.script)
			p.Limits = test.limits
			var events []string
			p.Report = func(e Event) { events = append(events, string(e.Kind)) }
			r := p.Run(t.Context())
			if r.Reason != test.reason || !errors.Is(r.Err, test.err) || r.Stats.Video != test.tags || r.Media != (test.tags > 0) {
				t.Errorf("got %q, %v, %d tags, want %q, %v, %d tags", r.Reason, r.Err, r.Stats.Video, test.reason, test.err, test.tags)
			}
			if test.limits.Size > 0 && int64(out.Len()) > test.limits.Size {
				t.Errorf("%d bytes, want at most %d", out.Len(), test.limits.Size)
			}
			if test.room == 0 && r.Size != int64(out.Len()) {
				t.Errorf("the size is said to be %d, and is %d", r.Size, out.Len())
			}
			if test.tags > 0 && !slices.Contains(events, string(FirstMedia)) || (test.tags > 0) != slices.Contains(events, string(FileClosed)) {
				t.Errorf("events %v", events)
			}
		})
	}
}

// What ends a recording from outside is its error, and the file is complete.
func TestRunCancelled(t *testing.T) {
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	name := filepath.Join(t.TempDir(), "a.flv")
	file, err := flvout.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	p := newPull(t, nil, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, key)
		p.Video(100, inter)
		p.Linger()
	})
	p.Output = file
	p.Report = func(e Event) {
		if e.Kind == FirstMedia {
			cancel(cause)
		}
	}
	r := p.Run(ctx)
	if !errors.Is(r.Err, cause) || r.Name != name || !r.Media {
		t.Errorf("got %v, %s, want %v, %s", r.Err, r.Name, cause, name)
	}
}

// A disk that is full at the very end is not a stream that ended well.
func TestRunCloseFails(t *testing.T) {
	full := errors.New("full")
	p := newPull(t, &failing{100, full}, video(5)) // all of it is held until Close
	r := p.Run(t.Context())
	var e *flvout.Error
	if !errors.Is(r.Err, full) || !errors.As(r.Err, &e) || r.Reason != "" {
		t.Errorf("got %v, %q, want %v", r.Err, r.Reason, full)
	}
}

func TestProgress(t *testing.T) {
	p := newPull(t, io.Discard, video(50))
	if s := p.Progress(); s != (Snapshot{}) {
		t.Errorf("before the start: %+v", s)
	}
	p.Run(t.Context())
	if s := p.Progress(); s.Video == 0 || s.Size == 0 || s.Duration == 0 || s.LastKey.IsZero() || s.Audio != 0 {
		t.Errorf("in the end: %+v", s)
	}
}
