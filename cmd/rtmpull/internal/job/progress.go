package job

import (
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// An Event is something that happened to a recording, or to a file that is
// published.
type Event struct {
	Kind     Kind
	Name     string // of the output
	Seq      int    // the file's number among those of the recording
	Files    int    // whose hook has not ended, of HooksAwaited
	Media    string // Audio or Video, of FirstMedia
	Size     int64
	Duration time.Duration // of the file; of what is missing, for Gap; of Jump, perhaps negative
	Hole     time.Duration // that a recording has, for Gap
	Length   time.Duration // of the stream by its metadata, of EndsEarly
	Frames   int64         // missing, for Gap of what is published
	Err      error         // why, of Reconnect, Gap and Waiting; what went wrong, of others
	Wait     time.Duration // until the attempt that Reconnect or Waiting announces
	Attempt  int           // its number in a row
	Left     time.Duration // how much longer the stream is waited for, of Waiting
	Short    bool          // of FileClosed with an Err: the file is complete, but for what there was no room for
	Why      string        // the file ended, as for programs; empty: with the recording
	Splice   flvout.SpliceEvent
}

// A Kind says what happened.
type Kind string

// The events. Their names are those of the JSON lines.
const (
	FirstMedia Kind = "first_media"
	FileOpened Kind = "file_opened"
	FileClosed Kind = "file_closed"
	Reconnect  Kind = "reconnect" // the connection failed or was lost, and is tried again
	Gap        Kind = "gap"       // the stream goes on, and some of it is missing
	Jump       Kind = "jump"      // the timestamps leave the clock; those of a recording were mended

	Waiting       Kind = "waiting"           // the stream is not live yet; told when the reason changes
	SourceChanged Kind = "source"            // the other source takes over, Name
	Moving        Kind = "reconnect_request" // the server asks to connect anew, to Name; or that is not done: Err
	TrackSilent   Kind = "track_silent"      // no Media for Duration, while the other goes on
	TrackBack     Kind = "track_back"        // after Duration

	// StartIgnored: the server begins at the beginning, and what comes before Duration is
	// passed over.
	StartIgnored Kind = "start_ignored"

	// EndsEarly: a recorded stream has no more than was recorded, which is as far as
	// Duration, though its metadata says Length.
	EndsEarly Kind = "ends_early"

	// What a recording was mended of, or has changed. Splice says more.
	Rejoined    Kind = "rejoined"     // the stream goes on, and nothing of it is missing
	Wrap        Kind = "wrap"         // the source's timestamps have 24 bits, and began anew
	Repeat      Kind = "repeat"       // the server sent again what it had sent
	Loops       Kind = "source_loops" // it does so over and over, and that is recorded
	CodecChange Kind = "codec_change"
	Oddity      Kind = "oddity"

	Recovered  Kind = "recovered" // a file was completed that a recording had left unfinished, or could not be
	HookFailed Kind = "hook_failed"
	HookLeft   Kind = "hook_left" // running, when there was no time left to wait for it

	// HooksAwaited: all is recorded and complete, and only hooks are waited for. The
	// progress does not move any more.
	HooksAwaited Kind = "hooks_awaited"
)

// Progress is how far a job is. One goroutine updates it; any may read
// it, by Snapshot.
type Progress struct {
	duration, size, video, audio, keys, lastKey, reconnects atomic.Int64

	awaited atomic.Pointer[Awaited]
	span    span
}

// Awaited is what a job waits for that has no stream.
type Awaited struct {
	Why          error
	Begun        bool      // there was media before
	Since, Until time.Time // zero: without end
}

// A Snapshot is Progress at one moment.
type Snapshot struct {
	Duration   time.Duration // of media
	Size       int64         // bytes
	Audio      int64         // tags
	Video      int64
	LastKey    time.Time // when the last key frame was written; zero: none yet
	Reconnects int64
	Awaited    *Awaited // nil: it has a stream, or connects for the first time

	// Of a recorded stream: how long it is, by its metadata, and where in it the
	// recording is, which was asked for from Start to End. Total and End are 0 if they
	// are not known, or the stream is live.
	Total, Position, Start, End time.Duration
}

// Progress returns the state of the recording. It may be called at any time.
func (p *Pull) Progress() Snapshot { return p.progress.snapshot() }

func (p *Progress) update(out flvout.Sink) {
	s := out.Stats()
	p.duration.Store(int64(out.Duration()))
	p.size.Store(out.Size())
	p.audio.Store(s.Audio)
	p.video.Store(s.Video)
	if s.KeyFrames != p.keys.Load() {
		p.keys.Store(s.KeyFrames)
		p.lastKey.Store(time.Now().UnixNano())
	}
}

func (p *Progress) snapshot() Snapshot {
	s := Snapshot{
		Duration:   time.Duration(p.duration.Load()),
		Size:       p.size.Load(),
		Audio:      p.audio.Load(),
		Video:      p.video.Load(),
		Reconnects: p.reconnects.Load(),
		Awaited:    p.awaited.Load(),
		Total:      time.Duration(p.span.total.Load()),
		Position:   time.Duration(p.span.position.Load()),
		Start:      time.Duration(p.span.start.Load()),
		End:        time.Duration(p.span.end.Load()),
	}
	if ns := p.lastKey.Load(); ns != 0 {
		s.LastKey = time.Unix(0, ns)
	}
	return s
}
