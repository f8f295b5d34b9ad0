package flvout

import (
	"encoding/binary"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"
)

// A found is a tag's header as it stands in a file.
type found struct {
	at       int64
	tag      Tag // without its body
	size     int
	streamID uint32
	first    byte // of the body
	trailer  bool // is there and right
	bare     bool // the trailer is missing, and something else follows
}

// bodyEnd is where the trailer belongs.
func (f *found) bodyEnd() int64 { return f.at + tagHeaderSize + int64(f.size) }

// A habit is what the newest trailers have in common: some writers write 0, or
// the size of the body.
type habit struct {
	zero, bodySize int // so many in a row
}

func (h *habit) add(value uint32, size int) {
	h.zero, h.bodySize = h.zero+1, h.bodySize+1
	if value != 0 {
		h.zero = 0
	}
	if value != uint32(size) {
		h.bodySize = 0
	}
}

// has tells whether a trailer is as wrong as those before it.
func (h *habit) has(value uint32, size int) bool {
	const settled = 3
	return h.zero >= settled && value == 0 || h.bodySize >= settled && value == uint32(size)
}

// A verdict says what begins at a place in the file.
type verdict uint8

// The verdicts.
const (
	isNothing verdict = iota
	isTag
	isAlien // a tag to pass over
	isFile  // the header of another FLV file
)

// judge looks at a place where a tag is expected, because the one before ends
// there or search found it.
func (s *Salvager) judge(at int64) (f found, what verdict) {
	h := s.near(at, tagHeaderSize+1)
	if len(h) <= tagHeaderSize { // the file ends in a header
		if len(h) > 0 {
			f.tag.Type = tag.TagType(h[0])
		}
		return f, isNothing
	}
	f = parseFound(h, at)
	if n := tagHeaderSize + f.size + glance; n <= maxLent {
		s.near(at, n)
	}
	what = isTag
	if !knownType(f.tag.Type) {
		what = isAlien
	}
	end := f.bodyEnd()
	tail := s.at(end, glance)
	if s.trailerOf(&f, tail) {
		f.trailer = true
		return f, what
	}
	if end <= s.size && s.headerLike(&f) && s.ends(&f, tail) {
		return f, what
	}
	if s.headLength(at) > 0 {
		return f, isFile
	}
	return f, isNothing
}

// ends tells whether a body that has no right trailer ends all the same where
// its header says, judged by what is behind it.
func (s *Salvager) ends(f *found, tail []byte) bool {
	end := f.bodyEnd()
	if len(tail) < trailerSize {
		// The file ends with the body, or in the trailer.
		right := [trailerSize]byte{}
		binary.BigEndian.PutUint32(right[:], uint32(tagHeaderSize+f.size))
		return string(right[:len(tail)]) == string(tail)
	}
	value := binary.BigEndian.Uint32(tail)
	switch {
	case s.habit.has(value, f.size), end+trailerSize == s.size:
		return true
	case value == signature && s.headLength(end) > 0:
		f.bare = true
		return true
	}
	return s.follows(end+trailerSize, 2)
}

// trailerOf tells whether b begins with the right trailer.
func (s *Salvager) trailerOf(f *found, b []byte) bool {
	return len(b) >= trailerSize && binary.BigEndian.Uint32(b) == uint32(tagHeaderSize+f.size)
}

// follows tells whether n tags follow at a place, going by their headers, or
// fewer up to the file's end. A tag with the right trailer ends the doubt.
func (s *Salvager) follows(at int64, n int) bool {
	for range n {
		if at == s.size {
			return true
		}
		h := s.at(at, tagHeaderSize+1)
		if len(h) < tagHeaderSize+1 {
			return false
		}
		f := parseFound(h, at)
		if !s.headerLike(&f) {
			return s.headLength(at) > 0
		}
		end := f.bodyEnd()
		if end > s.size {
			return true // torn, as the last may be
		}
		if s.trailerOf(&f, s.at(end, trailerSize)) {
			return true
		}
		at = end + trailerSize
	}
	return true
}

// search looks for the next place, from one on, that begins a tag or a file,
// with no help from what is before it.
func (s *Salvager) search(from int64) (at int64, ok bool) {
	s.searching = true
	defer func() { s.searching = false }()
	for s.err == nil && from+tagHeaderSize < s.size {
		b := s.near(from, maxLent)
		i := 0
		for {
			i = candidate(b, i, s.streamID)
			if i+tagHeaderSize >= len(b) {
				break
			}
			if at := from + int64(i); s.headLength(at) > 0 || s.proven(b[i:], at) {
				return at, s.err == nil
			}
			i++
		}
		from += int64(len(b) - tagHeaderSize)
	}
	return 0, false
}

