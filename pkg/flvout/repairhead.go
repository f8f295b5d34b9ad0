package flvout

import (
	"bytes"

	"github.com/yutopp/go-flv/tag"
)

// fewEntries is the room for an index with which a head is filled in rather than
// the file written anew, if nobody asks for more.
const fewEntries = 64

// A headCheck is about the onMetaData that a file begins with: whether it can stay,
// and what to write in its place.
type headCheck struct {
	body  []byte // nil: there is none
	judge headJudge
	head  head // what would be written instead, in the same room
	fits  bool
}

// A headVerdict tells what has to be mended of a head.
type headVerdict struct {
	flags    bool   // of the file's header
	metadata bool   // it is missing, or says what is not true, or so that players do not read it
	index    string // the state of an index that cannot stay; empty: it can
}

func (v headVerdict) right() bool { return v == headVerdict{} }

// newHeadCheck takes the body of onMetaData, and keeps it.
func newHeadCheck(body []byte) *headCheck {
	k := &headCheck{body: body}
	k.head = newHead(ParseMetadata(Tag{Type: tag.TagTypeScriptData, Body: body}), 0)
	k.fits = k.head.fit(len(body))
	k.judge.open(body)
	return k
}

// add takes a tag that lies at an offset.
func (k *headCheck) add(t Tag, c *Class, at int64) { k.judge.index.see(t, c, at) }

// verdict tells what of the head cannot stay: nothing if it is the one that a File
// writes, or if it says nothing that is wrong and is of a form that players read.
func (k *headCheck) verdict(v *survey, want []byte, o *RepairOptions) (h headVerdict) {
	h.flags = wrongFlags(v.flags, &v.sum.tally)
	if want != nil && bytes.Equal(want[headBody:headBody+len(k.body)], k.body) {
		return h
	}
	h.metadata = k.body == nil || k.judge.odd || !k.judge.timed || len(k.judge.claims(v.sum, v.whole())) > 0
	h.index = k.badIndex(v, o)
	return h
}

// badIndex is the state of an index that cannot stay. One that is missing can if
// none is wanted, or if there is nothing to seek to.
func (k *headCheck) badIndex(v *survey, o *RepairOptions) string {
	r := k.judge.index.judge(v.sum)
	switch r.State {
	case IndexRight:
		if o.IndexEntries > r.Entries && v.sum.keys >= int64(r.Entries) && v.sum.entries() >= minKeyframes {
			return IndexShort // a longer one is asked for
		}
		return ""
	case IndexNone:
		if o.IndexEntries < 0 || v.sum.entries() < minKeyframes {
			return ""
		}
	}
	return r.State
}

// ours tells whether a File wrote the head: it has its filler.
func (k *headCheck) ours() bool {
	return k.fits && bytes.Contains(k.body, append(appendName(nil, spacerField), amfStrictArray))
}

// want returns the head as it should be, in the room that there is. It is nil if
// that is too little.
func (k *headCheck) want(v *survey, o *RepairOptions) []byte {
	if k.body == nil || !k.fits {
		return nil
	}
	least := int64(fewEntries)
	if o.IndexEntries != 0 {
		least = int64(FileOptions{IndexEntries: o.IndexEntries}.entries())
	}
	if room := int64(k.head.room); room < least && room < max(v.sum.keys+1, int64(v.sum.entries())) {
		return nil
	}
	return k.head.finish(v.sum, v.whole())
}
