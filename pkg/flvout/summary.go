package flvout

import "github.com/yutopp/go-flv/tag"

// audioSpacing is how far the entries of an index without video are apart, in ms.
const audioSpacing = 5000

// A summary is what a file's head tells of the tags behind it. It comes out the
// same whether it is told of each tag when that is written, or when the file is
// read again.
type summary struct {
	tally
	index   *keyIndex     // nil: none
	shown   bool          // the index is of video, since there is a key frame
	configs [2]IndexEntry // the first sequence header of the audio and of the video; at 0: none
	traits  [2]traits     // of the audio and of the video
	steps   distances     // of the video
}

// newSummary returns a summary with an index of n entries, or with none if n is
// not positive.
func newSummary(n int) *summary {
	s := new(summary)
	if n > 0 {
		s.index = newKeyIndex(n)
	}
	return s
}

// add takes the next tag of the file, with its timestamp there. It lies at the
// offset at. Script data is passed over.
func (s *summary) add(t Tag, c *Class, at int64) {
	if typ := t.Type & tagTypeMask; typ != tag.TagTypeAudio && typ != tag.TagTypeVideo {
		return
	}
	s.describe(t, c)
	if c.video && s.video.frames > 0 && c.movesClock() {
		s.steps.add(t.Timestamp - s.video.last)
	}
	s.tally.add(t, c, at)
	if s.index != nil {
		s.mark(lane(t.Type), c, IndexEntry{t.Timestamp, at})
	}
}

// mark notes in the index what of a lane has a place there: key frames, or sound
// every few seconds if there are none.
func (s *summary) mark(lane int, c *Class, e IndexEntry) {
	switch {
	case c.Kind == KindConfig && !c.Layout:
		if s.configs[lane].Position == 0 {
			s.configs[lane] = e
		}
	case c.Key && !s.shown:
		s.shown = true
		s.index.Reset(1)
		s.enter(lane, e)
	case c.Key:
		s.index.Add(e)
	case !c.video && !s.shown && c.movesClock():
		if s.index.Len() == 0 {
			s.index.Reset(audioSpacing)
		}
		s.enter(lane, e)
	}
}

// enter adds an entry of a track, behind its sequence header if it is the first.
func (s *summary) enter(lane int, e IndexEntry) {
	if config := s.configs[lane]; config.Position != 0 {
		s.index.Begin(config)
	}
	s.index.Add(e)
}

// cut takes the file back to its first bytes up to end, in which the tally is t.
func (s *summary) cut(t *tally, end int64) {
	s.tally = *t
	if s.index != nil {
		s.index.cut(end)
	}
}

// shift moves all tags by n bytes.
func (s *summary) shift(n int64) {
	s.lastKey.Position += n
	if s.index != nil {
		s.index.shift(n)
	}
}

// describe notes what a track's first tags say of its codec. It may be told of a
// tag before add is.
func (s *summary) describe(t Tag, c *Class) { s.traits[lane(t.Type)].see(t, c) }

// traits are what a track's first tags say of its codec.
type traits struct {
	known         bool
	id            float64 // videocodecid or audiocodecid
	params        Parameters
	header, frame bool // that of the first one is in params
}

func (r *traits) see(t Tag, c *Class) {
	if r.header && r.frame || len(t.Body) == 0 {
		return
	}
	if !r.known && (c.Kind == KindConfig || c.movesClock()) {
		r.known, r.id = true, codecID(t, c)
	}
	switch {
	case c.Kind == KindConfig && !c.Layout && !r.header:
		r.header = true
	case c.Kind == KindFrame && (c.Key || !c.video) && !r.frame:
		r.frame = true
	default:
		return
	}
	if p := ReadParameters(t, c); r.params.Codec == 0 {
		r.params = p
	} else {
		r.params = r.params.or(p)
	}
}

// codecID is how onMetaData names a codec: by its legacy number or its FourCC,
// as the tag's first byte has it, which is not encrypted.
func codecID(t Tag, c *Class) float64 {
	b, video := t.Body[0], lane(t.Type) == 1
	switch {
	case video && b&exVideoBit == 0:
		return float64(b & 0x0F)
	case !video && b>>4 != exSoundFormat:
		return float64(b >> 4)
	}
	return float64(c.Codec)
}