// candidate returns the next place in b, from one on, that may begin a tag with
// this stream ID or a file. It is where most bytes of garbage are read.
func candidate(b []byte, i int, id uint32) int {
	const z = tagHeaderSize - 3 // where a tag's stream ID is
	for i+tagHeaderSize < len(b) {
		switch h := b[i : i+tagHeaderSize+1]; {
		case h[0] == 'F' && binary.BigEndian.Uint32(h) == signature:
			return i
		case id == 0 && h[z+2] != 0 && h[1] != 'F' && h[2] != 'F':
			i += 3 // none of the next three places has three zeros there
			continue
		case binary.BigEndian.Uint32(h[z:])>>8 == id && knownType(tag.TagType(h[0])):
			return i
		}
		i++
	}
	return i
}

// proven tells whether a tag begins with the header h, which nothing leads to.
func (s *Salvager) proven(h []byte, at int64) bool {
	// Of a body this long the trailer alone is proof. The size of a short one
	// is easily repeated behind it in data that has a pattern.
	const long = 64
	f := parseFound(h[:tagHeaderSize+1], at)
	end := f.bodyEnd()
	if end+trailerSize > s.size || !knownType(f.tag.Type) || !s.headerLike(&f) {
		return false
	}
	if !s.trailerOf(&f, s.at(end, trailerSize)) {
		return f.size > 0 && end+trailerSize < s.size && s.headersFollow(end+trailerSize)
	}
	return f.size > long || s.follows(end+trailerSize, 1)
}

// headersFollow tells whether two more tags follow that are whole, going by their
// headers alone.
func (s *Salvager) headersFollow(at int64) bool {
	for range 2 {
		h := s.at(at, tagHeaderSize+1)
		if len(h) < tagHeaderSize+1 {
			return false
		}
		f := parseFound(h, at)
		if !s.headerLike(&f) || f.bodyEnd()+trailerSize > s.size {
			return false
		}
		at = f.bodyEnd() + trailerSize
	}
	return true
}

// headLength returns the length of an FLV file's header at a place within the
// file, with the trailer of no tag, and 0 if there is none.
func (s *Salvager) headLength(at int64) int64 {
	h := s.at(at, int(flv.HeaderLength))
	if at == 0 || len(h) < int(flv.HeaderLength) || binary.BigEndian.Uint32(h) != signature {
		return 0
	}
	n := int64(binary.BigEndian.Uint32(h[5:]))
	if n < int64(flv.HeaderLength) || n > 0xFF {
		return 0
	}
	return n + trailerSize
}

func parseFound(h []byte, at int64) found {
	f := found{at: at}
	f.tag, f.size = parseTagHeader(h)
	f.streamID = uint32(h[8])<<16 | uint32(h[9])<<8 | uint32(h[10])
	if len(h) > tagHeaderSize {
		f.first = h[tagHeaderSize]
	}
	return f
}

// knownType tells the types of tags that are returned.
func knownType(t tag.TagType) bool {
	switch t {
	case tag.TagTypeAudio, tag.TagTypeVideo, tag.TagTypeScriptData, tagTypeScriptAMF3:
		return true
	}
	return false
}

// headerLike tells whether a header looks like one, its size apart.
func (s *Salvager) headerLike(f *found) bool {
	if f.streamID != 0 && (f.streamID != s.streamID || !s.any) {
		return false
	}
	switch f.tag.Type &^ tagFilterBit {
	case tag.TagTypeAudio:
		return f.size == 0 || f.first>>4 != 12 && (f.first>>4 != exSoundFormat || f.first&0x0F <= packetModEx)
	case tag.TagTypeVideo:
		return f.size == 0 || videoByte(f.first)
	case tag.TagTypeScriptData:
		return f.size == 0 || f.first == amfString
	case tagTypeScriptAMF3:
		return f.size > 0 && (f.first == 0 || f.first == amfString)
	}
	return false
}

// videoByte tells whether a video body can begin so. MediaMTX writes frame type 0.
func videoByte(b byte) bool {
	if b&exVideoBit != 0 {
		return b&0x0F <= packetModEx
	}
	codec := b & 0x0F
	return b>>4 <= byte(tag.FrameTypeVideoInfoCommandFrame) && codec != 0 && codec <= legacyAV1
}
