package ui

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// An Outcome is what came of one stream among several.
type Outcome struct {
	Label  string
	Result job.Result
	Why    string // it ended, in words
	Status int    // that rtmpull would exit with, were it the only one
}

// Statuses above the first are those of signals, but for a broken pipe's.
const (
	firstSignal = 128
	brokenPipe  = firstSignal + 13
)

// The kinds of outcomes.
const (
	complete = iota
	interrupted
	failed
)

func (o *Outcome) kind() int {
	switch {
	case o.Status == 0:
		return complete
	case o.Status > firstSignal && o.Status != brokenPipe:
		return interrupted
	}
	return failed
}

// Failed tells whether the stream failed: a signal is the user's wish.
func (o *Outcome) Failed() bool { return o.kind() == failed }

// A total is what came of all streams together.
type total struct {
	count      [3]int // by kind
	statuses   map[string]int
	files      int
	size       int64
	duration   time.Duration
	received   int64
	reconnects int
	gaps       int64
	missing    time.Duration
}

func totalOf(outcomes []Outcome) total {
	t := total{statuses: make(map[string]int)}
	for i := range outcomes {
		o := &outcomes[i]
		r := &o.Result
		t.count[o.kind()]++
		t.statuses[strconv.Itoa(o.Status)]++
		if r.Media {
			t.files += r.Files
		}
		t.size += r.Size
		t.duration += r.Duration
		t.received += r.Received.Bytes
		t.reconnects += r.Reconnects
		t.gaps += r.Gaps
		t.missing += r.Mended.Missing
	}
	return t
}

// SummaryOfAll writes in words what came of several streams: a line for each, those
// that failed first, and one of totals.
func SummaryOfAll(out io.Writer, outcomes []Outcome) {
	var b strings.Builder
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(x, y Outcome) int { return y.kind() - x.kind() })
	for i := range sorted {
		o := &sorted[i]
		if o.kind() == failed {
			fmt.Fprintf(&b, "failed (%d) ", o.Status)
		}
		fmt.Fprintf(&b, "%s: %s; ended: %s\n", o.Label, amount(&o.Result), o.Why)
	}
	t := totalOf(outcomes)
	var parts []string
	for kind, word := range []string{"complete", "interrupted", "failed"} {
		if n := t.count[kind]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+word)
		}
	}
	fmt.Fprintf(&b, "%s: %s; %s, %s\n", Count(int64(len(outcomes)), "stream"), strings.Join(parts, ", "),
		Count(int64(t.files), "file"), humanize.Bytes(uint64(t.size)))
	_, _ = io.WriteString(out, b.String())
}

// amount says how much was recorded.
func amount(r *job.Result) string {
	if !r.Media {
		return "nothing"
	}
	text := fmt.Sprintf("%.2f s, %s", r.Duration.Seconds(), humanize.Bytes(uint64(r.Size)))
	if r.Files > 1 {
		text += fmt.Sprintf(" in %d files", r.Files)
	}
	if r.Gaps > 0 {
		text += fmt.Sprintf("; missing: %.2f s in %s", r.Mended.Missing.Seconds(), Count(r.Gaps, "gap"))
	}
	return text
}

// SummaryOfAll writes the last line, which is about all streams.
func (j *JSON) SummaryOfAll(outcomes []Outcome, exit int) {
	t := totalOf(outcomes)
	j.write(struct {
		*header
		Streams     int            `json:"streams"`
		Complete    int            `json:"complete"`
		Interrupted int            `json:"interrupted"`
		Failed      int            `json:"failed"`
		Statuses    map[string]int `json:"exit_statuses"` // how many streams have which
		Files       int            `json:"files"`
		Bytes       int64          `json:"bytes"`
		Duration    float64        `json:"duration"` // of all of them, one after the other
		Received    int64          `json:"bytes_received"`
		Reconnects  int            `json:"reconnects"`
		Gaps        int64          `json:"gaps"`
		Missing     float64        `json:"missing"`
		ExitStatus  int            `json:"exit_status"` // the worst
	}{
		j.header("summary"), len(outcomes), t.count[complete], t.count[interrupted], t.count[failed], t.statuses,
		t.files, t.size, seconds(t.duration), t.received, t.reconnects, t.gaps, seconds(t.missing), exit,
	})
}
