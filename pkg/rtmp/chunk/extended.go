package chunk

import "encoding/binary"

// An extendedMode is what a peer does with the extended timestamp on format 3
// chunks: it repeats it there (RTMP 1.0, 5.3.1.3), or leaves it out, as old
// versions of FFmpeg and librtmp do. It is found out once for a connection.
type extendedMode uint8

const (
	extendedUnknown extendedMode = iota
	extendedRepeated
	extendedOmitted
)

// repeatsExtended tells whether the format 3 header at hand, of size bytes, is
// followed by an extended timestamp.
func (r *Reader) repeatsExtended(s *stream, size int) (bool, error) {
	if r.ext == extendedUnknown {
		mode, err := r.findExtendedMode(s, size)
		if err != nil {
			return false, err
		}
		r.ext = mode
	}
	return r.ext == extendedRepeated, nil
}

// findExtendedMode looks at the four bytes in question. If they are the
// timestamp it is repeated. If not, they may still be one: gortmplib writes
// zeros there. Then the place of the next chunk's header decides, and the
// specification where that does not either.
func (r *Reader) findExtendedMode(s *stream, size int) (extendedMode, error) {
	if err := r.need(size + extendedSize); err != nil {
		return 0, err
	}
	switch binary.BigEndian.Uint32(r.buf[r.r+size:]) {
	case s.extended, s.timestamp, s.timestamp + s.delta:
		return extendedRepeated, nil
	}
	got := s.got
	if !s.partial {
		got = 0
	}
	data := int(min(r.size, s.length-got))
	continues := got+uint32(data) < s.length
	if size+extendedSize+data+1 > len(r.buf) {
		return extendedRepeated, nil
	}
	// If the source ends before the next header there is nothing to be
	// misread any more.
	if err := r.need(size + extendedSize + data + 1); err != nil && r.w-r.r <= size+data {
		return 0, err
	}
	if r.likely(s, size+data, continues) > r.likely(s, size+extendedSize+data, continues) {
		return extendedOmitted, nil
	}
	return extendedRepeated, nil
}

// likely rates the byte at offset i as the start of the chunk after one of s:
// the continuation of the same message, or a header of a chunk stream in use.
func (r *Reader) likely(s *stream, i int, continues bool) int {
	if r.r+i >= r.w {
		return 0
	}
	b := r.buf[r.r+i]
	format, id := b>>6, uint32(b&0x3f)
	own := id == s.id || id < 2 && s.id >= 64
	switch {
	case own && continues == (format == formatNone):
		return 2
	case id >= 2 && r.find(id) != nil:
		return 1
	}
	return 0
}
