package flvout

import (
	"encoding/binary"
	"errors"
	"io"
)

// mendTrailers writes the trailers that are wrong or missing.
func (m *mender) mendTrailers() error {
	if m.v.damage.Trailers > 0 {
		if err := m.writeTrailers(); err != nil {
			return err
		}
	}
	if m.v.damage.NoTrailer {
		return m.writeTrailer(&m.v.last)
	}
	return nil
}

// writeTrailers goes through the file once more, and writes the trailers that are
// wrong.
func (m *mender) writeTrailers() error {
	if _, err := m.f.WriteAt(make([]byte, trailerSize), int64(headSize-trailerSize)); err != nil {
		return newError("write", m.path, err)
	}
	s := NewSalvager(m.f, m.v.size)
	for {
		_, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return newError("read", m.path, err)
		}
		if !s.last.trailer && s.End() == s.last.bodyEnd()+trailerSize {
			if err := m.writeTrailer(&s.last); err != nil {
				return err
			}
		}
	}
}

func (m *mender) writeTrailer(t *found) error {
	if _, err := m.f.WriteAt(t.appendTrailer(nil), t.bodyEnd()); err != nil {
		return newError("write", m.path, err)
	}
	return nil
}

func (f *found) appendTrailer(dst []byte) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(tagHeaderSize+f.size))
}
