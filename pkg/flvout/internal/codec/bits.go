package codec

// A bitReader reads numbers of any width, the highest bit first. Behind the end
// there are zeros, and failed is set.
type bitReader struct {
	b      []byte
	pos    int // of the next byte
	cur    uint64
	n      int  // how many low bits of cur are not read yet
	nal    bool // skip emulation prevention bytes
	zeros  int  // zero bytes in a row before pos
	failed bool
}

// nalReader reads the payload of a NAL unit: the third byte of 00 00 03 is not
// part of it (H.264, 7.4.1; the same in H.265 and H.266).
func nalReader(b []byte) *bitReader { return &bitReader{b: b, nal: true} }

func (r *bitReader) fill() {
	if r.pos >= len(r.b) {
		r.failed = true
		r.cur, r.n = 0, 8
		return
	}
	c := r.b[r.pos]
	r.pos++
	if r.nal {
		if c == 3 && r.zeros >= 2 {
			r.zeros = 0
			r.fill()
			return
		}
		if c == 0 {
			r.zeros++
		} else {
			r.zeros = 0
		}
	}
	r.cur, r.n = uint64(c), 8
}

// u reads n bits, 64 at most.
func (r *bitReader) u(n int) uint64 {
	var v uint64
	for n > 0 {
		if r.n == 0 {
			r.fill()
		}
		k := min(n, r.n)
		v = v<<k | r.cur>>(r.n-k)&(1<<k-1)
		r.n -= k
		n -= k
	}
	return v
}

func (r *bitReader) int(n int) int { return int(r.u(n)) }
func (r *bitReader) flag() bool    { return r.u(1) != 0 }

// skip passes over n bits. Of what is not there, only the end is noticed.
func (r *bitReader) skip(n int) {
	for ; n > 0 && !r.failed; n -= min(n, 64) {
		r.u(min(n, 64))
	}
}

// ue reads an unsigned Exp-Golomb code (H.264, 9.1).
func (r *bitReader) ue() uint64 {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros > 32 || r.failed {
			r.failed = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

// count reads an Exp-Golomb code that is the number of what follows.
func (r *bitReader) count(limit int) int {
	n := r.ue()
	if n > uint64(limit) {
		r.failed = true
		return 0
	}
	return int(n)
}

// se reads a signed Exp-Golomb code.
func (r *bitReader) se() int64 {
	v := r.ue()
	if v&1 != 0 {
		return int64(v/2) + 1
	}
	return -int64(v / 2)
}
