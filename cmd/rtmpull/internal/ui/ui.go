// Package ui tells people and programs how a recording goes: a live line on a
// terminal, a line now and then elsewhere, JSON lines for programs, and the
// summary at the end.
package ui

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

const (
	liveEvery = 250 * time.Millisecond
	lineEvery = 30 * time.Second
)

// A Progress tells how a recording goes until it is stopped. While it runs, all
// other text for the terminal must go through Write, so that the live line stays
// below it.
type Progress struct {
	out  io.Writer
	bars *mpb.Progress
	stop chan struct{}
	done chan struct{}
}

// Live shows one line on a terminal that is redrawn in place: idle until there
// is media.
func Live(out io.Writer, idle string, snapshot func() job.Snapshot) *Progress {
	p := &Progress{out: out, stop: make(chan struct{}), done: make(chan struct{})}
	p.bars = mpb.New(mpb.WithOutput(out), mpb.WithAutoRefresh(), mpb.WithRefreshRate(liveEvery))
	m := newMeter(idle, time.Now())
	bar := p.bars.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return m.line(time.Now(), snapshot())
		})))
	go func() {
		defer close(p.done)
		<-p.stop
		bar.Abort(true)
		p.bars.Wait()
	}()
	return p
}

// Lines writes a line every 30 s, for logs.
func Lines(out io.Writer, idle string, snapshot func() job.Snapshot) *Progress {
	p := &Progress{out: out, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(lineEvery)
		defer tick.Stop()
		m := newMeter(idle, time.Now())
		for {
			select {
			case now := <-tick.C:
				_, _ = fmt.Fprintln(out, m.line(now, snapshot()))
			case <-p.stop:
				return
			}
		}
	}()
	return p
}

// Silent shows nothing.
func Silent(out io.Writer) *Progress { return &Progress{out: out} }

// Write writes a line of text, above the live line if there is one.
func (p *Progress) Write(b []byte) (int, error) {
	if p.bars != nil {
		select {
		case <-p.stop:
		default:
			return p.bars.Write(b)
		}
	}
	return p.out.Write(b)
}

// Stop takes the live line away and returns when nothing more is written.
func (p *Progress) Stop() {
	if p.stop == nil {
		return
	}
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	<-p.done
}

// A meter turns snapshots into lines with rates over the last seconds.
type meter struct {
	idle  string // the line while there is no media
	last  job.Snapshot
	at    time.Time
	bits  float64 // per second
	fps   float64
	began bool
}

func newMeter(idle string, now time.Time) *meter { return &meter{idle: idle, at: now} }

// over is the span that rates are taken over.
const over = 2 * time.Second

func (m *meter) line(now time.Time, s job.Snapshot) string {
	if s.Audio+s.Video == 0 {
		return m.idle
	}
	if d := now.Sub(m.at); d >= over || !m.began && d > 0 {
		m.bits = float64(s.Size-m.last.Size) * 8 / d.Seconds()
		m.fps = float64(s.Video-m.last.Video) / d.Seconds()
		m.last, m.at, m.began = s, now, true
	}
	fields := []string{Clock(s.Duration), humanize.Bytes(uint64(s.Size)), Rate(m.bits)}
	if s.Video > 0 {
		fields = append(fields, fmt.Sprintf("%.1f fps", m.fps))
	}
	if !s.LastKey.IsZero() {
		fields = append(fields, fmt.Sprintf("key frame %.0f s ago", max(0, now.Sub(s.LastKey).Seconds())))
	}
	if s.Reconnects > 0 {
		fields = append(fields, "connected again "+Count(s.Reconnects, "time"))
	}
	return strings.Join(fields, "  ")
}

// Clock writes a duration as 01:02:03.
func Clock(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Count writes a number of things, whose plural is with an s unless it is given.
func Count(n int64, thing string, things ...string) string {
	switch {
	case n == 1:
	case len(things) > 0:
		thing = things[0]
	default:
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Rate writes bits per second.
func Rate(bits float64) string {
	return humanize.SIWithDigits(bits, 1, "bit/s")
}
