package flvout

import (
	"bytes"
	"slices"

	"github.com/yutopp/go-flv/tag"
)

// MaxHeaders bounds what Headers keep, in bytes. A sequence header has some
// dozens.
const MaxHeaders = 1 << 20

// headerCost is what a header takes besides its body.
const headerCost = 128

// Headers are what is in force at a place in a stream: of each track the newest
// sequence header, and the colour information or channel layout that goes with
// it. Who begins there needs them first. (onMetaData is not among them.)
//
// The zero Headers are empty. A copy of Headers stays as it is when the original
// goes on.
type Headers struct {
	list []header // from the one that came longest ago; never changed, but made anew
}

type header struct {
	tag   Tag
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

// Put notes a tag if it is a header; c is its Class. It tells whether the tag
// changes nothing, since the same is in force already. The tag's body is copied
// if need be.
func (h *Headers) Put(t Tag, c *Class) (same bool) {
	if c.Kind != KindConfig && c.Kind != KindColorInfo {
		return false
	}
	e := header{tag: t, about: about{t.Type, c.Kind, c.Layout, c.TrackSet()}, codec: c.Codec}
	if h.have(&e) {
		return true
	}
	list := make([]header, 0, len(h.list)+1)
	for i := range h.list {
		if !e.replaces(&h.list[i]) {
			list = append(list, h.list[i])
		}
	}
	if e.size() <= MaxHeaders {
		e.tag.Body = bytes.Clone(t.Body)
		list = append(list, e)
	}
	h.list = list
	for size := h.Size(); size > MaxHeaders; h.list = h.list[1:] {
		size -= h.list[0].size()
	}
	return false
}

// have tells whether the same header is in force, for all its tracks.
func (h *Headers) have(e *header) bool {
	for _, old := range slices.Backward(h.list) {
		switch {
		case old.about == e.about:
			return !old.over && bytes.Equal(old.tag.Body, e.tag.Body)
		case old.about.sameAs(&e.about) && old.about.tracks.meets(&e.about.tracks):
			return false
		}
	}
	return false
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

// End notes the end of the sequences of a type of tags, and so that their
// headers are not the same when they come again.
func (h *Headers) End(typ tag.TagType) {
	begun := func(e header) bool { return e.tag.Type == typ && !e.over }
	if !slices.ContainsFunc(h.list, begun) {
		return
	}
	h.list = slices.Clone(h.list)
	for i := range h.list {
		e := &h.list[i]
		e.over = e.over || e.tag.Type == typ
	}
}

// Len returns how many headers there are.
func (h *Headers) Len() int { return len(h.list) }

// At returns the header with the number i, in the order in which they came. Its
// body is not to be changed.
func (h *Headers) At(i int) Tag { return h.list[i].tag }

// Size returns how many bytes are kept.
func (h *Headers) Size() int {
	size := 0
	for i := range h.list {
		size += h.list[i].size()
	}
	return size
}
