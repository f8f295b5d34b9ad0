package job

import (
	"errors"
	"fmt"
	"time"
)

// A ShortError tells that the server has ended a recorded stream in good order, and
// well short of its length, by the stream's metadata, or of what was asked for.
type ShortError struct {
	At time.Duration // in the stream, where that was
	Of time.Duration // where it should have been
}

func (e *ShortError) Error() string {
	return fmt.Sprintf("the server ended the stream after %.1f s of %.1f s", e.At.Seconds(), e.Of.Seconds())
}

// A BeyondError tells that a recorded stream has nothing where it was asked for.
type BeyondError struct{ Start time.Duration }

func (e *BeyondError) Error() string {
	return fmt.Sprintf("the stream has nothing from %v on", e.Start)
}

// Unwrap returns ErrNeverLive.
func (e *BeyondError) Unwrap() error { return ErrNeverLive }

// ErrAstray is the error of a recorded stream that was to go on with a recording, and
// has nothing of what that ends with: it is another one, and nothing of it is put there.
var ErrAstray = errors.New("the server does not go on where the recording ends, of which it may have another version")

// errNothingAdded is ErrAstray for a file that is gone on with, and what to do then. The
// file may have been mended, or have got room for a longer index, before.
var errNothingAdded = fmt.Errorf("%w; nothing was added to the file, and under another name the stream is recorded anew", ErrAstray)

// errItem is why a playlist is not taken up again behind its first item if what comes
// twice would be recorded twice.
var errItem = errors.New("a playlist that is recorded raw cannot be gone on with in its middle")

// What a recorded stream may lack in its end. The last frame lasts, and the metadata of
// many is not exact; a connection that was lost may have been so before that frame.
const (
	roughly = time.Second // or a hundredth of the stream, or what lies between two frames
	exactly = 50 * time.Millisecond

	maxStill = time.Minute // between two frames, as far as that is believed
)

// lack is how much is missing of what was asked for of a recorded stream, whose length
// is not known without its metadata. ok: that is known.
func (p *Pull) lack() (missing, end time.Duration, ok bool) {
	_, end = p.asked()
	if total := p.extent.promised(); total > 0 && (end == 0 || total < end) {
		end = total
	}
	return end - p.reaches(), end, end > 0
}

// reaches is how far into the stream the recording reaches, by the timestamps. A server
// that counts from where it begins may begin at another key frame than it was asked for:
// then the recording tells, into which that has been fitted.
func (p *Pull) reaches() time.Duration {
	at := p.extent.furthest()
	if p.extent.guess && !p.Splice.Raw {
		at = max(at, p.beginsAt()+p.out.Duration())
	}
	return at
}

// fallsShort tells whether a recorded stream that the server has ended is far from
// its end. nil: it is not, or there is but the server's word for it.
func (p *Pull) fallsShort() *ShortError {
	if p.extent.promised() == 0 {
		return nil
	}
	missing, end, _ := p.lack()
	from, _ := p.asked()
	if missing <= max(roughly, (end-from)/100, min(p.extent.longest, maxStill)) {
		return nil
	}
	return &ShortError{At: end - missing, Of: end}
}

// isWhole tells whether nothing can be missing of a recorded stream, however its
// connection ended. Of a playlist nobody knows how long it is.
func (p *Pull) isWhole() bool {
	missing, _, ok := p.lack()
	return ok && !p.extent.list && p.isFile() && missing <= max(exactly, min(p.extent.longest, roughly))
}

// A tail is the end of a recorded stream that is asked for once more: what lacks may be
// had after all, and where a connection was lost in the very end, a frame may be.
type tail struct {
	once  bool // and never again: what comes twice would be recorded twice
	rest  bool // it is what is asked for at first, behind a file
	asked bool
	short *ShortError // what it ended with; nil: nothing seems to lack
	all   bool        // its server has said that this is all
}

// An outcome is what becomes of a recorded stream whose end was asked for.
type outcome uint8

const (
	goesOn  outcome = iota
	isAll           // there is nothing that it lacks
	isShort         // it ends before its time, which may be its server's fault
	isEarly         // it does, and its server has no more of it
)

// next takes a setback, and whether nothing seems to lack of the stream.
func (t *tail) next(b setback, whole bool) outcome {
	short, ended := errors.AsType[*ShortError](b.err)
	astray, nothing := errors.Is(b.err, ErrAstray), errors.Is(b.err, ErrNeverLive)
	ended = ended || astray || nothing
	if !t.asked || b.gain > 0 {
		t.asked, t.short, t.all = short != nil || whole && !nothing, short, b.all
		switch {
		case short != nil && b.all && t.rest && b.gain <= 0:
			return isEarly
		case !t.asked || !t.once:
			return goesOn
		}
	}
	switch {
	case t.short == nil:
		return isAll
	case ended && (b.all || t.all && !nothing) && !t.once && !astray:
		return isEarly
	case ended:
		return isShort
	}
	return goesOn
}

// takenUp is for a file that is gone on with, of a recorded stream: it reaches so far
// into that, and what is asked for is the rest.
func (p *Pull) takenUp() {
	p.extent.reached = p.beginsAt() + p.Files.Resumed.Duration
	p.tail.rest = true
}

// endsEarly tells where a recorded stream ends that was to be longer, with its last frame.
func (p *Pull) endsEarly() {
	length := p.extent.promised()
	p.report(Event{Kind: EndsEarly, Duration: min(max(p.tail.short.At, p.beginsAt()+p.out.Duration()), length), Length: length})
}

// hasRest tells whether a file has all of a recorded stream, by its metadata and by its
// server, which has said so instead of sending more. One that is short of the metadata
// has to be seen to end there: a server that sends nothing of what it was asked for, of
// which the file has the first, may have lost the stream.
func (p *Pull) hasRest(b setback) bool {
	missing, _, ok := p.lack()
	return b.all && b.live == 0 && p.tail.rest && ok && p.extent.promised() > 0 && missing > -roughly && p.fallsShort() == nil
}
