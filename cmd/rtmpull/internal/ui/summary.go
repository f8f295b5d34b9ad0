package ui

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// Summary writes in words what came of a recording that had media. why says how it
// ended, and explain how it lost what is missing.
func Summary(out io.Writer, r job.Result, why string, explain Explain) {
	d := r.Duration.Seconds()
	rate := ""
	if d > 0 {
		// Of the media: a file that was not completed has room for its index in it.
		rate = ", " + Rate(float64(r.Stats.Bytes)*8/d)
		if r.Stats.Video > 0 {
			rate += fmt.Sprintf(", %.1f fps", float64(r.Stats.Frames)/d)
		}
	}
	_, _ = fmt.Fprintf(out, "%s: %.2f s, %s%s; %d audio and %d video tags\n",
		named(r), d, humanize.Bytes(uint64(r.Size)), rate, r.Stats.Audio, r.Stats.Video)
	if r.Reconnects > 0 {
		_, _ = fmt.Fprintf(out, "connected again: %s\n", Count(int64(r.Reconnects), "time"))
	}
	m := r.Mended
	tell := func(what string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			_, _ = fmt.Fprintf(out, "%s: %s\n", what, strings.Join(parts, ", "))
		}
	}
	if r.Gaps > 0 {
		tell("missing", fmt.Sprintf("%.2f s in %s", m.Missing.Seconds(), Count(r.Gaps, "gap")))
		for _, line := range gapLines(r, explain) {
			_, _ = fmt.Fprintf(out, "  %s\n", line)
		}
	}
	tell("mended", some(m.Jumps+m.Wraps, "jump", " of the clock"), some(m.Raised, "timestamp", " that went back"),
		some(m.Made, "missing header", ""))
	tell("left out", some(m.Repeats, "repeated tag", ""), some(m.Undecodable+r.Stats.Dropped.NoKey, "frame", " that could not be decoded"))
	tell("lost", some(r.Stats.Dropped.Malformed+r.Stats.Dropped.TooLarge+r.Received.Dropped, "damaged message", ""))
	_, _ = fmt.Fprintf(out, "ended: %s\n", why)
}

// gapLines are about the longest of the gaps, in the order of time.
func gapLines(r job.Result, explain Explain) (lines []string) {
	const most = 5
	lost := slices.Clone(r.Lost)
	if len(lost) > most {
		slices.SortStableFunc(lost, func(a, b job.Loss) int { return cmp.Compare(b.Missing, a.Missing) })
		lost = lost[:most]
		slices.SortStableFunc(lost, func(a, b job.Loss) int { return cmp.Compare(a.At, b.At) })
	}
	for _, l := range lost {
		why := "the stream itself has it"
		if l.Why != nil {
			why = explain(l.Why).Text
		}
		lines = append(lines, fmt.Sprintf("%.2f s at %s: %s", l.Missing.Seconds(), Clock(l.At), why))
	}
	if more := r.Gaps - int64(len(lost)); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// some writes a number of things, if there are any.
func some(n int64, thing, after string) string {
	if n == 0 {
		return ""
	}
	return Count(n, thing) + after
}

// named is what was written.
func named(r job.Result) string {
	if r.Files > 1 {
		return fmt.Sprintf("%d files, %s to %s", r.Files, r.First, r.Name)
	}
	return r.Name
}
