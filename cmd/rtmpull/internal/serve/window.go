package serve

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// windowSize is how much of a file is read at once.
const windowSize = 256 << 10

var errShrunk = errors.New("the file has become shorter")

// A window reads bodies out of a file, many with one read if they are wanted in
// the file's order.
type window struct {
	file *os.File
	buf  []byte
	from int64 // buf is what is at from in the file
}

// body returns an entry's body, which is good until the next call.
func (w *window) body(e *entry) ([]byte, error) {
	end := e.offset + int64(e.size)
	if e.offset < w.from || end > w.from+int64(len(w.buf)) {
		size := max(windowSize, int(e.size))
		if cap(w.buf) < size {
			w.buf = make([]byte, size)
		}
		n, err := w.file.ReadAt(w.buf[:size], e.offset)
		w.from, w.buf = e.offset, w.buf[:n]
		if n < int(e.size) {
			if errors.Is(err, io.EOF) {
				err = errShrunk
			}
			return nil, fmt.Errorf("serve: %s: %w", w.file.Name(), err)
		}
	}
	at := e.offset - w.from
	return w.buf[at : at+int64(e.size) : at+int64(e.size)], nil
}
