package flvout

import (
	"math/bits"
	"sync"
)

// A BufferPool has large buffers for Files that are written side by side. Each
// needs one only for a moment, for a key frame or as long as much comes at once;
// without a pool it keeps what it once needed. The zero value is ready, and may be
// used by many goroutines.
type BufferPool struct {
	sizes [4]sync.Pool // of *[]byte, twice the size of a file's first buffer, four times ...
}

func (p *BufferPool) of(size int) *sync.Pool { return &p.sizes[bits.Len(uint(size/firstFileBuffer))-2] }

func (p *BufferPool) get(size int) *[]byte {
	if b, ok := p.of(size).Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, size)
	return &b
}

func (p *BufferPool) put(b *[]byte) { p.of(cap(*b)).Put(b) }

// enlarge gives w, whose buffer is empty, a larger one.
func (w *Writer) enlarge(size int) {
	if w.pool == nil {
		w.buf = make([]byte, 0, size)
		return
	}
	w.giveBack()
	w.small, w.large = w.buf, w.pool.get(size)
	w.buf = *w.large
}

// giveBack lets go of a buffer that is the pool's. It is empty, and not lent.
func (w *Writer) giveBack() {
	if w.large != nil {
		w.pool.put(w.large)
		w.buf, w.small, w.large, w.spent = w.small, nil, nil, false
	}
}
