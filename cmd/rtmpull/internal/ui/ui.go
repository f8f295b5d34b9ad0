// Package ui tells people and programs how a recording goes: a live line on a
// terminal, a line now and then elsewhere, JSON lines for programs, and the
// summary at the end.
package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	liveEvery = 250 * time.Millisecond
	lineEvery = 30 * time.Second
)

// A Progress tells how far a View is until it is stopped. While it runs, all
// other text for the terminal must go through Write, so that the live lines stay
// below it.
type Progress struct {
	out  io.Writer
	bars *mpb.Progress
	once sync.Once
	stop chan struct{}
	done chan struct{}
}

// A View is what the progress is shown of. One goroutine uses it.
type View interface {
	// line says all of it in a line.
	line(now time.Time) string

	// rows says more, in lines to stand above that: no lines if there is nothing
	// more to say, or no room on the terminal.
	rows(now time.Time, width, height int) []string
}

// Live shows a View on a terminal, in lines that are redrawn in place. height is
// how many lines the terminal has.
func Live(out io.Writer, v View, height func() int) *Progress {
	p := &Progress{out: out, stop: make(chan struct{}), done: make(chan struct{})}
	p.bars = mpb.New(mpb.WithOutput(out), mpb.WithAutoRefresh(), mpb.WithRefreshRate(liveEvery))
	above := func(w io.Writer, s decor.Statistics) error {
		rows := v.rows(time.Now(), s.AvailableWidth, height())
		for i := range rows { // which are wanted the lowest first
			if _, err := fmt.Fprintln(w, rows[len(rows)-1-i]); err != nil {
				return err
			}
		}
		return nil
	}
	bar := p.bars.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(), mpb.BarExtender(mpb.BarFillerFunc(above), true),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return v.line(time.Now())
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
func Lines(out io.Writer, v View) *Progress {
	p := &Progress{out: out, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(lineEvery)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				_, _ = fmt.Fprintln(out, v.line(now))
			case <-p.stop:
				return
			}
		}
	}()
	return p
}

// Silent shows nothing.
func Silent(out io.Writer) *Progress { return &Progress{out: out} }

// Write writes a line of text, above the live lines if there are any.
func (p *Progress) Write(b []byte) (int, error) {
	if p.bars != nil {
		select {
		case <-p.stop:
		default:
			// It may be stopped, or the terminal go away, at this very moment.
			if n, err := p.bars.Write(b); err == nil {
				return n, nil
			}
		}
	}
	return p.out.Write(b)
}

// Stop takes the live lines away and returns when nothing more is written. It may
// be called by several goroutines, and again.
func (p *Progress) Stop() {
	if p.stop == nil {
		return
	}
	p.once.Do(func() { close(p.stop) })
	<-p.done
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
