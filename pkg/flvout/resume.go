package flvout

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// ResumeOptions say how a file is taken up again.
type ResumeOptions struct {
	FileOptions

	// Recorded says that the stream is a recorded one, which can be asked for from
	// ResumePoint.Start on.
	Recorded bool

	// From is where in such a stream the file begins.
	From time.Duration

	// Skip asks for so many key frames more of such a stream again, or, of one
	// without video, seconds. Nothing is cut off for that: what comes is left out as
	// far as the file has it.
	Skip int
}

// A ResumePoint is where a file goes on.
type ResumePoint struct {
	Duration time.Duration // of what is there
	Damage   Damage        // that was mended

	// Start is where in the file the part begins that a recorded stream is to be
	// asked for: a little before the end, since servers begin at the key frame
	// before or behind. What comes twice a Splicer leaves out.
	Start time.Duration

	headers      Headers // in force at the end
	meta         Tag     // onMetaData, without what is true of the file alone
	heard, shown bool
	last         uint32 // ms, of the newest frame
	key          uint32 // ms, of the last key frame

	file      io.ReaderAt
	from, end int64 // the newest tags in it
	opening   int64 // the first key frame, or sound if there is no video
	recorded  bool
	origin    uint32 // ms, ResumeOptions.From
}

// Open takes up the recording path, or path.part, which one has left that was
// broken off. Its end is mended, and it is path.part, and locked, until it is
// closed. What other programs made, and what has too little room for the index
// of a long file, is written anew before.
//
// With InPlace it is path alone that is taken up, and it keeps its name.
//
// The error is fs.ErrNotExist if there is nothing to take up, or no more than the
// beginning of a recording, of a Recorded stream up to its first picture, which is
// removed, unless it is InPlace; fs.ErrExist if
// path and path.part are both there, ErrLocked if it is being written, and ErrNoMedia
// if it is no recording.
func (o ResumeOptions) Open(path string) (*File, *ResumePoint, error) {
	name, whole, err := o.leftBy(path)
	if err != nil {
		return nil, nil, newError("resume", path, err)
	}
	for anew := false; ; anew = true {
		m, err := openMender(name, &RepairOptions{IndexEntries: o.IndexEntries, Raw: o.Raw, tail: newTail(o.Skip)})
		if err != nil {
			return nil, nil, err
		}
		m.name, m.roomy, m.check = whole, true, o.check
		f, p, err := m.resume(&o)
		if errors.Is(err, errNoRoom) && !anew {
			if err = m.close(m.replace(new(Repaired))); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, nil, newError("resume", path, m.close(err)) // closed twice does no harm
		}
		if o.InPlace { // and not what a link leads to
			f.path, f.part.name, f.part.part = path, path, path
		}
		return f, p, nil
	}
}

var errNoRoom = errors.New("there is no room in it to go on")

// leftBy finds what there is of a recording, and what its name is when it is whole.
func (o *ResumeOptions) leftBy(path string) (name, whole string, err error) {
	if o.InPlace {
		name, err = filepath.EvalSymlinks(path)
		return name, name, err
	}
	name, err = leftBy(path)
	return name, path, err
}

// leftBy is that of what is not written in place.
func leftBy(path string) (name string, err error) {
	_, whole := os.Lstat(path)
	_, part := os.Lstat(path + partSuffix)
	switch {
	case whole == nil && part == nil:
		return "", fs.ErrExist
	case part == nil:
		return path + partSuffix, nil
	}
	return path, whole
}

// resume makes a File of the file. Its descriptor is the File's then.
func (m *mender) resume(o *ResumeOptions) (*File, *ResumePoint, error) {
	if err := m.survey(); err != nil {
		return nil, nil, err
	}
	if m.v.frames() == 0 {
		return nil, nil, m.void(o)
	}
	if o.Recorded && m.o.tail.awaitsPicture(m.v.sum) {
		return nil, nil, m.clear(o)
	}
	m.report()
	if !m.resumable(o) {
		return nil, nil, errNoRoom
	}
	damage, start := m.v.damage, m.o.tail.start(m.v.sum)
	if err := m.mendTrailers(); err != nil {
		return nil, nil, err
	}
	if o.InPlace {
		_ = os.Remove(m.path + inPlaceCopySuffix) // from a Close that was broken off
	} else if err := m.renamePart(); err != nil {
		return nil, nil, err
	}
	f, err := o.adopt(m.f, m.name, m.v.head.head, m.v.sum, m.v.whole())
	if err != nil {
		return nil, nil, err
	}
	p := m.point()
	p.Damage, p.Start = damage, ms(start)
	p.recorded, p.origin = o.Recorded, uint32(o.From.Milliseconds())
	return f, p, nil
}

