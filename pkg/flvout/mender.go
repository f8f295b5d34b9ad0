package flvout

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// A mender mends one file.
type mender struct {
	path string
	name string // what it is called when it is whole
	f    *os.File
	fi   fs.FileInfo
	o    *RepairOptions
	v    *survey
	want []byte // the head as it should be; nil: there is no room for it

	unlocked bool                    // the file system has no locks
	roomy    bool                    // a copy keeps the room for an index that is left over
	check    func(path string) error // has to agree to the copy; may be nil
}

// openMender opens a file and keeps others from it.
func openMender(path string, o *RepairOptions) (*mender, error) {
	mode := os.O_RDWR
	if o.DryRun || o.Output != "" {
		mode = os.O_RDONLY
	}
	fi, err := os.Stat(path) // to open a pipe may take for ever
	switch {
	case err != nil:
		return nil, newError("open", path, err)
	case fi.IsDir():
		return nil, newError("open", path, syscall.EISDIR)
	case !fi.Mode().IsRegular():
		return nil, newError("open", path, errNoFile)
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return nil, newError("open", path, err)
	}
	m := &mender{path: path, f: f, o: o}
	err = lock(f)
	if m.unlocked = errors.Is(err, errNoLocks); m.unlocked || err == nil {
		err = isAt(f, path)
	}
	if err == nil {
		m.fi, err = f.Stat() // as it is with nobody else at it
	}
	if err != nil {
		_ = f.Close()
		return nil, newError("open", path, err)
	}
	return m, nil
}

// close lets the file go. It returns err, or else its own.
func (m *mender) close(err error) error {
	unlock(m.f)
	if e := m.f.Close(); err == nil && e != nil && !errors.Is(e, os.ErrClosed) {
		err = newError("close", m.path, e)
	}
	return err
}

var errNoFile = errors.New("no regular file")

// repair looks and acts.
func (m *mender) repair() (*Repaired, error) {
	if err := m.survey(); err != nil {
		return nil, err
	}
	done := m.report()
	switch {
	case !m.v.media():
		return nil, ErrNoMedia
	case m.o.Output != "" && !m.o.DryRun:
		return done, m.writeTo(m.o.Output, done)
	case m.v.damage.NoHeader && m.o.Output == "" && m.name == m.path:
		return nil, ErrNotFLV
	case m.o.DryRun:
		return done, nil
	}
	return done, m.act(done)
}

// act does what was decided.
func (m *mender) act(done *Repaired) error {
	left := m.name != m.path // a recording did
	switch {
	case done.Action == ActionCopy:
		if err := m.replace(done); err != nil {
			return err
		}
	case left && m.want != nil:
		return m.adopt(done)
	case done.Action == ActionInPlace:
		if err := m.inPlace(done.Flags || done.Metadata || done.Index != ""); err != nil {
			return err
		}
	}
	if left {
		return m.finish(done)
	}
	return nil
}

func (m *mender) survey() error { return m.surveyTo(m.fi.Size()) }

// surveyTo surveys the file up to an offset.
func (m *mender) surveyTo(size int64) (err error) {
	m.v, err = surveyFile(m.f, size, m.o)
	if err != nil {
		return newError("read", m.path, err)
	}
	return nil
}

// report decides what is to be done.
func (m *mender) report() *Repaired {
	v := m.v
	r := &Repaired{Path: m.name, Damage: v.damage, Duration: v.sum.duration(), Size: v.whole(), Stats: v.sum.stats()}
	m.want = v.head.want(v, m.o)
	verdict := v.head.verdict(v, m.want, m.o)
	r.Flags, r.Metadata, r.Index = verdict.flags, verdict.metadata, verdict.index
	right := verdict.right()
	switch {
	case m.o.Output != "":
		r.Action, r.Path = ActionCopy, m.o.Output
	case !m.trusted(), !right && m.want == nil:
		r.Action = ActionCopy
	case !right, v.damage.Trailers > 0, v.damage.NoTrailer, v.damage.Tail > 0:
		r.Action = ActionInPlace
	}
	if r.Action == ActionCopy { // or the tags stay as they are
		r.Stats, r.Corrections, r.Moved = v.stats, v.fixed, v.is != v.becomes
	}
	return r
}

// trusted tells whether the tags can stay where they are: all of a recording of
// ours that is not finished, since what it has was mended when it came.
func (m *mender) trusted() bool {
	return m.v.asIs() || m.v.inLine() && m.name != m.path && m.v.head.ours()
}

// inPlace mends the file where it is. Each step can be done again, and so can all
// of them after any.
func (m *mender) inPlace(head bool) error {
	if err := m.mendTrailers(); err != nil {
		return err
	}
	if m.v.damage.Tail > 0 {
		if err := m.f.Truncate(m.v.end); err != nil {
			return newError("truncate", m.path, err)
		}
	}
	// The head tells of what is on the disk.
	if err := m.sync(); err != nil || !head {
		return err
	}
	if _, err := m.f.WriteAt(m.want, 0); err != nil {
		return newError("write", m.path, err)
	}
	return m.sync()
}

func (m *mender) sync() error {
	if err := m.f.Sync(); err != nil {
		return newError("sync", m.path, err)
	}
	return nil
}
