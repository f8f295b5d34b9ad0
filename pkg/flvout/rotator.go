package flvout

import (
	"time"

	"github.com/yutopp/go-flv/tag"
)

// RotatorOptions say where a Rotator's files come from, where they go to, and
// where it cuts. Limits that are 0 are none.
type RotatorOptions struct {
	// Open opens the file with the number n, the first of which is 0.
	Open func(n int) (*File, error)

	// Done takes over a file that nothing more is written to, to Close it: in
	// another goroutine if it takes long. It is called after the next file has
	// been opened, and for the last one by Close. nil: the Rotator closes it.
	Done func(f *File, why Cut)

	Time time.Duration // of media
	Size int64         // in bytes; it is passed only by pictures that are larger than any lately

	// Align gives the next moment to cut at after another, by the clock of
	// Arrived. nil: none.
	Align func(at time.Duration) time.Duration
}

// A Rotator writes a row of files, each of which is complete in itself: it begins
// with onMetaData, the headers in force and a key frame, at 0. Concatenated their
// frames are those that were written, none lost and none twice. It belongs to one
// goroutine.
//
// It cuts before a key frame of the default video track, or before any frame in a
// file without video. Sound from before that key frame that comes behind it goes
// to the old file still, so that times are exact in both. If a limit is passed by
// as much again, and no key frame has come for 30 s, the cut is made all the same,
// and the new file goes without video until one comes, or for 30 s. No file is
// longer than 2^31 ms.
//
// Size, Duration and Stats are those of the whole row, Name is that of the file
// which is written to.
type Rotator struct {
	open func(n int) (*File, error)
	done func(f *File, why Cut)

	file *File // nil after Close
	n    int   // its number
	cuts cutter

	old  *File  // the one before, as long as sound may come that belongs to it
	why  Cut    // it is old
	edge uint32 // timestamp of the cut

	meta    Tag // the newest onMetaData; no body: none
	headers Headers
	waiting []Tag       // headers that came behind the file's newest frame
	owed    tag.TagType // whose headers are not in the file yet; 0: none

	heard, shown bool // a frame of audio, of video came in any file

	dry     bool // video is dropped until a key frame
	dropped int64

	// What the files before amount to.
	size   int64
	stats  Stats
	before int64 // ms

	name string // of the last file, after Close
	err  error  // sticks, but for those that the file itself keeps
}

// maxLate is how much of the new file may come before sound of the old one, in ms.
const maxLate = 10_000

// NewRotator opens the first file.
func NewRotator(o RotatorOptions) (*Rotator, error) {
	f, err := o.Open(0)
	if err != nil {
		return nil, err
	}
	return &Rotator{
		open: o.Open, done: o.Done, file: f,
		cuts: cutter{time: o.Time.Milliseconds(), size: o.Size, align: o.Align},
	}, nil
}

// WriteTag is Writer.WriteTag, to the file in which the tag belongs.
func (r *Rotator) WriteTag(t Tag) error {
	c := Classify(t)
	return r.write(t, &c)
}

func (r *Rotator) write(t Tag, c *Class) error {
	if r.err != nil {
		return r.err
	}
	switch c.Kind {
	case KindFrame, KindUnknown:
		if isMedia(t.Type) {
			return r.frame(t, c)
		}
	case KindMetadata:
		if len(t.Body) <= maxMetadata {
			r.meta = Tag{t.Type, t.Timestamp, append(r.meta.Body[:0], t.Body...)}
		}
	case KindConfig, KindColorInfo, KindEnd:
		if err := r.retire(); err != nil {
			return err
		}
		if c.Kind == KindEnd {
			r.headers.End(t.Type)
		} else if r.wait(t, c) {
			return nil
		}
	}
	return r.put(t, c)
}

// isMedia tells whether a tag is one of audio or video, and not encrypted.
func isMedia(t tag.TagType) bool { return t == tag.TagTypeAudio || t == tag.TagTypeVideo }

// wait notes a header. Behind the first frame it is written with the next one:
// that may be the first of the next file.
func (r *Rotator) wait(t Tag, c *Class) bool {
	same := r.headers.Put(t, c)
	if t.Type == r.owed {
		return true
	}
	if same || !r.cuts.begun || len(t.Body)+headerCost > MaxHeaders {
		return false
	}
	r.waiting = append(r.waiting, r.headers.At(r.headers.Len()-1))
	return true
}

