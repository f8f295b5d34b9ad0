package chunk

import (
	"encoding/binary"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// readHeader reads the next chunk's header and makes its stream current. What
// it reads is used up only when it is there as a whole.
func (r *Reader) readHeader() error {
	if r.r == r.w {
		if err := r.fill(1); err != nil {
			if err == io.EOF && r.unfinished() { //nolint:errorlint // readers return it bare
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	r.at = r.base + int64(r.r)
	format, id, basic, err := r.basicHeader(0)
	if err != nil {
		return err
	}
	size := basic + headerSizes[format]
	if err := r.need(size); err != nil {
		return err
	}
	s := r.find(id)
	if s == nil {
		if s, err = r.open(id, format, r.buf[r.r+basic:r.r+size]); err != nil {
			return err
		}
	}
	if format == formatNone {
		size, err = r.repeatHeader(s, size)
	} else {
		size, err = r.startMessage(s, format, basic, size)
	}
	if err != nil {
		return err
	}
	r.r += size
	r.cur = s
	r.left = int(min(r.size, s.length-s.got))
	return nil
}

// basicHeader reads a basic header (RTMP 1.0, 5.3.1.1) of which the first byte
// is there, i bytes on. It uses nothing up.
func (r *Reader) basicHeader(i int) (format byte, id uint32, size int, err error) {
	b := r.buf[r.r+i]
	format, id, size = b>>6, uint32(b&0x3f), 1
	if id >= 2 {
		return format, id, size, nil
	}
	size = 2 + int(id)
	if err := r.need(i + size); err != nil {
		return 0, 0, 0, err
	}
	id = 64 + uint32(r.buf[r.r+i+1])
	if size == 3 {
		id += uint32(r.buf[r.r+i+2]) << 8
	}
	return format, id, size, nil
}

// startMessage takes a header of format 0, 1 or 2, of size bytes or four more.
// Each begins a message. It returns the header's size.
func (r *Reader) startMessage(s *stream, format byte, basic, size int) (int, error) {
	h := r.buf[r.r+basic : r.r+size]
	ts := uint24(h)
	extended := ts == extendedMarker
	if extended {
		if err := r.need(size + extendedSize); err != nil {
			return 0, err
		}
		h = r.buf[r.r+basic : r.r+size] // need may have moved it
		ts = binary.BigEndian.Uint32(r.buf[r.r+size:])
		size += extendedSize
		s.extended = ts
	}
	if s.partial {
		r.giveUp(s)
		r.stats.Dropped++
		if r.drops++; r.drops >= maxDrops {
			return 0, r.framingError("%d messages in a row begun anew before they were whole", r.drops)
		}
	}
	s.hasExt = extended
	s.delta = ts
	s.absolute = format == formatFull
	if s.absolute {
		s.timestamp = ts
		s.streamID = binary.LittleEndian.Uint32(h[7:])
	} else {
		s.timestamp += ts
	}
	if format != formatDelta {
		s.length, s.typ = uint24(h[3:]), message.Type(h[6])
	}
	s.begin()
	return size, nil
}

// repeatHeader takes a header of format 3, which continues a message or begins
// one like the last. It returns the header's size.
func (r *Reader) repeatHeader(s *stream, size int) (int, error) {
	if s.hasExt {
		present, err := r.repeatsExtended(s, size)
		if err != nil {
			return 0, err
		}
		if present {
			size += extendedSize
			if err := r.need(size); err != nil {
				return 0, err
			}
		}
	}
	if !s.partial {
		s.timestamp += r.startDelta(s)
		s.absolute = false
		s.begin()
	}
	return size, nil
}

// startDelta is what a format 3 header that begins a message adds. After a
// format 0 header that is its timestamp (RTMP 1.0, 5.3.1.2.4; FMLE relies on
// it), but nginx-rtmp, gortmplib and livego add nothing, and so may what was
// written against them. Where the difference matters, the other chunk streams
// tell which of the two was meant or, without any, that media do not pause for
// so long.
func (r *Reader) startDelta(s *stream) uint32 {
	const (
		matters = 1_000 // ms
		pause   = 10_000
	)
	if !s.absolute || s.delta < matters || !s.typ.IsMedia() {
		return s.delta
	}
	newest, ok := r.newestMedia(s)
	if !ok {
		if s.delta >= pause {
			s.delta = 0
		}
	} else if distance(s.timestamp, newest) < distance(s.timestamp+s.delta, newest) {
		s.delta = 0
	}
	return s.delta
}

// newestMedia is the latest timestamp of the media on chunk streams other than s.
func (r *Reader) newestMedia(s *stream) (newest uint32, ok bool) {
	for o := range r.all() {
		if o != s && o.typ.IsMedia() && (!ok || int32(o.timestamp-newest) > 0) {
			newest, ok = o.timestamp, true
		}
	}
	return newest, ok
}

func distance(a, b uint32) uint32 {
	d := int32(a - b)
	if d < 0 {
		return uint32(-d)
	}
	return uint32(d)
}
