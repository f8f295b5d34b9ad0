package flvout

import (
	"encoding/binary"
	"math"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// The fields of a file's onMetaData, in their order. The first ones are kept up
// to date while the file is written, and so have values at offsets that never
// change.
const (
	fieldDuration = iota
	fieldFilesize
	fieldLastTimestamp
	fieldLastKeyTimestamp
	fieldLastKeyLocation
	fieldWidth
	fieldHeight
	fieldFramerate
	fieldVideoRate
	fieldVideoCodec
	fieldAudioRate
	fieldSampleRate
	fieldSampleSize
	fieldStereo
	fieldAudioCodec
	fieldHasVideo
	fieldHasAudio
	fieldHasMetadata
	fieldHasKeyframes
	fieldCanSeekToEnd
	fieldDatasize
	fieldVideosize
	fieldAudiosize
	numFields

	numCheckpointed = fieldLastKeyLocation + 1
)

// A subject is what a field tells of.
type subject uint8

const (
	ofFile subject = iota
	ofAudio
	ofVideo
)

// headField tells how a field is written.
var headField = [numFields]struct {
	name string
	flag bool // a boolean
	of   subject
}{
	fieldDuration:         {"duration", false, ofFile},
	fieldFilesize:         {"filesize", false, ofFile},
	fieldLastTimestamp:    {"lasttimestamp", false, ofFile},
	fieldLastKeyTimestamp: {"lastkeyframetimestamp", false, ofFile},
	fieldLastKeyLocation:  {"lastkeyframelocation", false, ofFile},
	fieldWidth:            {"width", false, ofVideo},
	fieldHeight:           {"height", false, ofVideo},
	fieldFramerate:        {"framerate", false, ofVideo},
	fieldVideoRate:        {"videodatarate", false, ofVideo},
	fieldVideoCodec:       {"videocodecid", false, ofVideo},
	fieldAudioRate:        {"audiodatarate", false, ofAudio},
	fieldSampleRate:       {"audiosamplerate", false, ofAudio},
	fieldSampleSize:       {"audiosamplesize", false, ofAudio},
	fieldStereo:           {"stereo", true, ofAudio},
	fieldAudioCodec:       {"audiocodecid", false, ofAudio},
	fieldHasVideo:         {"hasVideo", true, ofFile},
	fieldHasAudio:         {"hasAudio", true, ofFile},
	fieldHasMetadata:      {"hasMetadata", true, ofFile},
	fieldHasKeyframes:     {"hasKeyframes", true, ofFile},
	fieldCanSeekToEnd:     {"canSeekToEnd", true, ofFile},
	fieldDatasize:         {"datasize", false, ofFile},
	fieldVideosize:        {"videosize", false, ofVideo},
	fieldAudiosize:        {"audiosize", false, ofAudio},
}

const (
	headBody         = headSize + tagHeaderSize // where in a file the body of its onMetaData begins
	headFieldsOffset = 1 + 2 + len(onMetaData) + 1 + 4
	indexEntrySize   = 2 * amfNumberSize
	spacerSize       = 2 + len(spacerField) + 5 // without its elements
	padSize          = 2 + len(padField) + 3    // of an empty one
	keyframesSize    = 2 + len("keyframes") + 1 + 2 + len("times") + 5 + 2 + len("filepositions") + 5 + 3
)

// A head is what a file begins with, up to its second tag: the header and
// onMetaData, in a body whose length never changes from when the file is made. So
// the tags behind it stay where they are, and one that a crash tore leaves a file
// that can be read from its second tag on.
type head struct {
	meta  *Metadata // the server's; nil: none
	extra []byte    // the server's fields that are none of ours
	count uint32    // how many these are
	room  int       // for so many entries of the index
	body  int       // how long the body of onMetaData is
}

// newHead returns the head of a file to be written, with room for an index of n
// entries and for whatever else there may be to say.
func newHead(m *Metadata, n int) head {
	h := head{meta: m}
	if m != nil {
		for _, p := range m.fields.Properties {
			if fieldNamed(p.Name) >= 0 {
				continue
			}
			if b, err := amf.Append(appendName(h.extra, p.Name), p.Value); err == nil {
				h.extra = b
				h.count++
			}
		}
	}
	h.setRoom(n)
	if h.body > maxBody {
		h.extra, h.count = nil, 0
		h.setRoom(n)
	}
	return h
}

// setRoom makes the body just as long as n entries need it.
func (h *head) setRoom(n int) {
	h.room = max(n, 0)
	h.body = headFieldsOffset + len(h.extra) + spacerSize + padSize + 3
	for i := range headField {
		h.body += 2 + len(headField[i].name) + amfNumberSize
		if headField[i].flag {
			h.body -= amfNumberSize - 2
		}
	}
	if h.room > 0 {
		h.body += keyframesSize + h.room*indexEntrySize
	}
}

// fit makes the body n bytes long, as that of a file that is there, and gives the
// index all the room that this leaves. It fails if there is too little for what
// there may be to say without an index.
func (h *head) fit(n int) bool {
	h.setRoom(0)
	least := h.body
	room := (n - least - keyframesSize) / indexEntrySize
	if room < minIndexEntries {
		room = 0
	}
	h.room, h.body = room, n
	return n >= least
}

// size is how far into the file the second tag lies.
func (h *head) size() int64 { return int64(headBody + h.body + trailerSize) }

// append appends the head of a file of size bytes. While the file is written, and
// not final, the fields that are kept up to date are all there. The index of s is
// not longer than there is room.
func (h *head) append(dst []byte, s *summary, audio, video bool, size int64, final bool) []byte {
	dst, filler := h.start(dst, s, audio, video, size, final)
	dst = append(dst, make([]byte, zerosOf(filler))...)
	return h.end(dst, filler)
}

// start appends the head up to the zeros of a filler that is filler bytes long.
func (h *head) start(dst []byte, s *summary, audio, video bool, size int64, final bool) (head []byte, filler int) {
	dst = appendHead(dst, audio, video)
	dst = appendTagHeader(dst, Tag{Type: tag.TagTypeScriptData}, h.body)
	start := len(dst)
	v := h.values(s, audio, video, size)
	if final && s.keys == 0 {
		v[fieldLastKeyTimestamp], v[fieldLastKeyLocation] = math.NaN(), math.NaN()
	}
	dst = append(appendName(append(dst, amfString), onMetaData), amfECMAArray, 0, 0, 0, 0)
	count := h.count + 2
	for i, f := range v {
		switch {
		case math.IsNaN(f):
			continue
		case headField[i].flag:
			dst = append(appendName(dst, headField[i].name), amfBoolean, byte(f))
		default:
			dst = appendNumber(appendName(dst, headField[i].name), f)
		}
		count++
	}
	if n := s.entries(); n >= minKeyframes {
		dst = appendKeyframes(dst, s.index.Entries())
		count++
	}
	dst = append(dst, h.extra...)
	filler = h.body - (len(dst) - start) - 3
	binary.BigEndian.PutUint32(dst[start+headFieldsOffset-4:], count)
	return appendFillerStart(dst, filler), filler
}

// end appends what is behind the zeros.
func (h *head) end(dst []byte, filler int) []byte {
	dst = append(appendFillerEnd(dst, filler), 0, 0, amfObjectEnd)
	return binary.BigEndian.AppendUint32(dst, uint32(tagHeaderSize+h.body))
}

// finish returns the head of a file that is complete, and has size bytes.
func (h *head) finish(s *summary, size int64) []byte {
	return h.append(make([]byte, 0, h.size()), s, s.audio.tags > 0, s.video.tags > 0, size, true)
}

// checkpoint appends the fields that are kept up to date, which lie in the file at
// headBody+headFieldsOffset.
func checkpoint(dst []byte, s *tally, size int64) []byte {
	for i, f := range checkpointed(s, size) {
		dst = appendNumber(appendName(dst, headField[i].name), f)
	}
	return dst
}

// minKeyframes is how many entries an index must have: to FFmpeg a shorter one is
// no index.
const minKeyframes = 2

// entries returns how many entries the index has.
func (s *summary) entries() int {
	if s.index == nil {
		return 0
	}
	return s.index.Len()
}
