package chunk

import (
	"encoding/binary"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// An extendedMode is what a peer does with the extended timestamp on format 3
// chunks: it repeats it there (RTMP 1.0, 5.3.1.3), or leaves it out, as old
// versions of FFmpeg and librtmp do. It is found out once for a connection.
type extendedMode uint8

const (
	extendedUnknown extendedMode = iota
	extendedRepeated
	extendedOmitted
)

// Chunks that begin a message and chunks that continue one are told apart: old
// versions of FFmpeg repeat the timestamp on the former only, librtmp on the
// latter.
const (
	extendedStart = iota
	extendedContinue
)

// repeatsExtended tells whether the format 3 header at hand, of size bytes, is
// followed by an extended timestamp.
func (r *Reader) repeatsExtended(s *stream, size int) (bool, error) {
	mode := &r.ext[extendedStart]
	if s.partial {
		mode = &r.ext[extendedContinue]
	}
	if *mode == extendedUnknown {
		m, err := r.findExtendedMode(s, size)
		if err != nil {
			return false, err
		}
		*mode = m
	}
	return *mode == extendedRepeated, nil
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
	if size+extendedSize+data+maxHeader > len(r.buf) {
		return extendedRepeated, nil
	}
	omitted, err := r.likely(s, size+data, continues)
	if err != nil {
		return 0, err
	}
	repeated, err := r.likely(s, size+extendedSize+data, continues)
	if err != nil {
		return 0, err
	}
	if omitted > repeated {
		return extendedOmitted, nil
	}
	return extendedRepeated, nil
}

// likely rates what is i bytes on as the header of the chunk after one of s. If
// the source ends before it, it is none.
func (r *Reader) likely(s *stream, i int, continues bool) (int, error) {
	n, err := r.rate(s, i, continues)
	if err == io.ErrUnexpectedEOF { //nolint:errorlint // made by need
		return 0, nil
	}
	return n, err
}

func (r *Reader) rate(s *stream, i int, continues bool) (int, error) {
	if err := r.need(i + 1); err != nil {
		return 0, err
	}
	format, id, basic, err := r.basicHeader(i)
	if err != nil {
		return 0, err
	}
	o := r.find(id)
	switch {
	case o == nil && format != formatFull:
		return 0, nil
	case o == s && continues, o != nil && o != s && o.partial:
		if format != formatNone {
			return 0, nil
		}
		return 2, nil
	case format > formatNoStream:
		return 1, nil
	}
	if err := r.need(i + basic + headerSizes[format]); err != nil {
		return 0, err
	}
	h := r.buf[r.r+i+basic:]
	switch typ := message.Type(h[6]); {
	case !typ.Known():
		return 0, nil
	case o == nil:
		return 1, nil
	default:
		return 2, nil
	}
}
