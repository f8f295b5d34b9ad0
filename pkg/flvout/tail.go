package flvout

import "slices"

// A tail is what is remembered of the newest tags of a file.
type tail struct {
	headers Headers
	at      [seenTags]int64 // where they are
	tags    int
	keys    [2]keyTag // the newest key frames; the last first
	first   [2]int64  // where the first frame and the first key frame are; 0: there is none

	end   Tag // of the video's sequence, if that is the last tag
	endAt int64
}

// A keyTag is a key frame.
type keyTag struct {
	at int64
	ts uint32
	n  int // its number among the tags, from 1

	behind int64 // where the tag is that follows at some distance
}

// enoughTags are enough to know a place by, and a key frame among them.
const enoughTags = armedTags

func (t *tail) add(tg Tag, c *Class, at int64) {
	t.at[t.tags%seenTags] = at
	t.tags++
	t.headers.Put(tg, c)
	if t.first[0] == 0 && c.movesClock() {
		t.first[0] = at
	}
	if t.keys[0].n > 0 && t.tags == t.keys[0].n+enoughTags {
		t.keys[0].behind = at
	}
	if c.Key {
		t.keys[0], t.keys[1] = keyTag{at: at, ts: tg.Timestamp, n: t.tags}, t.keys[0]
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
func (t *tail) has(k keyTag) bool { return k.n > 0 && t.tags-k.n < seenTags }

// forgotten returns the last key frame if it is not among them, and not the first
// of all either.
func (t *tail) forgotten() (k keyTag, ok bool) {
	return t.keys[0], t.keys[1].n > 0 && !t.has(t.keys[0])
}

// from is where the first of them is.
func (t *tail) from() int64 {
	if t.tags <= seenTags {
		return t.at[0]
	}
	return t.at[t.tags%seenTags]
}

// start is where a recorded stream is to be asked for, in ms.
func (t *tail) start(s *summary) int64 {
	const back = 1000 // of sound
	switch {
	case t.has(t.keys[1]):
		return int64(t.keys[1].ts)
	case t.has(t.keys[0]):
		return int64(t.keys[0].ts)
	}
	return max(int64(s.top())-back, 0)
}

// hold keeps the end of a sequence back: behind it the file goes on.
func (t *tail) hold(tg Tag, at int64) {
	tg.Body = slices.Clone(tg.Body)
	t.end, t.endAt = tg, at
}
