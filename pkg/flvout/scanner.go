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
	// readBuffer is by how much a Scanner reads ahead, and how long a body may be
	// that is lent from there. Half as much costs a tenth more CPU, since more
	// bodies lie across the buffer's end and are moved; twice as much gains nothing.
	readBuffer = 128 << 10

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
	body   []byte // of more than readBuffer; reused
	read   int64  // bytes taken from r
	offset int64  // of the tag returned last
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
	h, err := s.lend(int(flv.HeaderLength))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(h[:min(len(h), 3)]) != "FLV" {
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
	head, err := s.lend(trailerSize + tagHeaderSize)
	if err != nil {
		if len(head) <= trailerSize {
			return Tag{}, err // with the trailer, or without it: a clean end
		}
		return Tag{}, torn(err)
	}
	s.offset = s.read - tagHeaderSize
	t, size := parseTagHeader(head[trailerSize:])
	switch t.Type &^ tagFilterBit {
	case tag.TagTypeAudio, tag.TagTypeVideo, tag.TagTypeScriptData, tagTypeScriptAMF3:
	default:
		return Tag{}, &SyntaxError{s.offset, fmt.Sprintf("no tag, but type %d", t.Type)}
	}
	if size > readBuffer {
		t.Body, err = s.join(size)
	} else {
		t.Body, err = s.lend(size)
	}
	if err != nil {
		return Tag{}, torn(err)
	}
	return t, nil
}

// lend takes n bytes, readBuffer at most, and returns them where they lie, until
// the next read. If the input ends in them the error is io.EOF, and they are fewer.
func (s *Scanner) lend(n int) ([]byte, error) {
	b, err := s.r.Peek(n)
	_, _ = s.r.Discard(len(b)) // does not read
	s.read += int64(len(b))
	return b, err
}

// join is lend for bodies that the buffer cannot hold.
func (s *Scanner) join(size int) ([]byte, error) {
	s.body = s.body[:0]
	for len(s.body) < size {
		n := min(size-len(s.body), max(growStep, len(s.body)))
		s.body = slices.Grow(s.body, n)
		got, err := io.ReadFull(s.r, s.body[len(s.body):len(s.body)+n])
		s.read += int64(got)
		s.body = s.body[:len(s.body)+got]
		if err != nil {
			return s.body, err
		}
	}
	return s.body, nil
}

func torn(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
