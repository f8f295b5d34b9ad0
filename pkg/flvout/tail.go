package flvout

import (
	"slices"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A tail is what is remembered of the newest tags of a file.
type tail struct {
	headers Headers
	at      [seenTags]int64 // where they are
	tags    int
	keys    []keyTag // the newest key frames, so many at most as are wanted and once more
	wanted  int      // two or more
	skip    int      // how many more key frames are asked for
	first   [2]int64 // where the first frame and the first key frame are; 0: there is none

	end   Tag // of the video's sequence, if that is the last tag
	endAt int64
}

// A keyTag is a key frame.
type keyTag struct {
	ts uint32
	n  int // its number among the tags, from 1
}

// maxSkip is how many key frames are skipped at most.
const maxSkip = 1 << 16

// newTail returns a tail for a stream that is asked for from so many key frames
// further back.
func newTail(skip int) *tail {
	skip = min(max(skip, 0), maxSkip)
	return &tail{wanted: 2 + skip, skip: skip}
}

func (t *tail) add(tg Tag, c *Class, at int64) {
	t.at[t.tags%seenTags] = at
	t.tags++
	t.headers.Put(tg, c)
	if t.first[0] == 0 && c.movesClock() {
		t.first[0] = at
	}
	if c.Key {
		if len(t.keys) == 2*t.wanted {
			t.keys = append(t.keys[:0], t.keys[t.wanted:]...)
		}
		t.keys = append(t.keys, keyTag{tg.Timestamp, t.tags})
		if t.first[1] == 0 {
			t.first[1] = at
		}
	}
}

// opening is where the frames are that the file's beginning is known by.
func (t *tail) opening() int64 {
	if t.first[1] > 0 {
		return t.first[1]
	}
	return t.first[0]
}

// has tells whether a key frame is among the tags that are remembered.
func (t *tail) has(k keyTag) bool { return t.tags-k.n < seenTags }

// from is where the first of them is.
func (t *tail) from() int64 {
	if t.tags <= seenTags {
		return t.at[0]
	}
	return t.at[t.tags%seenTags]
}

// start is where a recorded stream is to be asked for, in ms: the key frame before
// the last, or the last if that is too far back; what comes from there up to what is
// remembered is left out by the way. It is the beginning if there is none before:
// nginx-rtmp goes on with the key frame behind the one that it is asked for.
func (t *tail) start(s *summary) int64 {
	const back = 1000 // of sound
	n := len(t.keys)
	if n == 0 || t.skip == 0 && !t.has(t.keys[n-1]) && int64(s.top())-int64(t.keys[n-1].ts) > maxHole {
		return max(int64(s.top())-int64(back*(1+t.skip)), 0)
	}
	at := n - 1 - t.skip
	if n == 1 || int64(s.top())-int64(t.keys[n-2].ts) <= maxHole {
		at--
	}
	if at < 0 {
		return 0
	}
	return int64(t.keys[at].ts)
}

// awaitsPicture tells whether there is but the sound that comes before a stream's first
// picture. Behind that it would have its place, if it has one at all.
func (t *tail) awaitsPicture(s *summary) bool {
	const within = 2 * time.Second
	if s.video.frames > 0 || s.duration() > within {
		return false
	}
	for i := range t.headers.Len() {
		if t.headers.At(i).Type == tag.TagTypeVideo {
			return true
		}
	}
	return false
}

// hold keeps the end of a sequence back: behind it the file goes on.
func (t *tail) hold(tg Tag, at int64) {
	tg.Body = slices.Clone(tg.Body)
	t.end, t.endAt = tg, at
}
