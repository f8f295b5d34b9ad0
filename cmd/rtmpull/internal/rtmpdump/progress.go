package rtmpdump

import (
	"fmt"
	"strings"
	"time"
)

// A Progress says how far a recording is.
type Progress struct {
	Bytes int64         // written, with what a file had that was gone on with
	At    time.Duration // the last timestamp
	Total time.Duration // how long all of it is; 0: that is not known
}

// Line is the line of a progress, without what brings it into its place. Programs
// read it: yt-dlp finds its figures there.
func (p Progress) Line() string {
	line := fmt.Sprintf("%s kB / %.2f sec", kB(p.Bytes), max(p.At, 0).Seconds())
	if p.Total > 0 {
		line += fmt.Sprintf(" (%.1f%%)", p.Percent())
	}
	return line
}

// Percent is how much there is of the whole: in tenths that are full, and 100 at
// most. It is 0 if the whole is not known.
func (p Progress) Percent() float64 {
	total := p.Total.Milliseconds()
	if total <= 0 {
		return 0
	}
	at := min(max(p.At.Milliseconds(), 0), total)
	return float64(at*1000/total) / 10
}

func kB(bytes int64) string { return fmt.Sprintf("%.3f", float64(max(bytes, 0))/1024) }

// Banner is what rtmpdump begins with. Programs look for the first line, yt-dlp to
// find out whether there is an rtmpdump.
func Banner(version string) string {
	return "RTMPDump v2.4\nas spoken by rtmpull " + version + ", which is no part of it\n"
}

// Silent tells whether the arguments keep the banner back: rtmpdump does so if one
// of them is exactly -q or --quiet, wherever it stands.
func Silent(args []string) bool {
	for _, arg := range args {
		if arg == "-q" || arg == "--quiet" {
			return true
		}
	}
	return false
}

// The lines that tell what happens.
const (
	Connecting       = "Connecting ..."
	Connected        = "Connected..." // of level Info
	AlreadyCompleted = "Already Completed"
	Complete         = "Download complete"
)

// Starting says what is downloaded, from where. A recording that is gone on with is
// as far as p says, of which Total may not be known yet.
func Starting(live, resumed bool, p Progress) string {
	if live {
		return "Starting Live Stream"
	}
	verb := "Starting"
	if resumed {
		verb = "Resuming"
	}
	line := fmt.Sprintf("%s download at: %s kB", verb, kB(p.Bytes))
	if p.Total > 0 {
		line += fmt.Sprintf(" / %.3f sec (%.1f%%)", max(p.At, 0).Seconds(), p.Percent())
	}
	return line
}

// ForDuration says how much is asked for.
func ForDuration(d time.Duration) string { return fmt.Sprintf("For duration: %.3f sec", d.Seconds()) }

// Incomplete says that some is missing. Without a length to measure by it is told
// how it is there: as 0 %.
func Incomplete(p Progress) string {
	return fmt.Sprintf("Download may be incomplete (downloaded about %.2f%%), try resuming", p.Percent())
}

// Caught says which signal ends the download.
func Caught(signal int) string {
	return fmt.Sprintf("Caught signal: %d, cleaning up, just a second...", signal)
}

// clean keeps what others have said from moving a terminal's cursor, and in one
// line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
