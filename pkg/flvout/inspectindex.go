package flvout

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yutopp/go-flv/tag"
)

// What an entry of an index may point to, as IndexReport.First tells.
const (
	pointsKey    = "key_frame"
	pointsHeader = "sequence_header"
	pointsAudio  = "audio"
	pointsEnd    = "sequence_end"
	pointsOther  = "other_tag"
	pointsNone   = "no_tag"
)

// An indexInspector compares a file's index with its tags as they come. It takes
// as much memory as the index does in the file.
type indexInspector struct {
	places  bool   // tags come with their places: it is a file
	odd     bool   // the index is of a form that some players do not read
	longest uint32 // ms between two entries
	entries []placedEntry
	next    int // the first entry that is not behind the newest tag
	r       IndexReport
}

// A placedEntry is one with its number in the index. They are sorted by place.
type placedEntry struct {
	IndexEntry
	number int
}

// open reads the index from the body of onMetaData.
func (x *indexInspector) open(body []byte) {
	entries, err := ReadIndex(body)
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), ": ")
		x.r.State, x.r.Reason = IndexUnreadable, reason
	}
	if len(entries) == 0 {
		return
	}
	x.r.Entries, x.r.State = len(entries), IndexRight
	x.r.First = make([]string, min(len(entries), 2))
	x.entries = make([]placedEntry, len(entries))
	var least, most, from uint32
	for n, e := range entries {
		x.entries[n] = placedEntry{e, n}
		if n > 0 && e.Time > entries[n-1].Time {
			x.longest = max(x.longest, e.Time-entries[n-1].Time)
		}
		switch {
		case n == 0: // may be a sequence header
		case e.Time < entries[n-1].Time:
			x.r.WrongTime++
		case n == 1:
			from = e.Time
		case n == 2:
			least, most = e.Time-entries[1].Time, e.Time-entries[1].Time
		default:
			d := e.Time - entries[n-1].Time
			least, most = min(least, d), max(most, d)
		}
	}
	last := entries[len(entries)-1].Time
	x.r.Last = Milliseconds(last)
	if n := len(entries) - 2; n > 0 && last >= from {
		x.r.Spacing = Spread{Milliseconds(least), round3(float64(last-from) / float64(n) / 1000), Milliseconds(most)}
	}
	slices.SortStableFunc(x.entries, func(a, b placedEntry) int { return cmp.Compare(a.Position, b.Position) })
}

// see takes the next tag of the file.
func (x *indexInspector) see(t Tag, c *Class, offset int64) {
	x.places = true
	for ; x.next < len(x.entries) && x.entries[x.next].Position <= offset; x.next++ {
		e := &x.entries[x.next]
		if e.Position < offset {
			x.point(e, pointsNone)
			continue
		}
		what := pointsOther
		switch {
		case c.Key:
			what = pointsKey
		case c.Kind == KindConfig:
			what = pointsHeader
		case c.Kind == KindEnd:
			what = pointsEnd
		case c.Kind == KindFrame && t.Type == tag.TagTypeAudio:
			what = pointsAudio
		}
		x.point(e, what)
		if d := int64(e.Time) - int64(t.Timestamp); c.Kind == KindFrame && max(d, -d) > maxWrongTime {
			x.r.WrongTime++
		}
	}
}

func (x *indexInspector) point(e *placedEntry, what string) {
	if e.number < len(x.r.First) {
		x.r.First[e.number] = what
	}
	switch what {
	case pointsKey:
		x.r.OnKey++
	case pointsHeader:
		x.r.OnHeader++
	case pointsEnd:
		x.r.OnEnd++
	case pointsAudio:
		x.r.OnAudio++
	default:
		x.r.Elsewhere++
	}
}

// judge tells what there is to say of the index when all tags of the file came,
// of which s is the summary.
func (x *indexInspector) judge(s *summary) *IndexReport {
	for ; x.next < len(x.entries); x.next++ {
		x.point(&x.entries[x.next], pointsNone)
	}
	r := x.r
	video := s.video.tags > 0
	switch {
	case r.State == IndexUnreadable:
	case r.Entries < minKeyframes:
		r.State = IndexNone
	case r.Elsewhere > 0, r.WrongTime > 0, video && r.OnAudio > 0, r.OnHeader > 1, r.OnEnd > 1:
		r.State = IndexWrong
	case x.odd:
		r.State = IndexOdd
	case s.keys > 0 && int64(s.lastKey.Time) > int64(r.Last)+int64(x.longest)+maxWrongTime:
		r.State = IndexShort
	}
	return &r
}
