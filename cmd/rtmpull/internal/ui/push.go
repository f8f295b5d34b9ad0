package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// PushSummary writes in words what came of a file that was published.
func PushSummary(out io.Writer, r job.PushResult, why string) {
	d := r.Duration.Seconds()
	rate := ""
	if d > 0 {
		rate = ", " + Rate(float64(r.Size)*8/d)
	}
	_, _ = fmt.Fprintf(out, "sent: %.2f s, %s%s; %d audio and %d video tags\n",
		d, humanize.Bytes(uint64(r.Size)), rate, r.Audio, r.Video)
	if r.Reconnects > 0 {
		_, _ = fmt.Fprintf(out, "connected again: %s%s\n", Count(int64(r.Reconnects), "time"), passedOver(r.Skipped))
	}
	if left := leftOut(r.LeftOut); left != "" {
		_, _ = fmt.Fprintf(out, "left out: %s\n", left)
	}
	_, _ = fmt.Fprintf(out, "ended: %s\n", why)
}

// passedOver writes what should have been sent while there was no connection.
func passedOver(s job.Skipped) string {
	if s.Frames == 0 {
		return ""
	}
	return fmt.Sprintf("; passed over: %s, %.2f s", Count(s.Frames, "frame"), s.Time.Seconds())
}

func leftOut(l job.LeftOut) string {
	var parts []string
	add := func(n int64, before, after string) {
		if n > 0 {
			parts = append(parts, Count(n, before)+after)
		}
	}
	add(l.Undecodable, "video frame", " before a key frame")
	add(l.Encrypted, "encrypted tag", "")
	add(l.Command, "seek command", "")
	add(l.Empty, "empty tag", "")
	add(l.Malformed, "damaged tag", "")
	add(l.TooLong, "metadata tag", " too long to send")
	return strings.Join(parts, ", ")
}

// PushSummary writes the last line.
func (j *JSON) PushSummary(r job.PushResult, why string, exit int) {
	j.write(struct {
		*header
		Bytes      int64   `json:"bytes"`
		Duration   float64 `json:"duration"`
		Audio      int64   `json:"audio_tags"`
		Video      int64   `json:"video_tags"`
		KeyFrames  int64   `json:"key_frames"`
		LeftOut    int64   `json:"left_out"`
		Reconnects int     `json:"reconnects"`
		Missing    float64 `json:"missing"` // seconds
		Ended      string  `json:"ended"`
		ExitStatus int     `json:"exit_status"`
	}{
		j.header("summary"), r.Size, seconds(r.Duration), r.Audio, r.Video, r.KeyFrames,
		r.LeftOut.Total(), r.Reconnects, seconds(r.Skipped.Time), why, exit,
	})
}
