package flvout

import (
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A SpliceKind says what a Splicer did to a stream.
type SpliceKind uint8

// What is told of.
const (
	_ SpliceKind = iota

	// ClockJumped: the source's clock jumped while the stream went on; the
	// recording's does not. Gap is by how much.
	ClockJumped
	// ClockWrapped: the source counts to 2^24 only, and began again at 0.
	ClockWrapped
	// GapKept: nothing came for a while. Gap is how long, and the recording has
	// a hole of that length.
	GapKept
	// GapCut: the same, but no hole is left: it is too long, or the clock has jumped
	// with it.
	GapCut
	// Rejoined: a new connection goes on where the last one ended. Missing is
	// for how long nothing was recorded, Gap how much of that is left as a hole. If the
	// clock is another, it is told some seconds later: then it is known how much of what
	// was missed the server has kept.
	Rejoined

	// RepeatDropped: the server sent again what is recorded already. Tags is how
	// many tags, Gap how much media.
	RepeatDropped
	// SourceLoops: the same comes over and over again, so it is no mistake of a
	// server's. It is recorded from here on.
	SourceLoops
	// CatchingUp: a recorded stream that goes on with a file comes from its
	// beginning, and not from where it was asked for. Nothing of it is recorded until
	// the file's end is reached.
	CatchingUp
	// PlaceLost: nothing came of the end of the recording that a recorded stream goes
	// on with. Tags is how many were left out meanwhile.
	PlaceLost

	// HeaderChanged: another sequence header came, or another codec. Split tells
	// that a new file begins with it.
	HeaderChanged
	// HeaderMade: no sequence header came, and one was made from what stands in
	// the frames.
	HeaderMade
	// HeaderMissing: no sequence header came in time. The track is left out until
	// one comes.
	HeaderMissing

	// BegunWithoutKey: no key frame came in time; the first pictures cannot be
	// decoded.
	BegunWithoutKey
	// BegunWithoutVideo: video was announced and did not come in time.
	BegunWithoutVideo
)

var spliceKinds = [...]string{
	ClockJumped:       "clock jumped",
	ClockWrapped:      "clock wrapped at 2^24 ms",
	GapKept:           "gap",
	GapCut:            "gap cut out",
	Rejoined:          "rejoined",
	RepeatDropped:     "repeat dropped",
	SourceLoops:       "source loops",
	CatchingUp:        "the server begins from the beginning: what is recorded already is passed over",
	PlaceLost:         "the server does not go on where the recording ends",
	HeaderChanged:     "header changed",
	HeaderMade:        "header made",
	HeaderMissing:     "header missing",
	BegunWithoutKey:   "begun without a key frame",
	BegunWithoutVideo: "begun without video",
}

// String returns a few words for people.
func (k SpliceKind) String() string {
	if int(k) < len(spliceKinds) {
		return spliceKinds[k]
	}
	return ""
}

// A SpliceEvent tells of one thing that was mended or decided. Fields that do
// not belong to its kind are zero.
type SpliceEvent struct {
	Kind    SpliceKind
	Type    tag.TagType   // the track that it was noticed on: audio or video
	At      time.Duration // where in the recording
	From    uint32        // the source's timestamp before it, ms
	To      uint32        // and behind it
	Gap     time.Duration // below 0: back
	Missing time.Duration
	Tags    int64
	Old     Codec
	New     Codec
	Split   bool

	// What the headers before and after a change say; zero if there are none.
	Before, After Parameters
}

// Corrections count everything that was mended, left out or decided.
type Corrections struct {
	Jumps   int64         // of the source's clock, taken out
	Wraps   int64         // of the source's clock at 2^24
	Gaps    int64         // in which nothing came, whether left as holes or cut out
	Raised  int64         // timestamps that were earlier than the one before them
	Rejoins int64         // connections that followed on
	Missing time.Duration // of which nothing is recorded: gaps, and between connections

	Repeats         int64 // tags that were sent again
	RepeatedHeaders int64 // headers that were in force already
	Ends            int64 // ends of sequence that a stream went on behind
	Undecodable     int64 // frames left out for want of a key frame or a header before them
	Early           int64 // audio from before the picture

	Changes int64 // of headers
	Splits  int64 // files begun because of them, or of a new connection
	Made    int64 // headers made from what stands in the frames
}
