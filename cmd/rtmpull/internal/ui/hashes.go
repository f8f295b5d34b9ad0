package ui

import (
	"io"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
)

// Hashes shows how far a single stream is as rtmpdump does with -#: by a row of #, one
// for each percent, or for each 200 ms if the length of the stream is not known.
func Hashes(out io.Writer, v View) *Progress {
	row := rtmpdump.NewConsole(out, rtmpdump.Info, true)
	p := &Progress{out: lines{row}, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer row.End()
		tick := time.NewTicker(rtmpdump.Every)
		defer tick.Stop()
		for over := false; !over; {
			select {
			case <-tick.C:
			case <-p.stop:
				over = true
			}
			if one, ok := v.(*one); ok {
				one.hash(row, time.Now(), over)
			}
		}
	}()
	return p
}

// hash goes on with the row, if there is media.
func (o *one) hash(row *rtmpdump.Console, now time.Time, over bool) {
	s := o.snapshot()
	p := rtmpdump.Progress{Bytes: s.Size, At: s.Position, Total: s.Total}
	switch {
	case over:
		row.Final(p)
	case s.Audio+s.Video > 0:
		row.Progress(now, p)
	}
}

// lines are written to a console, below its row.
type lines struct{ *rtmpdump.Console }

func (l lines) Write(text []byte) (int, error) {
	l.Print(strings.TrimSuffix(string(text), "\n"))
	return len(text), nil
}
