package flvout

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// repairSuffix is what a copy has behind its name until it is whole.
const repairSuffix = ".repair"

// replace writes the file anew, and puts that in its place.
func (m *mender) replace(done *Repaired) error {
	to := m.path + repairSuffix
	// What one that was broken off left behind; the file is ours alone.
	_ = os.Remove(to)
	_ = os.Remove(to + partSuffix)
	if err := m.writeTo(to, done); err != nil {
		return err
	}
	to, done.Path = done.Path, m.name
	if m.check != nil {
		if err := m.check(to); err != nil {
			_ = os.Remove(to)
			return err
		}
	}
	if err := m.takeOver(to); err != nil {
		_ = os.Remove(to)
		return err
	}
	syncDir(filepath.Dir(m.path))
	return nil
}

// takeOver puts the copy in the file's place. It is locked before it has that
// name, so that nobody takes it for one that was left behind.
func (m *mender) takeOver(copied string) error {
	if runtime.GOOS == "windows" { // which replaces nothing that is open
		if err := m.close(nil); err != nil {
			return err
		}
		if err := os.Rename(copied, m.path); err != nil {
			return newError("rename", copied, err)
		}
		return nil
	}
	f, err := openPart(copied)
	if err != nil {
		return newError("open", copied, err)
	}
	if err := os.Rename(copied, m.path); err != nil {
		_ = f.Close()
		return newError("rename", copied, err)
	}
	old := m.f
	m.f = f
	unlock(old)
	_ = old.Close()
	return nil
}

// writeTo writes the file anew under a name that is free.
func (m *mender) writeTo(to string, done *Repaired) error {
	if _, err := os.Lstat(to); err == nil {
		return newError("create", to, fs.ErrExist)
	}
	f, err := FileOptions{IndexEntries: m.o.IndexEntries, Raw: m.o.Raw}.Create(to)
	if err != nil {
		return err
	}
	f.roomy = m.roomy
	line, err := m.copyTo(f)
	if err == nil {
		if m.o.Output == "" {
			giveOwner(f.Name(), m.fi)
		}
		if err = os.Chmod(f.Name(), m.fi.Mode().Perm()); err != nil {
			err = newError("chmod", f.Name(), err)
		}
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return err
	}
	done.Path, done.Size, done.Duration, done.Stats = f.Name(), f.Size(), f.Duration(), line.Stats()
	return nil
}

func (m *mender) copyTo(f *File) (*line, error) {
	s := NewSalvager(m.f, m.v.size)
	line := newLine(f, m.o.Raw)
	var c Class
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return line, line.Close()
		}
		if err != nil {
			return nil, newError("read", m.path, err)
		}
		if err := line.joined(s.Damage().Joined); err != nil {
			return nil, err
		}
		c = Classify(t)
		if err := line.write(t, &c); err != nil {
			return nil, err
		}
	}
}

// A line is the way of the tags from the Salvager into a file.
type line struct {
	*Splicer
	files int64 // that were joined
}

func newLine(out Sink, raw bool) *line {
	return &line{Splicer: NewSplicer(out, SplicerOptions{OnChange: ChangeKeep, Raw: raw, salvage: true})}
}

// joined tells that so many files were appended to the first. Each is as good as
// a new connection.
func (l *line) joined(n int64) error {
	if n == l.files {
		return nil
	}
	l.files = n
	return l.Rejoin()
}
