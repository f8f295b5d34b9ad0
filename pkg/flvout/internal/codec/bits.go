package codec

import "github.com/bluenviron/mediacommon/v2/pkg/bits"

// A bitReader reads numbers of any width, the highest bit first. Behind the end
// there are zeros, and failed is set.
type bitReader struct {
	b      []byte
	pos    int // in bits
	failed bool
}

// u reads n bits, 64 at most.
func (r *bitReader) u(n int) uint64 {
	if n == 0 { // at the end, the library panics
		return 0
	}
	v, err := bits.ReadBits(r.b, &r.pos, n)
	if err != nil {
		r.pos, r.failed = 8*len(r.b), true
	}
	return v
}

func (r *bitReader) int(n int) int { return int(r.u(n)) }
func (r *bitReader) flag() bool    { return r.u(1) != 0 }

// skip passes over n bits.
func (r *bitReader) skip(n int) {
	if bits.HasSpace(r.b, r.pos, n) != nil {
		n, r.failed = 8*len(r.b)-r.pos, true
	}
	r.pos += n
}

// rest returns a copy of what is not read yet, behind the n low bits of v.
func (r *bitReader) rest(v uint64, n int) []byte {
	left := 8*len(r.b) - r.pos
	out, pos := make([]byte, (n+left+7)/8), 0
	bits.WriteBitsUnsafe(out, &pos, v, n)
	for in := r.pos; left > 0; left = 8*len(r.b) - in {
		k := min(left, 8)
		bits.WriteBitsUnsafe(out, &pos, bits.ReadBitsUnsafe(r.b, &in, k), k)
	}
	return out
}
