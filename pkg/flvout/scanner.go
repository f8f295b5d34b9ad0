package flvout

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"
)

const (
	readBuffer = 64 << 10

	// growStep is by how much a body may outgrow the bytes that have come.
	growStep = 64 << 10
)

// A SyntaxError tells that what is read is not FLV, or from where on.
type SyntaxError struct {
	Offset int64
	Reason string // for people
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("flvout: %s at offset %d", e.Reason, e.Offset)
}

// A Scanner reads the tags of an FLV file, from a pipe too. It trusts the tags'
// sizes and no trailer, and does not look for tags behind damage. It belongs to
// one goroutine.
type Scanner struct {
	r      *bufio.Reader
	body   []byte // reused
	read   int64  // bytes taken from r
	offset int64  // of the tag returned last
	head   [trailerSize + tagHeaderSize]byte
	flags  byte
	begun  bool
	header error // of reading the header
	err    error // sticks
}

// NewScanner returns a Scanner of r. It reads ahead.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: bufio.NewReaderSize(r, readBuffer)}
}

// Header reads the file's header, if Next has not done so, and returns which
// tracks it announces. Few writers set these flags with care.
func (s *Scanner) Header() (audio, video bool, err error) {
	if !s.begun {
		s.begun = true
		s.header = s.readHeader()
		s.err = s.header
	}
	return s.flags&4 != 0, s.flags&1 != 0, s.header
}

// Next returns the next tag, whose body is borrowed until the call after. At the
// end it returns io.EOF, also if the last trailer is missing, and
// io.ErrUnexpectedEOF if a tag is torn. What is no FLV is a *SyntaxError. Errors
// stick.
func (s *Scanner) Next() (Tag, error) {
	if !s.begun {
		_, _, _ = s.Header()
	}
	if s.err != nil {
		return Tag{}, s.err
	}
	var t Tag
	if t, s.err = s.next(); s.err != nil {
		return Tag{}, s.err
	}
	return t, nil
}

// Offset returns where in the input the tag that Next returned last begins.
func (s *Scanner) Offset() int64 { return s.offset }

func (s *Scanner) readHeader() error {
	h := s.head[:flv.HeaderLength]
	n, err := s.fill(h)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(h[:min(n, 3)]) != "FLV" {
		return &SyntaxError{0, "not an FLV file: no signature"}
	}
	if err != nil {
		return torn(err)
	}
	flags, size := h[4], binary.BigEndian.Uint32(h[5:])
	if size < flv.HeaderLength {
		return &SyntaxError{5, fmt.Sprintf("not an FLV file: header of %d bytes", size)}
	}
	for left := int64(size - flv.HeaderLength); left > 0; {
		n, err := s.r.Discard(int(min(left, growStep)))
		s.read += int64(n)
		left -= int64(n)
		if err != nil {
			return torn(err)
		}
	}
	s.flags = flags
	return nil
}

// next reads the trailer of the tag before together with the tag's header, so
// that a tag is returned as soon as its body has come.
func (s *Scanner) next() (Tag, error) {
	n, err := s.fill(s.head[:])
	if err != nil {
		if n <= trailerSize {
			return Tag{}, err // with the trailer, or without it: a clean end
		}
		return Tag{}, torn(err)
	}
	s.offset = s.read - tagHeaderSize
	t, size := parseTagHeader(s.head[trailerSize:])
	switch t.Type &^ tagFilterBit {
	case tag.TagTypeAudio, tag.TagTypeVideo, tag.TagTypeScriptData, tagTypeScriptAMF3:
	default:
		return Tag{}, &SyntaxError{s.offset, fmt.Sprintf("no tag, but type %d", t.Type)}
	}
	s.body = s.body[:0]
	for len(s.body) < size {
		n := min(size-len(s.body), max(growStep, len(s.body)))
		s.body = slices.Grow(s.body, n)
		got, err := s.fill(s.body[len(s.body) : len(s.body)+n])
		s.body = s.body[:len(s.body)+got]
		if err != nil {
			return Tag{}, torn(err)
		}
	}
	t.Body = s.body
	return t, nil
}

// fill reads all of b; the error is io.EOF if the input ended anywhere in it.
func (s *Scanner) fill(b []byte) (int, error) {
	n, err := io.ReadFull(s.r, b)
	s.read += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

func torn(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
