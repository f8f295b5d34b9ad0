package flvout

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/yutopp/go-flv"
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

	// A search may look elsewhere than in the window maxLooks times, and once more
	// for as many bytes of the file as bytesPerLook: damage has one place in many
	// MiB that a tag seems to begin at, but who makes a file may put one at each.
	maxLooks     = 4096
	bytesPerLook = 256

	signature = 'F'<<24 | 'L'<<16 | 'V'<<8 | 1
)

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

	searching bool
	looks     int64 // elsewhere, in searches

	begun    bool
	flags    byte  // of the file's header
	pos      int64 // where the next tag has to begin
	last     found // the tag returned last
	end      int64 // behind it
	any      bool  // there was a tag since the last file header
	streamID uint32
	habit    habit // how trailers were written so far
	damage   Damage
	err      error // sticks
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
			s.damage.Unknown++
			s.damage.UnknownBytes += f.bodyEnd() + trailerSize - f.at
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
		s.damage.NoHeader = true
		return
	}
	s.flags = h[4]
	s.pos = int64(headSize)
	n := int64(binary.BigEndian.Uint32(h[5:]))
	s.damage.LongHeader = n != int64(flv.HeaderLength)
	if n < int64(flv.HeaderLength) || n+trailerSize > s.size {
		s.damage.NoHeader = true
		return
	}
	if binary.BigEndian.Uint32(s.at(n, trailerSize)) != 0 {
		s.damage.Trailers++
	}
	// The length may be wrong, and the trailer may be missing.
	for _, at := range [...]int64{n + trailerSize, int64(headSize), int64(flv.HeaderLength)} {
		if _, what := s.judge(at); what != isNothing {
			s.damage.NoHeader = at != n+trailerSize
			s.pos = at
			return
		}
	}
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
