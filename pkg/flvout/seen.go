package flvout

import (
	"hash/maphash"
	"math/bits"
)

const (
	// seenTags is how many frames are remembered: half a minute of picture
	// and sound. What servers send again is a group of pictures or two, of which
	// some have ten seconds.
	seenTags = 2048

	// sampled is how much is read of each end of a frame that is no key frame.
	// Coded frames of the same length that begin and end alike in so many bytes
	// are the same; to read all of them would double what a tag costs (see
	// BenchmarkSum).
	sampled = 64
)

// seen remembers frames: by a hash of their bodies, and where in the recording
// they are. A hash is of no use outside of the value that made it.
type seen struct {
	seed  maphash.Seed
	sums  [seenTags]uint64
	at    [seenTags]uint32 // ms
	count int              // how many were ever put
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed()} }

// sum returns a frame's hash: of all of a key frame, by which repeats are found,
// and of both ends and the length of others.
func (s *seen) sum(t Tag, c *Class) uint64 {
	b := t.Body
	if c.Key || len(b) <= 2*sampled {
		return maphash.Bytes(s.seed, b) + uint64(t.Type&tagTypeMask)
	}
	begin, end := maphash.Bytes(s.seed, b[:sampled]), maphash.Bytes(s.seed, b[len(b)-sampled:])
	return begin ^ bits.RotateLeft64(end+uint64(len(b)), 1) + uint64(t.Type&tagTypeMask)
}

// put remembers a frame at its place in the recording, ms.
func (s *seen) put(sum uint64, at uint32) {
	i := s.count % seenTags
	s.sums[i], s.at[i] = sum, at
	s.count++
}

// lookup returns where a frame is, and how often it is there: a frame of silence
// or of a still picture may be there many times.
func (s *seen) lookup(sum uint64) (at uint32, n int) {
	for i, v := range s.sums[:min(s.count, seenTags)] {
		if v == sum {
			at = s.at[i]
			n++
		}
	}
	return at, n
}

// isAt tells whether a frame is at a place, within a few ms.
func (s *seen) isAt(sum uint64, at uint32) bool {
	_, ok := s.near(sum, at)
	return ok
}

// nearby is how far from its place a frame may be, in ms: less than half a frame of
// silence.
const nearby = 10

// near returns where exactly a frame is that is at a place, within a few ms.
func (s *seen) near(sum uint64, at uint32) (found uint32, ok bool) {
	best := int64(nearby + 1)
	for i, v := range s.sums[:min(s.count, seenTags)] {
		if v == sum {
			if d := dist(int64(int32(s.at[i]-at)), 0); d < best {
				found, ok, best = s.at[i], true, d
			}
		}
	}
	return found, ok
}

func (s *seen) forget() { s.count = 0 }

// weighs tells whether a frame is not one that a still source sends all the
// time.
func weighs(t Tag, c *Class) bool {
	const silence = 256 // bytes, at most
	return c.Key || len(t.Body) > silence
}
