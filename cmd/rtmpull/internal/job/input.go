package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// An Input is the FLV file that a Push sends, or a pipe that one comes from.
type Input struct {
	Name string // for errors

	// Reader is read from where it stands, once more for each round if it can
	// seek. A pipe's wait can be broken off if it has a SetReadDeadline that
	// works; otherwise a Read that waits when Run ends is left to itself.
	Reader io.Reader
}

// An InputError tells that an Input is no FLV file, has nothing to send, or is
// damaged from somewhere on.
type InputError struct {
	Name string
	Err  error // a *flvout.SyntaxError, a *TornError, an error of reading, ...
}

func (e *InputError) Error() string {
	err := e.Err
	if s, ok := errors.AsType[*flvout.SyntaxError](err); ok {
		return fmt.Sprintf("%s: %s at offset %d", e.Name, s.Reason, s.Offset)
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Sprintf("cannot %s %s: %v", p.Op, e.Name, p.Err)
	}
	return fmt.Sprintf("%s: %v", e.Name, err)
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// A TornError tells that an Input ends in the middle.
type TornError struct {
	Offset int64 // where what is not whole begins
	Size   int64 // where the input ends
}

func (e *TornError) Error() string {
	return fmt.Sprintf("it ends in the middle: what begins at offset %d is cut off at %d", e.Offset, e.Size)
}

var (
	errEmpty     = errors.New("it is empty")
	errNoMedia   = errors.New("it has neither audio nor video")
	errNoKey     = errors.New("its video has no key frame to begin with")
	errEncrypted = errors.New("it is encrypted")
	errOneWay    = errors.New("a pipe cannot be read again for another round")

	// errGone is for a wait that the end of the sink broke off.
	errGone = errors.New("the sink is gone")
)

// A source gives the tags of an input. It belongs to one goroutine.
type source interface {
	// next returns the next tag, borrowed until the call after, and at the end
	// io.EOF. Other errors are an *InputError, the context's cause, or errGone;
	// after the last the same tag is awaited again. Before it waits for a pipe it
	// flushes out, which may be nil.
	next(ctx context.Context, out Sink) (flvout.Tag, error)

	rewind() error // to the first tag
	close()
}

// open returns the input's tags. Only files are read in the caller's goroutine.
func (in *Input) open() source {
	if s, ok := in.Reader.(io.Seeker); ok {
		if base, err := s.Seek(0, io.SeekCurrent); err == nil {
			return &file{scan: newScan(in.Name, in.Reader), seeker: s, base: base}
		}
	}
	return newPipe(in)
}

// A scan is one pass through an input.
type scan struct {
	name    string
	scanner *flvout.Scanner
	size    int64 // bytes read from the input
	reader  io.Reader
	behind  int64 // where the tag after the last one begins
}

func newScan(name string, r io.Reader) *scan {
	s := &scan{name: name, reader: r}
	s.scanner = flvout.NewScanner(s)
	return s
}

// Read counts.
func (s *scan) Read(b []byte) (int, error) {
	n, err := s.reader.Read(b)
	s.size += int64(n)
	return n, err
}

func (s *scan) next() (flvout.Tag, error) {
	const framing = 15 // a tag's header and trailer
	t, err := s.scanner.Next()
	if err == nil {
		s.behind = s.scanner.Offset() + int64(len(t.Body)) + framing
		return t, nil
	}
	switch {
	case errors.Is(err, io.EOF):
		return flvout.Tag{}, io.EOF
	case s.size == 0 && isSyntax(err):
		err = errEmpty
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &TornError{s.behind, s.size}
	}
	return flvout.Tag{}, &InputError{s.name, err}
}

func isSyntax(err error) bool {
	_, ok := errors.AsType[*flvout.SyntaxError](err)
	return ok
}

// A file is a source whose reads do not wait.
type file struct {
	*scan
	seeker io.Seeker
	base   int64
}

func (f *file) next(ctx context.Context, _ Sink) (flvout.Tag, error) {
	if ctx.Err() != nil {
		return flvout.Tag{}, context.Cause(ctx)
	}
	return f.scan.next()
}

func (f *file) rewind() error {
	if _, err := f.seeker.Seek(f.base, io.SeekStart); err != nil {
		return &InputError{f.name, err}
	}
	f.scan = newScan(f.name, f.reader)
	return nil
}

func (f *file) close() {}
