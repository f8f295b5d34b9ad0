package chunk

import "io"

const (
	// directSize is from how many missing bytes on a chunk's data is read
	// straight into its message, past the read buffer. For a smaller buffer it
	// is the size of that.
	directSize = 32 << 10

	// minBuffer is small, since a peer may begin a message on each of
	// MaxStreams chunk streams.
	minBuffer = 256
)

// readData takes the rest of the current chunk and, where nothing comes
// between, the chunks that continue its message. It returns the message's
// payload once that is whole.
//
// A message that is one chunk is not copied: its payload is lent from the read
// buffer.
func (r *Reader) readData() (payload []byte, err error) {
	s := r.cur
	if s.got == 0 && r.left == int(s.length) && r.left <= max(r.direct(), r.w-r.r) {
		if err := r.need(r.left); err != nil {
			return nil, err
		}
		at := r.r
		r.r += r.left
		r.left, s.got = 0, s.length
		return r.buf[at : at+int(s.keep) : at+int(s.keep)], nil
	}
	for r.left > 0 {
		if err := r.readSome(s); err != nil {
			return nil, err
		}
	}
	r.readRun(s)
	if s.got < s.length {
		return nil, nil
	}
	return s.buf[:s.keep:s.keep], nil
}

// readSome moves what there is of the current chunk's data to its message.
func (r *Reader) readSome(s *stream) error {
	if s.got == 0 {
		r.borrow(s)
	}
	want := int(s.keep) - int(s.got) // of what comes next
	if r.r == r.w {
		if n := min(want, r.left); n >= r.direct() {
			return r.readDirect(s, n)
		}
		if err := r.need(1); err != nil {
			return err
		}
	}
	n := min(r.w-r.r, r.left)
	if want > 0 {
		k := min(n, want)
		if err := r.grow(s, int(s.got)+k); err != nil {
			return err
		}
		copy(s.buf[s.got:], r.buf[r.r:r.r+k])
	}
	r.r += n
	r.left -= n
	s.got += uint32(n)
	return nil
}

// readRun takes chunks that continue s's message as long as they lie in the
// read buffer as a whole. It does nothing that Next would not do without it,
// but small chunks cost their peers' readers most of their time.
func (r *Reader) readRun(s *stream) {
	header := 1
	switch {
	case s.id >= 64, s.keep != s.length:
		return
	case s.hasExt && r.ext[extendedContinue] == extendedUnknown:
		return
	case s.hasExt && r.ext[extendedContinue] == extendedRepeated:
		header += extendedSize
	}
	first := formatNone<<6 | byte(s.id)
	at, got, size := r.r, int(s.got), int(r.size)
	for got < int(s.length) {
		n := min(size, int(s.length)-got)
		end := at + header + n
		if end > r.w || r.buf[at] != first || got+n > len(s.buf) {
			break
		}
		copy(s.buf[got:], r.buf[at+header:end])
		r.at = r.base + int64(at)
		at = end
		got += n
	}
	r.r, s.got = at, uint32(got)
}

// readDirect reads up to n bytes from the source straight into s's message. The
// read buffer is empty.
func (r *Reader) readDirect(s *stream, n int) error {
	got := int(s.got)
	if got == len(s.buf) {
		// Room for what a read may bring, not for what was announced.
		if err := r.grow(s, got+min(n, max(directSize, got))); err != nil {
			return err
		}
	}
	k, err := r.read(s.buf[got:min(got+n, len(s.buf))])
	if err != nil {
		return noEOF(err)
	}
	s.got += uint32(k)
	r.left -= k
	r.base += int64(k)
	return nil
}

// grow makes room for n bytes of s's message.
func (r *Reader) grow(s *stream, n int) error {
	if n <= len(s.buf) {
		return nil
	}
	size := max(n, min(2*len(s.buf), int(s.keep)), minBuffer)
	if r.held+size-len(s.buf) > MaxBuffered {
		r.releaseIdle()
	}
	if r.held+size-len(s.buf) > MaxBuffered {
		return r.framingError("over %d MiB of unfinished messages", MaxBuffered>>20)
	}
	r.held += size - len(s.buf)
	buf := make([]byte, size)
	copy(buf, s.buf[:min(int(s.got), len(s.buf))])
	s.buf = buf
	return nil
}

// releaseIdle lets go of the buffers of streams that are between messages.
func (r *Reader) releaseIdle() {
	for s := range r.all() {
		if !s.partial {
			r.held -= len(s.buf)
			s.buf = nil
		}
	}
}

func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // readers return it bare
		return io.ErrUnexpectedEOF
	}
	return err
}
