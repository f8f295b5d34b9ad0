package flvout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// syncDir brings a new name to the disk. Where that cannot be done the file is
// there under its old one after a power cut, and whole.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// renameNew renames without replacing.
func renameNew(old, name string) error {
	err := moveNew(old, name)
	if errors.Is(err, fs.ErrExist) && isTwin(old, name) {
		_ = os.Remove(old)
		return nil
	}
	return err
}

// isTwin tells whether two names are the same file's. linkNew leaves both if it is
// broken off.
func isTwin(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}

// linkNew is moveNew by a hard link, which fails if the name is taken, as a rename
// does not.
func linkNew(old, name string) error {
	err := os.Link(old, name)
	if err == nil {
		_ = os.Remove(old) // if that fails, the file has its name all the same
		return nil
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
