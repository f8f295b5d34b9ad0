package flvout

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"
)

const (
	// window is how much of a file a Salvager has in memory.
	window = 1 << 20

	// maxLent is how far a tag may reach to be lent from the window. It is half of
	// that, so that the window moves on by the other half before it is read again,
	// whatever sizes the tags announce.
	maxLent = window / 2

	// glance is what is looked at behind a body: its trailer, the next header, and
	// the first byte of the next body.
	glance = trailerSize + tagHeaderSize + 1

	signature = 'F'<<24 | 'L'<<16 | 'V'<<8 | 1
)

// Damage counts what a Salvager found wrong with a file.
type Damage struct {
	Head       bool  // there is no header, or none that can be trusted
	LongHead   bool  // the header has not 9 bytes
	Garbage    int64 // bytes before and between tags that are none
	Places     int64 // at which there are such bytes
	Trailers   int64 // that do not tell the size of the tag before them, or of no tag
	NoTrailer  bool  // the last one is missing, or a part of it
	Tail       int64 // bytes behind the last tag
	Torn       bool  // they begin like a tag
	Joined     int64 // FLV files that were appended to the first
	Alien      int64 // tags of unknown types, and encrypted ones
	AlienBytes int64 // in these
	StreamIDs  int64 // tags with a stream ID, which has to be 0
}

// A Salvager reads the tags of a damaged FLV file. What it returns as a tag is
// proven by its header, its trailer and the headers that follow; where that
// fails it looks for the next tag that is. Trailers of 0, or otherwise wrong
// throughout, do not hinder it. It belongs to one goroutine.
//
// It keeps a window of the file and the largest body, and takes time in
// proportion to the file's size, whatever is in it.
type Salvager struct {
	r    io.ReaderAt
	size int64

	win  []byte // what the file has from base on
	base int64
	body []byte       // of a tag longer than maxLent; reused
	far  [glance]byte // what was looked at elsewhere

	begun    bool
	flags    byte  // of the file's header
	head     int64 // its length, with the trailer of no tag
	pos      int64 // where the next tag has to begin
	last     found // the tag returned last
	end      int64 // behind it
	any      bool  // there was a tag since the last file header
	streamID uint32
	habit    habit // how trailers were written so far
	damage   Damage
	err      error // sticks
}

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

// NewSalvager returns a Salvager of the file r, which has size bytes.
func NewSalvager(r io.ReaderAt, size int64) *Salvager {
	return &Salvager{r: r, size: size}
}

// newSalvagerAt returns a Salvager of the tags that r has from one offset up to
// another, the first of which begins right there.
func newSalvagerAt(r io.ReaderAt, from, end int64) *Salvager {
	return &Salvager{r: r, size: end, begun: true, pos: from}
}

// Offset returns where in the file the tag that Next returned last begins.
func (s *Salvager) Offset() int64 { return s.last.at }

// End returns where in the file the tag that Next returned last ends, with its
// trailer if that is there. Behind the last tag it is where the file has to be
// cut. It is 0 before the first.
func (s *Salvager) End() int64 { return s.end }

// Damage returns what was found up to the tag that Next returned last, and
// everything once it returned io.EOF.
func (s *Salvager) Damage() Damage { return s.damage }

// Next returns the next tag, whose body is borrowed until the call after, and
// io.EOF at the end. Encrypted tags and those of unknown types are passed over.
// Other errors are those of reading. They stick.
func (s *Salvager) Next() (Tag, error) {
	if !s.begun {
		s.begun = true
		s.readHead()
	}
	for s.err == nil {
		f, what := s.judge(s.pos)
		switch {
		case s.err != nil:
		case what == isTag:
			return s.take(&f)
		case what == isAlien:
			s.damage.Alien++
			s.damage.AlienBytes += f.bodyEnd() + trailerSize - f.at
			s.pos = f.bodyEnd() + trailerSize
		case what == isFile:
			if s.end > 0 {
				s.damage.Joined++
			}
			s.any = false
			s.pos += s.headLength(s.pos)
		default:
			s.resync(s.headerLike(&f))
		}
	}
	return Tag{}, s.err
}

