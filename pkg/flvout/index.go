package flvout

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// How many entries an index may have room for. With the most of them an onMetaData
// still fits into a tag, with 1 MiB of a server's own fields.
const (
	DefaultIndexEntries = 8192 // 147 KB in the file
	minIndexEntries     = 4
	MaxIndexEntries     = 850_000
)

// An IndexEntry tells where a key frame is.
type IndexEntry struct {
	Time     uint32 // ms
	Position int64  // of the tag's first byte in the file
}

// A keyIndex is a key-frame index of a limited size. When it is full it thins itself
// out: it keeps the entries that are spread most evenly over the time, at least
// half of its room, and takes new ones only at that distance.
//
// Entry 0 is not for seeking: mpegts.js and flv.js take it for the sequence
// header and drop it. Entry 1 is the first key frame and always stays.
type keyIndex struct {
	entries []IndexEntry // up to room
	room    int
	spacing uint32 // ms that an entry must lie behind the one before
}

// newKeyIndex returns a keyIndex with room for n entries, at least 4.
func newKeyIndex(n int) *keyIndex {
	x := &keyIndex{room: min(max(n, minIndexEntries), MaxIndexEntries)}
	x.Reset(1)
	return x
}

// Reset takes all entries out. New ones must be spacing ms apart.
func (x *keyIndex) Reset(spacing uint32) { x.entries, x.spacing = x.entries[:0], max(spacing, 1) }

// Begin sets entry 0, the sequence header with which decoding begins. Without it
// the first key frame stands there too.
func (x *keyIndex) Begin(header IndexEntry) {
	if len(x.entries) == 0 {
		x.entries = append(x.entries, header)
	}
}

// Add notes a key frame. The times of an index rise; one that does not come
// behind the last is not noted.
func (x *keyIndex) Add(e IndexEntry) {
	x.Begin(e)
	if n := len(x.entries); n > 1 {
		if last := x.entries[n-1].Time; e.Time < last || e.Time-last < x.spacing {
			return
		}
		if n == x.room {
			x.thin()
			x.Add(e)
			return
		}
	}
	x.entries = append(x.entries, e)
}

// Entries returns the index, which is x's until the next call of a method.
func (x *keyIndex) Entries() []IndexEntry { return x.entries }

// Len returns how many entries there are.
func (x *keyIndex) Len() int { return len(x.entries) }

// cut takes out what is at the position end or behind it.
func (x *keyIndex) cut(end int64) {
	x.entries = slices.DeleteFunc(x.entries, func(e IndexEntry) bool { return e.Position >= end })
}

// shift moves all positions by n.
func (x *keyIndex) shift(n int64) {
	for i := range x.entries {
		x.entries[i].Position += n
	}
}

// thin makes room by the widest spacing with which half of the key frames stay.
func (x *keyIndex) thin() {
	keys := x.entries[1:]
	half := (len(keys) + 1) / 2
	lo, hi := uint32(1), keys[len(keys)-1].Time-keys[0].Time+1 // with lo all stay, with hi one
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; spaced(keys, mid) >= half {
			lo = mid
		} else {
			hi = mid
		}
	}
	kept := keys[:1]
	every2nd := spaced(keys, lo) > len(keys)*3/4 // most are just so far apart, and the next spacing is too wide
	for i, e := range keys[1:] {
		if every2nd && i%2 == 1 || !every2nd && e.Time-kept[len(kept)-1].Time >= lo {
			kept = append(kept, e)
		}
	}
	x.entries = x.entries[:1+len(kept)]
	x.spacing = lo - lo/16 // key frames are not on time to the millisecond
}

// spaced counts the key frames that stay at a distance of d.
func spaced(keys []IndexEntry, d uint32) int {
	n, last := 1, keys[0].Time
	for _, e := range keys[1:] {
		if e.Time-last >= d {
			n, last = n+1, e.Time
		}
	}
	return n
}

// What is wrong with an index that is no index.
var (
	errIndexForm   = errors.New("flvout: keyframes is no object of two arrays of numbers")
	errIndexLength = errors.New("flvout: keyframes has more times than positions, or fewer")
	errIndexRange  = errors.New("flvout: keyframes has a time or a position that cannot be")
)

// ReadIndex reads the key-frame index of a body of onMetaData, of any length and
// by whatever program; nil if there is none. The entries are as they were written,
// and perhaps not true.
func ReadIndex(body []byte) ([]IndexEntry, error) {
	name, values := scriptName(body)
	w, ok := openFields(values)
	if string(name) != onMetaData || !ok {
		return nil, nil
	}
	for w.next() {
		if w.name == "keyframes" {
			return readKeyframes(w.value)
		}
	}
	return nil, w.err
}

func readKeyframes(value []byte) ([]IndexEntry, error) {
	w, ok := openFields(value)
	if !ok {
		return nil, errIndexForm
	}
	var times, positions []byte
	for ok && w.next() {
		switch w.name {
		case "times":
			times, ok = numbers(w.value)
		case "filepositions":
			positions, ok = numbers(w.value)
		}
	}
	switch {
	case w.err != nil:
		return nil, w.err
	case !ok:
		return nil, errIndexForm
	case len(times) != len(positions):
		return nil, errIndexLength
	}
	entries := make([]IndexEntry, 0, len(times)/amfNumberSize)
	for ; len(times) > 0; times, positions = times[amfNumberSize:], positions[amfNumberSize:] {
		ts, at := math.Round(float(times)*1000), float(positions)
		if !(ts >= 0 && ts <= math.MaxUint32 && at >= 0 && at <= 1<<53) {
			return nil, errIndexRange
		}
		entries = append(entries, IndexEntry{uint32(ts), int64(at)})
	}
	return entries, nil
}

// amfNumberSize is how long a number is with its marker.
const amfNumberSize = 9

// numbers returns the elements of a strict array if all of them are numbers.
func numbers(b []byte) (elements []byte, ok bool) {
	if len(b) < 5 || b[0] != amfStrictArray {
		return nil, false
	}
	b = b[5:]
	for i := 0; i < len(b); i += amfNumberSize {
		if b[i] != amfNumber || len(b)-i < amfNumberSize {
			return nil, false
		}
	}
	return b, true
}

// float is the value of the number that b begins with.
func float(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b[1:])) }
