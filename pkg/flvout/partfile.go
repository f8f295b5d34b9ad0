package flvout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

const (
	partSuffix = ".part"

	// maxNames is how many names are tried: show.flv, show-1.flv, ...
	maxNames = 10000
)

// A partFile is a file on disk that is NAME.part until it is whole. It is made
// by the first Write, and never takes the place of another file unless told to.
type partFile struct {
	path  string // as asked for
	force bool

	n    int    // which of the names is tried
	name string // what the file will be called
	part string // what it is called until then
	f    *os.File
}

// probe finds the names and tries to make the file, so that a folder that cannot
// be written to is known before a server is asked for anything.
func (p *partFile) probe() error {
	f, err := p.make()
	if err != nil {
		return err
	}
	err = f.Close()
	if e := os.Remove(p.part); err == nil {
		err = e
	}
	return err
}

// make creates the part file under the first name that is free.
func (p *partFile) make() (*os.File, error) {
	for ; p.n < maxNames; p.n++ {
		p.name = numbered(p.path, p.n)
		p.part = p.name + partSuffix
		if p.force {
			p.name = p.path
		} else if _, err := os.Lstat(p.name); err == nil {
			continue
		}
		f, err := os.OpenFile(p.part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("%w, with any number up to %d", fs.ErrExist, maxNames)
}

// Write appends b to the file.
func (p *partFile) Write(b []byte) (int, error) {
	if p.f == nil {
		f, err := p.make()
		if err != nil {
			return 0, newError("create", p.part, err)
		}
		p.f = f
	}
	n, err := p.f.Write(b)
	if err != nil {
		err = newError("write", p.part, err)
	}
	return n, err
}

// finish closes the file and gives it its name.
func (p *partFile) finish() error {
	if err := p.f.Close(); err != nil {
		return newError("close", p.part, err)
	}
	if p.force {
		if err := os.Rename(p.part, p.name); err != nil {
			return newError("rename", p.part, err)
		}
		return nil
	}
	for ; p.n < maxNames; p.n++ {
		p.name = numbered(p.path, p.n)
		err := renameNew(p.part, p.name)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return newError("rename", p.part, err)
		}
	}
	return newError("rename", p.part, fs.ErrExist)
}

// discard removes the file.
func (p *partFile) discard() error {
	err := p.f.Close()
	if e := os.Remove(p.part); err == nil {
		err = e
	}
	if err != nil {
		return newError("remove", p.part, err)
	}
	return nil
}

// renameNew renames without replacing: a hard link fails if the name is taken,
// which a rename does not.
func renameNew(old, name string) error {
	err := os.Link(old, name)
	if err == nil {
		return os.Remove(old)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// FAT and some network file systems have no links. There the name is taken
	// by an empty file of our own, and only that is replaced.
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = os.Rename(old, name)
	}
	if err != nil {
		_ = os.Remove(name) // still the empty one
	}
	return err
}

// numbered puts -n before the extension of path; 0 leaves path as it is.
func numbered(path string, n int) string {
	if n == 0 {
		return path
	}
	dir, base := filepath.Split(path)
	ext := filepath.Ext(base)
	if ext == base { // .flv is a name
		ext = ""
	}
	return dir + base[:len(base)-len(ext)] + "-" + strconv.Itoa(n) + ext
}