// resync looks for the next tag, and ends the reading if there is none. torn
// says that something begins here that looks like a tag.
func (s *Salvager) resync(torn bool) {
	from := s.pos
	to, ok := s.search(from + 1)
	switch {
	case s.err != nil:
	case ok:
		s.damage.Garbage += to - from
		s.damage.Places++
		s.pos = to
	default:
		s.damage.Tail = max(s.size-from, 0)
		s.damage.Torn = torn && s.damage.Tail > 0
		s.err = io.EOF
	}
}

// readHead reads the file's header, if there is one.
func (s *Salvager) readHead() {
	h := s.at(0, headSize)
	if len(h) < int(flv.HeaderLength) || string(h[:3]) != "FLV" {
		s.damage.Head = true
		return
	}
	s.flags = h[4]
	s.pos = int64(headSize)
	n := int64(binary.BigEndian.Uint32(h[5:]))
	s.damage.LongHead = n != int64(flv.HeaderLength)
	if n < int64(flv.HeaderLength) || n+trailerSize > s.size {
		s.damage.Head = true
		return
	}
	s.head = n + trailerSize
	if binary.BigEndian.Uint32(s.at(n, trailerSize)) != 0 {
		s.damage.Trailers++
	}
	// The length may be wrong, and the trailer may be missing.
	for _, at := range [...]int64{s.head, int64(headSize), int64(flv.HeaderLength)} {
		if _, what := s.judge(at); what != isNothing {
			s.damage.Head = at != s.head
			s.pos = at
			return
		}
	}
}

// The verdicts on a place in the file.
type verdict uint8

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

// take returns a tag that was found, with its body, and moves on.
func (s *Salvager) take(f *found) (Tag, error) {
	t, n := f.tag, tagHeaderSize+f.size
	if n <= maxLent {
		t.Body = s.near(f.at, n)[tagHeaderSize:n:n]
	} else {
		s.body = slices.Grow(s.body[:0], f.size)[:f.size]
		if s.read(s.body, f.at+tagHeaderSize); s.err != nil {
			return Tag{}, s.err
		}
		t.Body = s.body
	}
	if !s.any {
		s.any, s.streamID = true, f.streamID
	}
	if f.streamID != 0 {
		s.damage.StreamIDs++
	}
	end := f.bodyEnd()
	switch tail := s.at(end, trailerSize); {
	case f.trailer:
		s.end = end + trailerSize
		s.habit = habit{}
	case f.bare:
		s.end = end
		s.damage.Trailers++
	case len(tail) < trailerSize:
		s.end = end
		s.damage.NoTrailer = true
	default:
		s.end = end + trailerSize
		s.habit.add(binary.BigEndian.Uint32(tail), f.size)
		s.damage.Trailers++
	}
	s.pos, s.last = s.end, *f
	if s.damage.NoTrailer {
		s.pos = s.size
	}
	return t, s.err
}

// near returns what the window has from a place on, n bytes at least, maxLent at
// most, unless the file ends before. It moves the window there if need be.
func (s *Salvager) near(at int64, n int) []byte {
	if s.base <= at && at+int64(n) <= s.base+int64(len(s.win)) {
		return s.win[at-s.base:]
	}
	kept := 0
	if s.base <= at && at < s.base+int64(len(s.win)) {
		kept = copy(s.win, s.win[at-s.base:])
	}
	if s.win == nil {
		s.win = make([]byte, min(window, s.size))
	}
	s.base = at
	s.win = s.win[:max(min(int64(cap(s.win)), s.size-at), 0)]
	if kept < len(s.win) {
		s.read(s.win[kept:], at+int64(kept))
	}
	return s.win
}

// at returns n bytes from a place, a glance at most, or as many as the file has.
// It leaves the window where it is. Another call may overwrite them.
func (s *Salvager) at(at int64, n int) []byte {
	if s.base <= at && at+int64(n) <= s.base+int64(len(s.win)) {
		return s.win[at-s.base:][:n]
	}
	b := s.far[:max(min(int64(n), s.size-at), 0)]
	s.read(b, at)
	return b
}

// read fills b from a place where the file has as much.
func (s *Salvager) read(b []byte, at int64) {
	if len(b) == 0 || s.err != nil {
		clear(b)
		return
	}
	if n, err := s.r.ReadAt(b, at); n < len(b) {
		clear(b[n:])
		s.err = torn(err) // the file has become shorter
	}
}
