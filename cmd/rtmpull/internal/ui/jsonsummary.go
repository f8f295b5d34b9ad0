package ui

import "github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"

// A gap is one of a recording's, in its summary.
type gap struct {
	At       float64 `json:"at"`
	Duration float64 `json:"duration"`
	Hole     float64 `json:"hole"`
	Cause
}

func (j *JSON) gaps(lost []job.Loss) (list []gap) {
	for _, l := range lost {
		list = append(list, gap{seconds(l.At), seconds(l.Missing), seconds(l.Hole), j.explain(l.Why)})
	}
	return list
}

// Summary writes the last line of a recording.
func (j *JSON) Summary(r job.Result, why string, exit int) {
	kind := "summary"
	if j.stream != "" {
		kind = "stream_summary"
	}
	name, files := "", 0
	if r.Media {
		name, files = r.Name, r.Files
	}
	j.write(struct {
		*header
		File       string  `json:"file,omitempty"`
		Files      int     `json:"files,omitempty"`
		Bytes      int64   `json:"bytes"`
		Duration   float64 `json:"duration"`
		Audio      int64   `json:"audio_tags"`
		Video      int64   `json:"video_tags"`
		KeyFrames  int64   `json:"key_frames"`
		Dropped    int64   `json:"dropped"`
		Received   int64   `json:"bytes_received"`
		Reconnects int     `json:"reconnects"`
		Gaps       int64   `json:"gaps"`
		Missing    float64 `json:"missing"` // seconds
		Losses     []gap   `json:"gap_list,omitempty"`
		Jumps      int64   `json:"jumps"`                     // of the source's clock, mended
		Repeats    int64   `json:"repeats"`                   // tags that the server sent again, left out
		Total      float64 `json:"stream_duration,omitempty"` // by the stream's metadata
		Ended      string  `json:"ended"`
		ExitStatus int     `json:"exit_status"`
	}{
		j.header(kind), name, files, r.Size, seconds(r.Duration), r.Stats.Audio, r.Stats.Video, r.Stats.KeyFrames,
		r.Stats.Dropped.Total() + r.Received.Dropped, r.Received.Bytes, r.Reconnects,
		r.Gaps, seconds(r.Mended.Missing), j.gaps(r.Lost), r.Mended.Jumps + r.Mended.Wraps, r.Mended.Repeats,
		seconds(r.Total), why, exit,
	})
}
