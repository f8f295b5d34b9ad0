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

// get returns an empty buffer of n bytes or more, which are no more than a file's
// largest buffer has.
func (p *BufferPool) get(n int) *[]byte {
	i := max(0, bits.Len(uint(n-1)/firstFileBuffer)-1)
	if b, ok := p.sizes[i].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, firstFileBuffer<<(i+1))
	return &b
}

func (p *BufferPool) put(b *[]byte) { p.sizes[bits.Len(uint(cap(*b))/firstFileBuffer)-2].Put(b) }

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

// roomAhead is AvailableBuffer for the first tags, which are held elsewhere: at
// least their bodies are not joined in buffers of which each recording would need
// one just now.
func (w *Writer) roomAhead(n int) []byte {
	if w.pool == nil || n > fileBufferSize {
		return nil
	}
	if w.room == nil || cap(*w.room) < n {
		w.dropRoom()
		w.room = w.pool.get(n)
	}
	w.lent = true
	return (*w.room)[:0:n]
}

// dropRoom lets go of roomAhead's, which is not lent.
func (w *Writer) dropRoom() {
	if w.room != nil {
		w.pool.put(w.room)
		w.room = nil
	}
}
