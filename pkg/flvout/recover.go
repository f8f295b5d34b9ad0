package flvout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Recover completes a recording that was broken off, NAME.part, and gives it its
// name, or NAME-1 and so on if that is taken. At most the tag is lost that was
// being written. What was recorded by another program is written anew, to have
// room for an index; o tells how large.
//
// A file that is still being recorded gives ErrLocked. One in which no audio or
// video has come is removed, if it begins as a File does: ActionRemove. If it
// does not, the error is ErrNoMedia.
func Recover(part string, o FileOptions) (*Repaired, error) {
	name, ok := strings.CutSuffix(part, partSuffix)
	if !ok || name == "" {
		return nil, newError("recover", part, errNoPart)
	}
	ro := RepairOptions{IndexEntries: o.IndexEntries}
	m, err := openMender(part, &ro)
	if err != nil {
		return nil, err
	}
	m.name = name
	done, err := m.repair()
	if errors.Is(err, ErrNoMedia) && m.void() {
		done, err = &Repaired{Path: part, Action: ActionRemove, Damage: m.v.damage}, nil
		if e := os.Remove(part); e != nil {
			err = newError("remove", part, e)
		}
	}
	return done, m.close(err)
}

var errNoPart = errors.New("its name does not end in " + partSuffix)

// void tells whether the file is one that a File has just begun.
func (m *mender) void() bool { return m.v.size == 0 || !m.v.damage.Head }

// finish gives a file that is whole its name.
func (m *mender) finish(done *Repaired) error {
	if err := m.close(nil); err != nil { // Windows renames nothing that is open
		return err
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
