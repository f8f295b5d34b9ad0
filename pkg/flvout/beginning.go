package flvout

import (
	"errors"
	"io"
)

// A beginning is what that of a stream is known by: its first key frame or,
// without video, its first sounds.
type beginning struct {
	sum  uint64
	at   uint32
	last uint64
	n    int
	done bool
}

func (o *beginning) add(at uint32, key bool, sum uint64, shown bool) {
	const sounds = 8 // of which each is another than the one before it
	switch {
	case o.done, shown && !key:
	case shown:
		*o = beginning{sum: sum, at: at, done: true}
	case o.n == 0 || sum != o.last:
		if o.n == 0 {
			o.at = at
		}
		o.sum, o.last = o.sum*31+sum, sum
		o.n++
		o.done = o.n == sounds
	}
}

// Begins tells whether frames, the first of a stream, are those that the file begins
// with: its first key frame or, without video, its first sounds. known: there are enough
// of them to tell, which silence never is.
func (p *ResumePoint) Begins(frames []Tag) (is, known bool) {
	var comes beginning
	s := newSeen()
	for _, t := range frames {
		c := Classify(t)
		comes.add(t.Timestamp, c.Key, s.sum(t, &c), p.shown)
	}
	if !comes.done {
		return false, false
	}
	was, err := p.beginning(s)
	return err == nil && was.done && was.sum == comes.sum, true
}

// beginning reads what the file's beginning is known by, with s's hashes.
func (p *ResumePoint) beginning(s *seen) (b beginning, err error) {
	r := newSalvagerAt(p.file, p.opening, min(p.end, p.opening+2*maxBody))
	for !b.done {
		t, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, err
		}
		if c := Classify(t); c.Kind == KindFrame || c.Kind == KindUnknown {
			b.add(t.Timestamp, c.Key, s.sum(t, &c), p.shown)
		}
	}
	return b, nil
}