// frame writes a frame of audio or video, perhaps to a new file.
func (r *Rotator) frame(t Tag, c *Class) error {
	if r.old != nil {
		if r.isLate(t, c) {
			return r.old.write(t, c)
		}
		if !c.video || int32(t.Timestamp-r.edge) > maxLate {
			if err := r.retire(); err != nil {
				return err
			}
		}
	}
	why, cut := r.cuts.due(t, c, r.file)
	if cut {
		return r.cut(t, c, why)
	}
	return r.add(t, c)
}

// put writes a tag to the file, behind the headers that wait.
func (r *Rotator) put(t Tag, c *Class) error {
	if len(r.waiting) > 0 {
		if err := r.release(); err != nil {
			return err
		}
	}
	return r.file.write(t, c)
}

func (r *Rotator) release() error {
	for _, h := range r.waiting {
		if err := r.file.WriteTag(h); err != nil {
			return err
		}
	}
	r.waiting = r.waiting[:0]
	return nil
}

// add writes a frame to the file, unless it is video that nobody could decode.
func (r *Rotator) add(t Tag, c *Class) error {
	first := !r.cuts.begun
	r.cuts.took(t, c, r.file)
	r.heard, r.shown = r.heard || !c.video, r.shown || c.video
	if r.dry && c.video {
		if !r.cuts.isDefaultKey(c) && r.cuts.pos < longestGOP {
			r.dropped++
			return nil
		}
		r.dry = false
	}
	if t.Type == r.owed {
		r.owed = 0
		if err := r.inForce(t.Type, t.Timestamp); err != nil {
			return err
		}
	}
	if err := r.put(t, c); err != nil {
		return err
	}
	if first && r.n > 0 && r.heard != r.shown {
		return r.file.Begin() // there is no other track to wait for
	}
	return nil
}

// isLate tells whether a frame is sound that belongs to the file before.
func (r *Rotator) isLate(t Tag, c *Class) bool {
	if c.video || int32(t.Timestamp-r.edge) >= 0 {
		return false
	}
	grow := int64(tagHeaderSize + len(t.Body) + trailerSize + closing)
	return r.cuts.size == 0 || r.old.Size()+grow <= r.cuts.size
}

// cut opens the next file, of which t is the first frame. The body of t may lie in
// the buffer of the old one, which is not touched before it is copied.
func (r *Rotator) cut(t Tag, c *Class, why Cut) error {
	if err := r.retire(); err != nil {
		return err
	}
	next, err := r.open(r.n + 1)
	if err != nil {
		r.err = err
		return err
	}
	r.before += r.cuts.cut(t, r.file)
	r.old, r.why, r.edge = r.file, why, t.Timestamp
	r.file = next
	r.n++
	r.dry = why == CutNoKey
	r.waiting, r.owed = r.waiting[:0], 0
	if err = r.head(t, why == CutSplit); err == nil {
		err = r.add(t, c)
	}
	if err != nil || why == CutSplit || !c.video || !r.heard {
		if e := r.retire(); err == nil {
			err = e
		}
	}
	return err
}

// retire lets go of the file before.
func (r *Rotator) retire() error {
	f := r.old
	if f == nil {
		return nil
	}
	r.old = nil
	var err error
	if r.done == nil {
		if err = f.Close(); err != nil {
			r.err = err
		}
	}
	_ = f.Begin() // what it holds still is counted; its errors stick
	r.size += f.Size()
	r.stats = r.stats.Add(f.Stats())
	if r.done != nil {
		r.done(f, r.why)
	}
	return err
}

// Split makes the next frame the first of a new file. The headers that come until
// then are the new file's. It does nothing if the file has no frame.
func (r *Rotator) Split() error {
	r.cuts.split = r.cuts.begun
	return r.err
}

// SplitAtKey begins a new file as soon as can be without a loss: at the next key
// frame, as when a limit is passed. If none comes for 30 s the cut is made all the
// same. It does nothing if the file has no frame.
func (r *Rotator) SplitAtKey() { r.cuts.ask() }

// Arrived tells when the tags came that are written from now on, by any clock
// that only goes forward.
func (r *Rotator) Arrived(at time.Duration) { r.cuts.arrived = at }
