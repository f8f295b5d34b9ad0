package ui

import (
	"fmt"
	"io"

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
		_, _ = fmt.Fprintf(out, "connected again: %d times; %d frames and %.2f s were passed over\n",
			r.Reconnects, r.Skipped.Frames, r.Skipped.Time.Seconds())
	}
	if n := r.LeftOut.Total(); n > 0 {
		_, _ = fmt.Fprintf(out, "left out: %d tags (%d video frames before a key frame, %d encrypted, %d commands, %d empty, %d damaged)\n",
			n, r.LeftOut.Undecodable, r.LeftOut.Encrypted, r.LeftOut.Command, r.LeftOut.Empty, r.LeftOut.Malformed)
	}
	_, _ = fmt.Fprintf(out, "ended: %s\n", why)
}

// PushSummary writes the last line.
func (j *JSON) PushSummary(r job.PushResult, why string, exit int) {
	j.write(struct {
		header
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
		j.header("summary"), r.Size, r.Duration.Seconds(), r.Audio, r.Video, r.KeyFrames,
		r.LeftOut.Total(), r.Reconnects, r.Skipped.Time.Seconds(), why, exit,
	})
}
