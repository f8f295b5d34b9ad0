package job

import (
	"errors"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// A Reason says why a recording ended without an error.
type Reason string

// The reasons.
const (
	StreamEnded     Reason = "by the server"
	DurationReached Reason = "the duration was reached"
	SizeReached     Reason = "the size was reached"
	Changed         Reason = "the parameters of the stream changed"
)

// A Result is what came of a recording.
type Result struct {
	Reason     Reason // empty if Err is not nil
	Err        error
	Media      bool   // audio or video was recorded
	Heard      bool   // or came at least
	Name       string // of the last file
	First      string // and of the first
	Files      int
	Recovered  int   // files that were left unfinished before
	Size       int64 // of all files
	Duration   time.Duration
	Total      time.Duration // of a recorded stream, by its metadata; 0: not known, or live
	Stats      flvout.Stats
	Received   rtmp.Stats
	Mended     flvout.Corrections
	Gaps       int64
	Lost       []Loss        // the first maxLosses of the gaps
	Reconnects int           // connections after the first
	Took       time.Duration // from the call of Run
}

// A Loss is a gap in a recording.
type Loss struct {
	At      time.Duration // into the recording
	Missing time.Duration // of which nothing is recorded
	Hole    time.Duration // that is left empty for it
	Why     error         // the connection was lost before; nil: the stream itself has the gap
}

// maxLosses is how many gaps are remembered one by one.
const maxLosses = 100

// gather takes over what is known of files since they are complete.
func (p *Pull) gather(files FilesResult) error {
	r := &p.result
	dropped := r.Stats.Dropped
	r.Files, r.First, r.Recovered = files.Count, files.First.Name, files.Recovered
	r.Size, r.Stats = files.Size, files.Stats
	r.Stats.Dropped.NoKey = dropped.NoKey
	if files.Count > 0 {
		r.Name = files.Last.Name
	}
	if files.Count == 1 {
		r.Duration = files.Last.Duration
	}
	return files.Err
}

func isOutputError(err error) bool {
	var e *flvout.Error
	return errors.As(err, &e)
}
