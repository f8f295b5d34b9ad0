package rtmpdump

import (
	"io"
	"strings"
	"sync"
	"time"
)

// A Level says how much is told, and of a line how much it matters.
type Level int8

// The levels. At Crit nothing is told but what is of that level: no progress and no
// plain lines either.
const (
	Crit Level = iota
	Error
	Warning
	Info // unless something else is asked for
	Debug
	Debug2
	All
)

// String is how a line of the level begins.
func (l Level) String() string {
	return [...]string{"CRIT", "ERROR", "WARNING", "INFO", "DEBUG", "DEBUG2", "ALL"}[l]
}

// Every is how long a line of progress stands before the next one.
const Every = 200 * time.Millisecond

// A Console writes rtmpdump's lines, among which there is one that is written over
// and over: the progress. Any other line ends that one first. It may be used by many
// goroutines.
type Console struct {
	mu      sync.Mutex
	out     io.Writer
	level   Level
	hashes  bool
	pending bool      // the last line is the progress, and has no end yet
	at      time.Time // of the last progress; zero: there was none
	percent int       // of which there are hashes
}

// NewConsole returns a Console that writes what is of level or matters more. With
// hashes the progress is a row of #: one for each percent, or if the whole is not
// known one every 200 ms. What cannot be written is lost.
func NewConsole(out io.Writer, level Level, hashes bool) *Console {
	return &Console{out: out, level: level, hashes: hashes}
}

// Print writes a plain line. Text that has several is written as it is.
func (c *Console) Print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level > Crit {
		c.line(text)
	}
}

// Log writes a line of a level, from which what would move a cursor is taken.
func (c *Console) Log(level Level, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if level <= c.level {
		c.line(level.String() + ": " + clean(text))
	}
}

func (c *Console) line(text string) {
	if c.pending {
		text = "\n" + text
		c.pending = false
	}
	c.write(text + "\n")
}

// Progress shows how far the recording is now, unless that was done just before.
func (c *Console) Progress(now time.Time, p Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level == Crit {
		return
	}
	if c.hashes && p.Total > 0 {
		c.row(int(p.Percent()))
		return
	}
	if !c.at.IsZero() && now.Sub(c.at) < Every {
		return
	}
	c.at = now
	if c.hashes {
		c.pending = true
		c.percent++ // the length may yet be known, and the row be that long
		c.write("#")
		return
	}
	c.show(p)
}

// Final shows how far the recording came, however little time has passed.
func (c *Console) Final(p Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.level == Crit:
	case !c.hashes:
		c.show(p)
	case p.Total > 0:
		c.row(int(p.Percent()))
	}
}

// End ends the line of progress, if there is one, with nothing behind it.
func (c *Console) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending {
		c.pending = false
		c.write("\n")
	}
}

func (c *Console) show(p Progress) {
	c.pending = true
	c.write("\r" + p.Line())
}

// row draws the hashes as far as a percentage.
func (c *Console) row(percent int) {
	if percent > c.percent {
		c.pending = true
		c.write(strings.Repeat("#", percent-c.percent))
		c.percent = percent
	}
}

func (c *Console) write(s string) { _, _ = io.WriteString(c.out, s) }