// resumable tells whether the file can go on as it is. One of ours is complete as
// it is, unless its timestamps are those of a server.
func (m *mender) resumable(o *ResumeOptions) bool {
	c := &m.v.fixed
	ours := m.v.inLine() && m.v.head.ours() && c.Jumps+c.Wraps+c.Raised == 0
	return (m.trusted() || ours) && m.want != nil && m.v.head.head.room >= o.entries()
}

// check tells whether a copy can go on, before it replaces the file.
func (o *ResumeOptions) check(path string) error {
	m, err := openMender(path, &RepairOptions{DryRun: true, IndexEntries: o.IndexEntries, Raw: o.Raw})
	if err != nil {
		return err
	}
	m.name = path
	if err = m.survey(); err == nil {
		if m.report(); !m.resumable(o) {
			err = errNoRoom
		}
	}
	return m.close(err)
}

// void is the error of a file in which nothing was recorded. If it is no more than
// the beginning of one, it is removed, unless it is written in place.
func (m *mender) void(o *ResumeOptions) error {
	if !m.v.isBeginning() && !m.isTornHeader() {
		return ErrNoMedia
	}
	return m.clear(o)
}

// clear makes way for a recording that begins anew.
func (m *mender) clear(o *ResumeOptions) error {
	if !o.InPlace {
		if _, err := m.remove(); err != nil {
			return err
		}
	}
	return newError("resume", m.name, fs.ErrNotExist)
}

// isBeginning tells whether a file without a frame is no more than what a recording
// begins with: a part of the head, headers, and a torn tag.
func (v *survey) isBeginning() bool {
	d := &v.damage
	return !d.NoHeader && d.Garbage == 0 && d.Unknown == 0 && d.Joined == 0 && (d.Torn || d.Tail < tagHeaderSize)
}

// renamePart gives the file the name of one that is written.
func (m *mender) renamePart() error {
	part := m.name + partSuffix
	if m.path == part {
		return nil
	}
	if runtime.GOOS == "windows" { // which renames nothing that is open
		if err := m.close(nil); err != nil {
			return err
		}
	}
	if err := renameNew(m.path, part); err != nil {
		return newError("rename", m.path, err)
	}
	m.path = part
	if runtime.GOOS == "windows" {
		var err error
		if m.f, err = openPart(part); err != nil {
			return newError("open", part, err)
		}
	}
	return nil
}

// point is where the file goes on.
func (m *mender) point() *ResumePoint {
	v, t := m.v, m.o.tail
	s := v.sum
	p := &ResumePoint{
		Duration: s.duration(),
		headers:  t.headers, heard: s.audio.frames > 0, shown: s.video.frames > 0,
		last: s.top(), key: s.lastKey.Time,
		file: m.f, from: t.from(), end: v.whole(), opening: t.opening(),
	}
	meta := Tag{Type: tag.TagTypeScriptData, Body: v.head.body}
	p.meta = Tag{Type: tag.TagTypeScriptData, Body: bytes.Clone(StreamMetadata(meta))}
	return p
}

// Resume takes up a recording: the headers in force there are not written again,
// the time goes on, and what the server repeats is left out; of a recorded stream
// that is all until the end of the file. Call it before the first tag is written.
func (s *Splicer) Resume(p *ResumePoint) error {
	for i := range p.headers.Len() {
		s.remember(p.headers.At(i))
	}
	r := newSalvagerAt(p.file, p.from, p.end)
	for {
		t, err := r.Next()
		if errors.Is(err, io.EOF) {
			if err := s.Rejoin(); err != nil || !p.recorded {
				return err
			}
			return s.catchUpWith(p)
		}
		if err != nil {
			return newError("read", s.Name(), err)
		}
		s.remember(t)
	}
}

// CatchUp is for a stream that turns out to be recorded after Resume, and before a tag
// is written: it is to be asked for from p.Start on.
func (s *Splicer) CatchUp(p *ResumePoint) error {
	if s.err != nil {
		return s.err
	}
	return s.catchUpWith(p)
}

// Resume tells that the first file is one that goes on at p.
func (r *Rotator) Resume(p *ResumePoint) {
	r.meta, r.headers = p.meta, p.headers.Clone()
	r.heard, r.shown = p.heard, p.shown
	r.cuts.begin(p.last, r.file)
	r.cuts.video, r.cuts.pos, r.cuts.key = p.shown, int64(p.last), int64(p.key)
}
