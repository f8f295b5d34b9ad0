package flvout

import (
	"cmp"
	"slices"

	"github.com/yutopp/go-flv/tag"
)

// head writes what a file begins with, ahead of frame t. If it was asked for, other
// headers may follow for the other track as well; those in force wait for its first
// frame.
func (r *Rotator) head(t Tag, split bool) error {
	if len(r.meta.Body) > 0 {
		if err := r.file.WriteTag(r.meta); err != nil {
			return err
		}
	}
	for _, typ := range [...]tag.TagType{tag.TagTypeVideo, tag.TagTypeAudio} {
		if split && typ != t.Type {
			r.owed = typ
		} else if err := r.inForce(typ, t.Timestamp); err != nil {
			return err
		}
	}
	return nil
}

// inForce writes the headers of a type of tags that are in force.
func (r *Rotator) inForce(typ tag.TagType, ts uint32) error {
	var list []header
	for _, h := range r.headers.list {
		if h.about.typ == typ {
			list = append(list, h)
		}
	}
	// What describes a track's frames comes before what describes how to show them.
	slices.SortStableFunc(list, func(a, b header) int { return cmp.Compare(a.about.rank(), b.about.rank()) })
	for _, h := range list {
		h.tag.Timestamp = ts
		if err := r.file.WriteTag(h.tag); err != nil {
			return err
		}
	}
	return nil
}

func (a *about) rank() int {
	if a.kind == KindConfig && !a.layout {
		return 0
	}
	return 1
}
