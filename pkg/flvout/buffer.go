package flvout

import (
	"encoding/binary"
	"io"
)

// What goes out with one write. A file wants large ones: 256 KiB cost a fifth of
// the CPU less than 64. A pipe takes 64 KiB at a time, and smaller buffers stay
// in nearer caches.
//
// A file's buffer begins small, since at the live edge little gathers between two
// calls of Flush, and there may be hundreds of recordings. It doubles when it was
// full more than maxFills times in between, and for a tag that needs more.
const (
	fileBufferSize   = 256 << 10 // at most
	firstFileBuffer  = 16 << 10
	streamBufferSize = 64 << 10

	maxFills = 8
)

// useBuffer gives w a buffer of a size that may grow up to another.
func (w *Writer) useBuffer(size, most int) { w.buf, w.most = make([]byte, 0, size), most }

// putHead writes a file's head: piece by piece, since nearly all of it is zeros.
func (w *Writer) putHead(audio, video bool) bool {
	h := &w.file.head
	start, filler := h.start(nil, &w.all, audio, video, h.size(), false)
	n, err := w.send(start)
	for zeros := zerosOf(filler); zeros > 0 && err == nil; {
		some := w.buf[:min(zeros, cap(w.buf))] // it has never been written to
		var k int
		k, err = w.send(some)
		n, zeros = n+k, zeros-len(some)
	}
	if err == nil {
		var k int
		k, err = w.send(h.end(w.buf, filler))
		n += k
	}
	if err != nil {
		if n >= headSize {
			w.written = int64(headSize)
		}
		w.fail(err)
		return false
	}
	w.written = int64(n)
	w.flushed = w.all.tally
	w.file.onFlush()
	return true
}

// put appends t to the buffer, or writes it at once if it is larger than that.
func (w *Writer) put(t Tag) bool {
	if w.spent {
		w.giveBack()
	}
	size := tagHeaderSize + len(t.Body) + trailerSize
	if size > cap(w.buf)-len(w.buf) && !w.makeRoom(size) {
		return false
	}
	w.lent = false
	if size > cap(w.buf) {
		return w.putLarge(t)
	}
	w.buf = appendTag(w.buf, t)
	if w.large == nil || w.fills > maxFills {
		return true
	}
	w.spent = w.flush() // it was for this tag alone, whose body may be in it
	return w.spent
}

// makeRoom empties the buffer, which may become larger, for a tag of so many bytes.
func (w *Writer) makeRoom(size int) bool {
	if !w.flush() {
		return false
	}
	n := cap(w.buf)
	if w.fills++; w.fills > maxFills {
		n *= 2
	}
	for n < size && n < w.most {
		n *= 2
	}
	if n = min(n, w.most); n > cap(w.buf) {
		w.enlarge(n)
	}
	return true
}

// AvailableBuffer returns an empty slice with room for a body of n bytes, at the
// place to which the next WriteTag puts one: a body that is built there is not
// copied again. It is nil if there is no such place now. The room is lent until
// the next WriteTag or Close; a Flush does not touch it.
//
// It is to a tag's body what bufio.Writer's method of that name is to text.
func (w *Writer) AvailableBuffer(n int) []byte {
	size := tagHeaderSize + n + trailerSize
	switch {
	case w.err != nil:
		return nil
	case w.opening != nil:
		return w.roomAhead(n)
	case size > w.most:
		return nil
	}
	w.dropRoom()
	if w.spent {
		w.giveBack()
	}
	if size > cap(w.buf)-len(w.buf) && !w.makeRoom(size) {
		return nil
	}
	w.lent = true
	at := len(w.buf) + tagHeaderSize
	return w.buf[at : at : at+n]
}

// putLarge writes t from where it is. The buffer is empty and lends its room to
// the header and the trailer.
func (w *Writer) putLarge(t Tag) bool {
	frame := appendTagHeader(w.buf, t, len(t.Body))
	frame = binary.BigEndian.AppendUint32(frame, uint32(tagHeaderSize+len(t.Body)))
	for _, part := range [...][]byte{frame[:tagHeaderSize], t.Body, frame[tagHeaderSize:]} {
		if _, err := w.send(part); err != nil {
			w.fail(err)
			return false
		}
	}
	w.written += int64(len(frame) + len(t.Body))
	return true
}

// Flush sends the whole tags in the buffer on. It does not end the wait for the
// other track.
func (w *Writer) Flush() error {
	if w.err == nil && w.flush() {
		w.fills = 0
		if !w.lent {
			w.giveBack()
			w.dropRoom()
		}
	}
	return w.tell()
}

func (w *Writer) flush() bool {
	if len(w.buf) == 0 {
		return true
	}
	n, err := w.send(w.buf)
	if err != nil {
		w.keepWhole(n)
		w.fail(err)
		return false
	}
	w.written += int64(n)
	w.buf = w.buf[:0]
	w.flushed = w.all.tally
	if w.file != nil {
		w.file.onFlush()
	}
	return true
}

func (w *Writer) send(b []byte) (int, error) {
	n, err := w.w.Write(b)
	n = min(max(n, 0), len(b))
	if n < len(b) && err == nil {
		err = io.ErrShortWrite
	}
	return n, err
}

// keepWhole counts the whole tags among the first n bytes of the buffer, which
// are all that was written of it.
func (w *Writer) keepWhole(n int) {
	head := 0
	if w.written == 0 {
		head = headSize
	}
	if n < head {
		return
	}
	rest := w.buf[head:n]
	for t, r, ok := cutTag(rest); ok; t, r, ok = cutTag(rest) {
		c := Classify(t)
		w.flushed.add(t, &c, w.written+int64(n-len(rest)))
		rest = r
	}
	w.written += int64(n - len(rest))
}

// fail makes err stick and takes back what did not get through.
func (w *Writer) fail(err error) {
	w.err = newError("write", w.path, err)
	w.all.cut(&w.flushed, w.written)
	w.buf = w.buf[:0]
	if w.onFail != nil {
		w.onFail(w.written)
	}
}
