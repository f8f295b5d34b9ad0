package flvout

import "bytes"

// A headInspector keeps what a file says about itself, until it is known what is
// true.
type headInspector struct {
	headed bool // there is a file's header
	flags  byte // of it

	first   bool // onMetaData is the first tag
	command bool // @setDataFrame stands before it
	late    int64
	judge   headJudge
	sum     *summary // of what is true
	size    int64    // of the file; 0 is unknown
}

// add takes an onMetaData tag.
func (h *headInspector) add(t Tag, first, behindFrame bool) {
	if h.judge.seen {
		if behindFrame {
			h.late++
		}
		return
	}
	h.first = first
	body := scriptBody(t)
	h.command = bytes.HasPrefix(body[min(len(body), 3):], []byte(setDataFrame))
	h.judge.open(body)
}

func (h *headInspector) report(r *Report) {
	if h.judge.seen {
		r.Metadata = &MetadataReport{First: h.first, Fields: h.judge.fields, Wrong: h.judge.claims(h.sum, h.size)}
	}
	if h.judge.index.places {
		r.Index = h.judge.index.judge(h.sum)
	}
}

// wrongFlags tells whether the header announces other tracks than there are. What
// has none says nothing.
func (h *headInspector) wrongFlags() bool {
	return h.headed && h.sum.media() && wrongFlags(h.flags, &h.sum.tally)
}
