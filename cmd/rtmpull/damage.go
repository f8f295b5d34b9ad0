package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// A list is of what there is.
type list []string

func (l *list) add(is bool, format string, args ...any) {
	if is {
		*l = append(*l, fmt.Sprintf(format, args...))
	}
}

func (l *list) count(n int64, thing, after string) { l.add(n > 0, "%s%s", ui.Count(n, thing), after) }

// damaged says what is wrong with a file's bytes: what can be put right, and what
// is no part of a file that is whole.
func damaged(d *flvout.Damage) (wrong, beside list) {
	wrong.add(d.NoHeader, "no file header")
	wrong.add(d.LongHeader && !d.NoHeader, "a file header that is longer than 9 bytes")
	wrong.count(d.Trailers, "wrong trailer", "")
	wrong.add(d.NoTrailer, "no trailer at the end")
	wrong.count(d.StreamIDs, "tag", " with a stream ID")
	wrong.count(d.Joined, "FLV file", " behind the first")
	beside.add(d.Places > 0, "%s of garbage in %s", ui.Count(d.Garbage, "byte"), ui.Count(d.Places, "place"))
	beside.count(d.Unknown, "tag", " of unknown types")
	beside.add(d.Torn && d.Tail == 0, "a torn tag at the end")
	beside.add(d.Torn && d.Tail > 0, "a torn tag of %s at the end", ui.Count(d.Tail, "byte"))
	beside.add(!d.Torn && d.Tail > 0, "%s behind the last tag", ui.Count(d.Tail, "byte"))
	beside.add(d.UnreadableFrom > 0, "no tags from offset %d on", d.UnreadableFrom)
	return wrong, beside
}

// damageText says all of it in a line.
func damageText(d *flvout.Damage) string {
	wrong, beside := damaged(d)
	if len(wrong)+len(beside) == 0 {
		return "none"
	}
	return strings.Join(slices.Concat(wrong, beside), ", ")
}
