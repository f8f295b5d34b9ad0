package flvout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Recover completes a recording that was broken off, NAME.part, and gives it its
// name, or NAME-1 and so on if that is taken. At most the tag is lost that was
// being written. What another program recorded is written anew, to have room for
// an index: so much as o says, of which Raw counts too.
//
// A file that is still being recorded gives ErrLocked, and so does one on a file
// system without locks, where nobody can tell; Repair completes that. One in which no audio or
// video has come is removed: ActionRemove. If it does not begin as FLV does, and
// so is none of ours, the error is ErrNoMedia.
func Recover(part string, o FileOptions) (*Repaired, error) {
	name, ok := strings.CutSuffix(part, partSuffix)
	if !ok || name == "" {
		return nil, newError("recover", part, errNoPart)
	}
	m, err := openMender(part, &RepairOptions{IndexEntries: o.IndexEntries, Raw: o.Raw})
	if err != nil {
		return nil, err
	}
	m.name = name
	if m.unlocked {
		return nil, m.close(newError("recover", part, ErrLocked))
	}
	done, err := m.recover()
	return done, m.close(err)
}

func (m *mender) recover() (*Repaired, error) {
	if name, ok := m.named(); ok {
		return m.renamed(name)
	}
	// Where there are no links a name is first taken by an empty file.
	if fi, err := os.Lstat(m.name); err == nil && fi.Mode().IsRegular() && fi.Size() == 0 {
		_ = os.Remove(m.name)
	}
	done, err := m.repair()
	if errors.Is(err, ErrNoMedia) {
		done, err = m.dismiss()
	}
	return done, err
}

// named tells whether the file has its name already, which is given by a link where
// nothing better is known, and has only to lose the old one.
func (m *mender) named() (string, bool) {
	for n := range maxNames {
		name := numbered(m.name, n)
		if fi, err := os.Lstat(name); err != nil {
			break
		} else if os.SameFile(fi, m.fi) {
			return name, true
		}
	}
	return "", false
}

func (m *mender) renamed(name string) (*Repaired, error) {
	if err := m.survey(); err != nil {
		return nil, err
	}
	done := m.report()
	done.Action, done.Path = ActionNone, name
	if err := os.Remove(m.path); err != nil {
		return nil, newError("remove", m.path, err)
	}
	return done, nil
}

var errNoPart = errors.New("its name does not end in " + partSuffix)

// dismiss removes a file without audio and video, if it is one of ours.
func (m *mender) dismiss() (*Repaired, error) {
	if m.v.frames() > 0 || m.v.damage.NoHeader && !m.isTornHeader() {
		return nil, ErrNoMedia
	}
	return m.remove()
}

// isTornHeader tells whether the file is the beginning of a header, or empty.
func (m *mender) isTornHeader() bool {
	if m.v.size >= int64(headSize) {
		return false
	}
	const signature = "FLV\x01"
	b := make([]byte, min(m.v.size, int64(len(signature))))
	_, err := m.f.ReadAt(b, 0)
	return err == nil && strings.HasPrefix(signature, string(b))
}

// remove does so.
func (m *mender) remove() (*Repaired, error) {
	done := m.report()
	if err := withdraw(m.f, m.path); err != nil {
		return nil, newError("remove", m.path, err)
	}
	_ = os.Remove(m.path + copySuffix)
	done.Action, done.Path = ActionRemove, m.path
	return done, nil
}

// adopt completes the file as Close would have done.
func (m *mender) adopt(done *Repaired) error {
	if err := m.mendTrailers(); err != nil {
		return err
	}
	f, err := FileOptions{Raw: m.o.Raw}.adopt(m.f, m.name, m.v.head.head, m.v.sum, m.v.whole())
	if err != nil {
		return err
	}
	_ = os.Remove(m.path + copySuffix) // from a Close that was broken off
	if err := f.Close(); err != nil {
		return err
	}
	done.Action, done.Path, done.Size = ActionInPlace, f.Name(), f.Size()
	done.Stats, done.Duration = f.Stats(), f.Duration()
	return nil
}

// finish gives a file that is whole its name.
func (m *mender) finish(done *Repaired) error {
	if runtime.GOOS == "windows" { // which renames nothing that is open
		if err := m.close(nil); err != nil {
			return err
		}
	}
	_ = os.Remove(m.path + copySuffix) // from a Close that was broken off
	for n := range maxNames {
		name := numbered(m.name, n)
		err := renameNew(m.path, name)
		if err == nil {
			done.Path = name
			syncDir(filepath.Dir(name))
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return newError("rename", m.path, err)
		}
	}
	return newError("rename", m.path, fs.ErrExist)
}
