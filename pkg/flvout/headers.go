package flvout

import (
	"bytes"
	"slices"

	"github.com/yutopp/go-flv/tag"
)

// MaxHeaders bounds what Headers keep, in bytes. A sequence header has some
// dozens.
const MaxHeaders = 1 << 20

// maxHeaders bounds how many there are, for each frame of several tracks is held
// against all of them. Streams have some ten.
const maxHeaders = 256

// headerCost is what a header takes besides its body.
const headerCost = 128

// Headers are what is in force at a place in a stream: of each track the newest
// sequence header, and the colour information or channel layout that goes with
// it. Who begins there needs them first. (onMetaData is not among them.)
//
// The zero Headers are empty.
type Headers struct {
	list []header // from the one that came longest ago
	size int
}

type header struct {
	tag   Tag // its body is never changed, and so shared with clones
	about about
	codec Codec
	over  bool // its sequence has ended; another begins with the same header again
}

// about is what a header is about: of those that are about the same, the newest
// counts.
type about struct {
	typ    tag.TagType
	kind   Kind
	layout bool
	tracks TrackSet
}

// sameAs tells whether two headers are about the same thing of whatever tracks.
func (a *about) sameAs(b *about) bool {
	return a.typ == b.typ && a.kind == b.kind && a.layout == b.layout
}

// headerOf is the header that a tag is; c is its Class.
func headerOf(t Tag, c *Class) header {
	return header{tag: t, about: about{t.Type, c.Kind, c.Layout, c.TrackSet()}, codec: c.Codec}
}

// Put notes a tag if it is a header; c is its Class. It tells whether the tag
// changes nothing, since the same is in force already. The tag's body is copied
// if need be.
func (h *Headers) Put(t Tag, c *Class) (same bool) {
	if c.Kind != KindConfig && c.Kind != KindColorInfo {
		return false
	}
	e := headerOf(t, c)
	body, same := h.have(&e)
	if same {
		return true
	}
	h.list = slices.DeleteFunc(h.list, func(old header) bool {
		gone := e.replaces(&old)
		if gone {
			h.size -= old.size()
		}
		return gone
	})
	if e.size() > MaxHeaders {
		return false
	}
	if e.tag.Body = body; body == nil {
		e.tag.Body = bytes.Clone(t.Body)
	}
	h.list = append(h.list, e)
	n := 0
	for h.size += e.size(); h.size > MaxHeaders || len(h.list)-n > maxHeaders; n++ {
		h.size -= h.list[n].size()
	}
	h.list = slices.Delete(h.list, 0, n)
	return false
}

// have looks for the same header. It returns the body of one that came before,
// and tells whether that is still in force, for all its tracks.
func (h *Headers) have(e *header) (body []byte, same bool) {
	same = true
	for i := len(h.list) - 1; i >= 0; i-- {
		old := &h.list[i]
		switch {
		case old.about == e.about:
			if bytes.Equal(old.tag.Body, e.tag.Body) {
				return old.tag.Body, same && !old.over
			}
			return nil, false
		case old.about.sameAs(&e.about) && old.about.tracks.meets(&e.about.tracks):
			same = false
		}
	}
	return nil, false
}

// replaces tells whether old is no more in force with e. What goes with a
// sequence header goes with it when that of another codec comes.
func (e *header) replaces(old *header) bool {
	a, b := &e.about, &old.about
	if a.typ != b.typ || !a.tracks.covers(&b.tracks) {
		return false
	}
	return a.sameAs(b) || a.kind == KindConfig && !a.layout && e.codec != old.codec
}

func (e *header) size() int { return len(e.tag.Body) + headerCost }

// has tells whether the same header is in force.
func (h *Headers) has(t Tag, c *Class) bool {
	e := headerOf(t, c)
	_, same := h.have(&e)
	return same
}

// other returns a header about the same thing, of some of the same tracks.
func (h *Headers) other(t Tag, c *Class) (old Tag, ok bool) {
	e := headerOf(t, c)
	for i := len(h.list) - 1; i >= 0; i-- {
		if old := &h.list[i]; old.about.sameAs(&e.about) && old.about.tracks.meets(&e.about.tracks) {
			return old.tag, true
		}
	}
	return Tag{}, false
}

// config tells whether a sequence header of a codec is in force for one of the
// tracks.
func (h *Headers) config(typ tag.TagType, codec Codec, tracks *TrackSet) bool {
	for i := range h.list {
		e := &h.list[i]
		if e.about.typ == typ && e.about.kind == KindConfig && !e.about.layout &&
			e.codec == codec && e.about.tracks.meets(tracks) {
			return true
		}
	}
	return false
}

// drop forgets what is about the same thing of the same tracks.
func (h *Headers) drop(t Tag, c *Class) {
	e := headerOf(t, c)
	h.list = slices.DeleteFunc(h.list, func(old header) bool {
		gone := old.about.sameAs(&e.about) && e.about.tracks.covers(&old.about.tracks)
		if gone {
			h.size -= old.size()
		}
		return gone
	})
}

// dropType forgets the headers of a type of tags.
func (h *Headers) dropType(typ tag.TagType) {
	h.list = slices.DeleteFunc(h.list, func(old header) bool {
		gone := old.tag.Type&tagTypeMask == typ
		if gone {
			h.size -= old.size()
		}
		return gone
	})
}

// End notes the end of the sequences of a type of tags, and so that their
// headers are not the same when they come again.
func (h *Headers) End(typ tag.TagType) {
	for i := range h.list {
		e := &h.list[i]
		e.over = e.over || e.tag.Type == typ
	}
}

// Clone returns a copy, which stays as it is.
func (h *Headers) Clone() Headers { return Headers{slices.Clone(h.list), h.size} }

// Len returns how many headers there are.
func (h *Headers) Len() int { return len(h.list) }

// At returns the header with the number i, in the order in which they came. Its
// body is not to be changed.
func (h *Headers) At(i int) Tag { return h.list[i].tag }

// Size returns how many bytes are kept.
func (h *Headers) Size() int { return h.size }
