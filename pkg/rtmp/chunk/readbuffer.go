package chunk

import "io"

const (
	// maxReadSize is how large the read buffer becomes. Reads as large as the
	// socket has bytes for are what makes reading cheap. It begins small and
	// becomes small again, since at the live edge a read brings a few messages,
	// and whoever plays hundreds of streams has as many buffers.
	maxReadSize = 128 << 10
	minReadSize = 8 << 10

	// growAfter is how many more reads must have filled the buffer than have
	// not, until it becomes twice as large: a key frame now and then is no
	// reason. A buffer of which shrinkAfter reads in a row have left seven
	// eighths becomes half as large.
	growAfter   = 16
	shrinkAfter = 512

	// maxEmptyReads is how many times in a row a source may give nothing.
	maxEmptyReads = 100
)

// A pressure is how well the size of a buffer fits what comes at once.
type pressure struct {
	full  int // reads that filled the buffer, less those that did not
	small int // reads in a row for which an eighth of it would do
}

// took notes a read of n bytes into so much room.
func (p *pressure) took(n, room, size int) {
	if n == room {
		p.full++
	} else {
		p.full = max(p.full-1, 0)
	}
	p.small++
	if n > size/8 {
		p.small = 0
	}
}

// resized returns what the size is to be.
func (p *pressure) resized(size int) int {
	switch {
	case p.full >= growAfter:
		size = min(2*size, maxReadSize)
	case p.small >= shrinkAfter:
		size = max(size/2, minReadSize)
	default:
		return size
	}
	*p = pressure{}
	return size
}

// direct is from how many missing bytes on data is read past the read buffer.
func (r *Reader) direct() int { return min(directSize, len(r.buf)) }

// need makes n bytes available at buf[r:]. The end of the source is not
// expected before them.
func (r *Reader) need(n int) error {
	if r.w-r.r >= n {
		return nil
	}
	return noEOF(r.fill(n))
}

// fill makes n bytes available at buf[r:], reading as much as the source gives.
// The buffer has room for them.
func (r *Reader) fill(n int) error {
	r.base += int64(r.r)
	rest := r.buf[r.r:r.w]
	if size := r.pressure.resized(len(r.buf)); size != len(r.buf) && n <= size && len(rest) < size {
		r.buf = make([]byte, size)
	}
	r.w = copy(r.buf, rest)
	r.r = 0
	for r.w < n {
		k, err := r.read(r.buf[r.w:])
		if err != nil {
			return err
		}
		r.w += k
	}
	return nil
}

// read reads at least one byte of the source. An error that comes along with
// bytes comes again.
func (r *Reader) read(p []byte) (int, error) {
	for range maxEmptyReads {
		n, err := r.src.Read(p)
		if n > 0 {
			r.pressure.took(n, len(p), len(r.buf))
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}
