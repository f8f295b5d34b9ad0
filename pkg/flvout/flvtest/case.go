package flvtest

// A Kind is what a case is for.
type Kind uint8

const (
	// Repair is a damaged file that is to be mended: Case.File.
	Repair Kind = 1 << iota
	// Live is a stream as a server sends it: Case.Tags, with their arrival.
	Live
)

// A Case is one way in which files and streams go wrong.
type Case struct {
	ID   string // stays: tests and tables refer to it
	Name string // in words
	Kind Kind

	// File is the damaged file; of a Live case it holds the Tags as a recorder
	// writes that changes nothing. It is nil for what no file can hold.
	File []byte
	// Tags are the stream of a Live case, as the server sends it.
	Tags []Tag

	Want Want
}

// A Want is what a case is to come to. What is zero is to be zero, unless its
// comment says otherwise.
type Want struct {
	// Video and Audio count the frames that are kept, in all files together;
	// -1: more than one number is right.
	Video, Audio int

	// Media are the audio and video tags of the outcome, sequence headers
	// included and ends of sequence not; for Compare. Their timestamps count from
	// anywhere and are right within Slack ms. Nil: more than one outcome is right.
	Media []Tag
	Slack uint32

	// Last is the timestamp in ms of the last video frame, or of the last audio
	// frame if there is no video, counted from the first frame; right within
	// Slack. It is 0 where Media is nil and the case does not state it.
	Last uint32
	// Duration is from the first frame to the end of the last, in ms, right
	// within Slack and 25 ms more. It is 0 where Last is.
	Duration uint32

	Files int // how many files the outcome has, if a change begins a new one

	Garbage  int64 // bytes between the tags that belong to none
	Tail     int64 // bytes to be cut off the end
	Trailers int   // PreviousTagSize fields that are wrong
	Torn     bool  // the last trailer is missing, wholly or in part: to be written again
	Alien    int   // whole tags of a type that is none, empty tags too
	Heads    int   // headers of other FLV files in the middle, 13 bytes each
	Flags    byte  // the header's flags in the outcome
}

// stated fills in what follows from the media that is wanted.
func (w Want) stated() Want {
	if w.Files == 0 {
		w.Files = 1
	}
	if w.Media == nil {
		return w
	}
	w.Video, w.Audio = Frames(w.Media)
	if w.Flags == 0 {
		w.Flags = flagsOf(w.Media)
	}
	w.Last, w.Duration = span(w.Media)
	return w
}

func flagsOf(tags []Tag) (flags byte) {
	for _, t := range tags {
		switch {
		case t.Frame() && t.Type == Video:
			flags |= FlagVideo
		case t.Frame():
			flags |= FlagAudio
		}
	}
	return flags
}

// span is the last video timestamp (of audio if there is no other) and the
// duration, from the first frame on. The last frame takes as long as the one
// before it.
func span(tags []Tag) (last, duration uint32) {
	var first uint32
	begun := false
	var ts, delta [2]uint32
	var seen [2]bool
	for _, t := range tags {
		if !t.Frame() {
			continue
		}
		if !begun {
			first, begun = t.Timestamp, true
		}
		i := 0
		if t.Type == Audio {
			i = 1
		}
		at := t.Timestamp - first
		if seen[i] && at > ts[i] {
			delta[i] = at - ts[i]
		}
		ts[i], seen[i] = at, true
	}
	last = ts[0]
	if !seen[0] {
		last = ts[1]
	}
	return last, max(ts[0]+delta[0], ts[1]+delta[1])
}
