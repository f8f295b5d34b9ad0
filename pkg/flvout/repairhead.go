package flvout

import (
	"bytes"
	"math"
	"strings"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

const (
	// fewEntries is the room for an index with which a head is filled in rather
	// than the file written anew, if nobody asks for more.
	fewEntries = 64

	// How far another program's head may be from what we would write, in ms:
	// some count the last frame in, some do not, and a key frame may be given
	// with its presentation time.
	durationSlack = 250
	indexSlack    = 1000
)

// A headCheck finds out whether the onMetaData that a file begins with is right,
// as the tags behind it pass.
type headCheck struct {
	body []byte // nil: there is none
	head head   // what would be written instead, in the same room
	fits bool

	entries []IndexEntry // of the index that is there
	next    int          // the first that is still to be found
	longest uint32       // ms between two of them
	wrong   bool         // one of them is not true, or there is no index that players take
}

// newHeadCheck takes the body of onMetaData, and keeps it.
func newHeadCheck(body []byte) *headCheck {
	k := &headCheck{body: body}
	k.head = newHead(ParseMetadata(Tag{Type: tag.TagTypeScriptData, Body: body}), 0)
	k.fits = k.head.fit(len(body))
	var err error
	k.entries, err = ReadIndex(body)
	k.wrong = err != nil || len(k.entries) < minKeyframes
	for i := 1; i < len(k.entries); i++ {
		e, before := k.entries[i], k.entries[i-1]
		k.longest = max(k.longest, e.Time-before.Time)
		// Players look for the last entry that is early enough, and not among equals.
		k.wrong = k.wrong || i > 1 && e.Position <= before.Position
	}
	return k
}

// add takes a tag that lies at an offset.
func (k *headCheck) add(t Tag, c *Class, at int64) {
	for !k.wrong && k.next < len(k.entries) && k.entries[k.next].Position <= at {
		e := k.entries[k.next]
		// yamdi and flvmeta have the end of the sequence for the last one.
		seek := c.Key || c.Kind == KindConfig && k.next == 0 || !c.video && c.Kind == KindFrame ||
			c.Kind == KindEnd && k.next == len(k.entries)-1
		late := int64(e.Time) - int64(t.Timestamp)
		k.wrong = e.Position < at || !seek || late > indexSlack || late < -indexSlack
		k.next++
	}
}

// right tells whether the head can stay: it is the one that a File writes, or it
// says nothing that is wrong and is of a form that players read.
func (k *headCheck) right(v *survey, want []byte, o *RepairOptions) bool {
	if k.body == nil || v.flags != tracks(&v.sum.tally) {
		return false
	}
	if want != nil && bytes.Equal(want[headBody:headBody+len(k.body)], k.body) {
		return true
	}
	return k.readable() && k.trueOf(v, o)
}

// readable tells whether players understand the metadata. What stops them is in
// the facts on FFmpeg's flvdec.c and mpegts.js's amf-parser.js.
func (k *headCheck) readable() bool {
	const name = "\x02\x00\x0A" + onMetaData
	values, ok := strings.CutPrefix(string(k.body), name)
	if !ok {
		return false
	}
	f, ok := openFields([]byte(values))
	if !ok {
		return false
	}
	for f.next() {
		switch f.value[0] {
		case amfNumber, amfBoolean, amfECMAArray, amfStrictArray, 0x0B:
			if f.name == "keyframes" {
				return false
			}
		case amfString:
			if len(f.value) > maxText {
				return false
			}
		case amfObject:
			if f.name == "keyframes" && !indexInFront(f.value) {
				return false
			}
		default:
			return false
		}
	}
	return f.err == nil && len(f.rest) == 3
}

// indexInFront tells whether keyframes begins with its two arrays, as FFmpeg wants
// it.
func indexInFront(value []byte) bool {
	f, ok := openFields(value)
	found := 0
	for range 2 {
		if ok && f.next() && (f.name == "times" || f.name == "filepositions") {
			found++
		}
	}
	return found == 2
}

// trueOf tells whether the metadata says nothing that is wrong.
func (k *headCheck) trueOf(v *survey, o *RepairOptions) bool {
	_, values := scriptName(k.body)
	_, own, err := readFields(values)
	if err != nil {
		return false
	}
	duration, ok := amf.AsNumber(own.Get("duration"))
	if !ok || math.Abs(duration*1000-float64(v.sum.duration().Milliseconds())) > durationSlack {
		return false
	}
	if size, ok := amf.AsNumber(own.Get("filesize")); ok && int64(size) != v.whole() {
		return false
	}
	if v.sum.entries() < minKeyframes {
		return true // nothing to seek to
	}
	last := len(k.entries) - 1
	switch {
	case o.IndexEntries < 0:
		return true
	case k.wrong || k.next <= last:
		return false
	case o.IndexEntries > len(k.entries) && v.sum.keys >= int64(len(k.entries)):
		return false // a longer one is asked for
	}
	return v.sum.keys == 0 || int64(v.sum.lastKey.Time) <= int64(k.entries[last].Time)+int64(k.longest)+indexSlack
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

// tracks are the flags of a file's header.
func tracks(t *tally) byte { return appendHead(nil, t.audio.tags > 0, t.video.tags > 0)[4] }
