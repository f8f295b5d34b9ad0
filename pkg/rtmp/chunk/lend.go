package chunk

// Lend makes the Reader join audio and video messages in room of somebody
// else's, so that who writes them elsewhere need not copy them once more. room
// returns an empty slice with a capacity of at least n bytes, or nil if there is
// no such room; it is asked when the joining of a message begins. A message that
// came as one chunk is not joined, and lies in the read buffer.
//
// The room is used until the message is returned, and is as borrowed as any
// payload from there on. Before any other message is returned, the Reader has
// left it.
func (r *Reader) Lend(room func(n int) []byte) { r.room = room }

// needless is after how many loans in a row a stream's own buffer is let go of. It
// was needed when there was no room yet.
const needless = 10_000

// A loan is the room that a message is being joined in.
type loan struct {
	to  *stream
	own []byte // the stream's own buffer
}

// borrow asks for room for s's message, which is about to begin. One loan is
// enough: chunk streams seldom interleave.
func (r *Reader) borrow(s *stream) {
	if r.room == nil || r.loan.to != nil || !s.typ.IsMedia() {
		return
	}
	b := r.room(int(s.length))
	if cap(b) < int(s.length) {
		s.loans = 0
		return
	}
	if s.loans++; s.loans == needless {
		r.held -= len(s.buf)
		s.buf = nil
	}
	r.loan = loan{to: s, own: s.buf}
	s.buf = b[:s.length]
}

// giveBack ends the loan. What has come of the message moves to the stream's own
// buffer, unless the message is whole or given up.
func (r *Reader) giveBack(unfinished bool) error {
	s := r.loan.to
	if s == nil {
		return nil
	}
	lent := s.buf
	s.buf = r.loan.own
	r.loan = loan{}
	if !unfinished {
		return nil
	}
	s.loans = 0
	if err := r.grow(s, int(s.got)); err != nil {
		return err
	}
	copy(s.buf, lent[:s.got])
	return nil
}
