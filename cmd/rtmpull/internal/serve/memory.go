package serve

import "sync/atomic"

const (
	// maxKept is how much all relays may keep together, in bytes, for those who
	// come late and those who do not keep up. A relay's messages are there once
	// for all.
	maxKept = 256 << 20

	// shortQueue is how much may wait for one viewer when that much is kept.
	shortQueue = 1 << 20
)

// A memory counts what all relays keep. The zero value is ready.
type memory struct{ used atomic.Int64 }

func (m *memory) add(n int) { m.used.Add(int64(n)) }

func (m *memory) full() bool { return m.used.Load() > maxKept }

// account counts what the relay keeps: all messages from the oldest one that
// somebody needs.
func (r *relay) account() {
	size := 0
	if len(r.past.gop) > 0 {
		size = r.past.gopSize
	}
	for _, v := range r.viewers {
		size = max(size, v.size)
	}
	r.memory.add(size - r.kept)
	r.kept = size
}

// shed forgets the group of pictures for those who come late if too much is kept. They
// begin at the next key frame then.
func (r *relay) shed() {
	r.account()
	if len(r.past.gop) > 0 && r.memory.full() {
		r.past.gop = nil
		r.account()
	}
}
