package flvout

import (
	"io"
	"os"
	"path/filepath"
)

// inPlaceCopySuffix is what the copy of a file has behind its name that is written
// under that. NAME~ would be what editors keep.
const inPlaceCopySuffix = ".new" + copySuffix

// An inPlace is how a partFile is written that has its name from the beginning. It
// is there and locked from then on, and what it has stays until the first Write.
type inPlace struct {
	real string   // the file's path without symbolic links
	held *os.File // until the first Write; then it is the partFile's
}

// open opens and locks the file, which is made if it is not there.
func (in *inPlace) open(p *partFile) error {
	p.name, p.part = p.path, p.path
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return err
	}
	if err = tryLock(f); err == nil {
		if err = isAt(f, p.path); err == nil {
			err = in.find(p.path)
		}
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	in.held = f
	return nil
}

// find notes what a path leads to.
func (in *inPlace) find(path string) (err error) {
	in.real, err = filepath.EvalSymlinks(path)
	return err
}

// empty gives the file away, with nothing in it.
func (in *inPlace) empty() (*os.File, error) {
	f := in.held
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	in.held = nil
	return f, nil
}

// release lets go of a file that was not written.
func (in *inPlace) release() {
	if f := in.held; f != nil {
		in.held = nil
		unlock(f)
		_ = f.Close()
	}
}

func (in *inPlace) copyName() string { return in.real + inPlaceCopySuffix }

// succeed gives a copy the file's owner, its mode and, in one step, its name.
func (in *inPlace) succeed(path string, f *os.File) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	giveOwner(path, fi)
	if err := os.Chmod(path, fi.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(path, in.real)
}
