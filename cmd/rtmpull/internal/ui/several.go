package ui

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/mattn/go-runewidth"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// A Stream is one of several whose progress is shown.
type Stream struct {
	Label    string
	Idle     string // what it does while there is no media
	Snapshot func() job.Snapshot
	Explain  Explain

	end   atomic.Pointer[end]
	meter *meter
}

// end is how a stream has ended.
type end struct {
	how    string
	failed bool
}

// End says that the stream has ended, and how. It may be called by any goroutine.
func (s *Stream) End(how string, failed bool) { s.end.Store(&end{how, failed}) }

// Together is the View of several streams: a line for each while they fit on the
// terminal, and one of totals.
func Together(streams []*Stream) View {
	now := time.Now()
	for _, s := range streams {
		s.meter = newMeter(s.Idle, s.Explain, now)
	}
	return &together{streams: streams, total: newMeter("", nil, now)}
}

type together struct {
	mu      sync.Mutex // of the rows and the line, should they be asked for at once
	streams []*Stream
	total   *meter
}

// widest is how many columns the name of a stream gets at most.
const widest = 24

func (t *together) rows(now time.Time, width, height int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	const rest = 2 // the line of totals, and that of the cursor
	shown := t.streams
	if len(shown) > height-rest {
		shown = nil
		for _, s := range t.streams {
			if s.end.Load() == nil {
				shown = append(shown, s)
			}
		}
		if len(shown) > height-rest {
			return nil
		}
	}
	column := 0
	for _, s := range shown {
		column = max(column, min(runewidth.StringWidth(s.Label), widest))
	}
	rows := make([]string, 0, len(shown))
	for _, s := range shown {
		name := runewidth.FillRight(runewidth.Truncate(s.Label, widest, "…"), column)
		rows = append(rows, runewidth.Truncate(name+"  "+s.line(now), width, "…"))
	}
	return rows
}

func (s *Stream) line(now time.Time) string {
	line := s.meter.line(now, s.Snapshot())
	switch e := s.end.Load(); {
	case e == nil:
		return line
	case e.failed:
		return "failed: " + e.how
	default:
		return "ended: " + e.how
	}
}

// line is how many streams are in which state, and what they have and take all
// together.
func (t *together) line(now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var (
		recording, waiting, ended, failed int64
		sum                               job.Snapshot
	)
	for _, s := range t.streams {
		p := s.Snapshot()
		sum.Size += p.Size
		sum.Audio += p.Audio
		sum.Video += p.Video
		switch e := s.end.Load(); {
		case e != nil && e.failed:
			failed++
		case e != nil:
			ended++
		case p.Audio+p.Video == 0, p.Awaited != nil:
			waiting++
		default:
			recording++
		}
	}
	var parts []string
	for _, c := range []struct {
		n    int64
		what string
	}{{recording, "recording"}, {waiting, "waiting"}, {ended, "ended"}, {failed, "failed"}} {
		if c.n > 0 {
			parts = append(parts, humanize.Comma(c.n)+" "+c.what)
		}
	}
	line := strings.Join(parts, ", ")
	if sum.Audio+sum.Video > 0 {
		t.total.update(now, sum)
		line += "  " + humanize.Bytes(uint64(sum.Size)) + "  " + Rate(t.total.bits)
	}
	return line
}
