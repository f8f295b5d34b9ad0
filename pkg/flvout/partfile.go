package flvout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
)

const (
	partSuffix = ".part"

	// copySuffix is behind the name of a part file's copy that is to replace it.
	// One that is left over is of no use.
	copySuffix = "~"

	// syncAhead is how much gathers before the disk is put to work, in bytes: a
	// recorded stream comes so fast that otherwise all of it would wait for Close.
	syncAhead = 8 << 20

	// maxNames is how many names are tried: show.flv, show-1.flv, ...
	maxNames = 10000
)

// ErrLocked tells that a file is being written by somebody else.
var ErrLocked = errors.New("another process is writing it")

// errNoLocks tells that a file system has no locks.
var errNoLocks = errors.New("its file system has no locks")

// A partFile is a file on disk that is NAME.part until it is whole, and locked
// as long as it is written. It is made by the first Write, and never takes the
// place of another file unless told to.
type partFile struct {
	path    string // as asked for
	force   bool
	inPlace *inPlace // it has its name from the beginning; nil: it is NAME.part

	n    int    // which of the names is tried
	name string // what the file will be called
	part string // what it is called until then
	f    atomic.Pointer[os.File]
	over atomic.Bool // f is closed, or is about to be

	// unsynced is the first error of a sync. A system tells of bytes that it could
	// not bring to the disk once, and nobody is told again.
	unsynced atomic.Pointer[Error]
	fsync    func(*os.File) error // nil: syncData; for tests

	ahead int // bytes that were written since the system was last told to bring such to the disk

	step func(string) // for tests: called between the steps of finishing
}

// openPart opens a part file that was left behind, and locks it. The error is
// ErrLocked if somebody writes it.
func openPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err = tryLock(f); err == nil {
		err = isAt(f, path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// tryLock is lock for those who do without where there are no locks.
func tryLock(f *os.File) error {
	err := lock(f)
	if errors.Is(err, errNoLocks) {
		return nil
	}
	return err
}

// isAt checks that f still has the name path: between the opening and the lock it
// may have been finished.
func isAt(f *os.File, path string) error {
	is, err := f.Stat()
	if err != nil {
		return err
	}
	at, err := os.Stat(path)
	if err == nil && !os.SameFile(is, at) {
		err = fs.ErrNotExist
	}
	return err
}

// probe finds the names and tries to make the file, so that a folder that cannot
// be written to is known before a server is asked for anything.
func (p *partFile) probe() error {
	if p.inPlace != nil {
		return p.inPlace.open(p)
	}
	f, err := p.make()
	if err != nil {
		return err
	}
	return withdraw(f, p.part)
}

// withdraw removes a file that is locked, and closes it. As long as it is locked
// it is nobody else's; but Windows removes nothing that is open.
func withdraw(f *os.File, path string) error {
	if runtime.GOOS == "windows" {
		_ = f.Close()
		return os.Remove(path)
	}
	err := os.Remove(path)
	unlock(f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// make creates and locks the part file under the first name that is free.
func (p *partFile) make() (*os.File, error) {
	if p.inPlace != nil {
		return p.inPlace.empty()
	}
	for ; p.n < maxNames; p.n++ {
		p.name = numbered(p.path, p.n)
		p.part = p.name + partSuffix
		if p.force {
			p.name = p.path
		} else if _, err := os.Lstat(p.name); err == nil {
			continue
		}
		f, err := makeLocked(p.part)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("%w, with any number up to %d", fs.ErrExist, maxNames)
}

// makeLocked creates a file. If somebody takes it between that and the lock, for
// one that was left behind, or has done away with it, it exists.
func makeLocked(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err = tryLock(f); err == nil {
		if err = isAt(f, path); err == nil {
			return f, nil
		}
	}
	_ = f.Close()
	if errors.Is(err, ErrLocked) || errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrExist
	}
	_ = os.Remove(path)
	return nil, err
}

// made tells whether there is a file.
func (p *partFile) made() bool { return p.f.Load() != nil }

// Write appends b to the file.
func (p *partFile) Write(b []byte) (int, error) {
	f := p.f.Load()
	if f == nil {
		var err error
		if f, err = p.make(); err != nil {
			return 0, newError("create", p.part, err)
		}
		p.f.Store(f)
	}
	n, err := f.Write(b)
	if err != nil {
		err = newError("write", p.part, err)
	}
	if p.ahead += n; p.ahead >= syncAhead {
		p.ahead = 0
		beginSync(f)
	}
	return n, err
}

// sync brings what was written to the disk. A file that is closed meanwhile, or
// gives way to its copy, was synced for that.
func (p *partFile) sync() error {
	if err := p.lost(); err != nil {
		return err
	}
	f, fsync := p.f.Load(), p.fsync
	if fsync == nil {
		fsync = syncData
	}
	if err := fsync(f); err != nil && !p.over.Load() && p.f.Load() == f {
		p.unsynced.CompareAndSwap(nil, &Error{Op: "sync", Path: p.part, Err: err})
	}
	return p.lost()
}

// lost tells whether something that was written did not get to the disk.
func (p *partFile) lost() error {
	if err := p.unsynced.Load(); err != nil {
		return err
	}
	return nil
}

// rewrite writes b over the beginning of the file, in between two syncs: what
// the head tells of is on the disk before it is.
func (p *partFile) rewrite(b []byte) error {
	if err := p.sync(); err != nil {
		return err
	}
	p.at("synced")
	if _, err := p.f.Load().WriteAt(b, 0); err != nil {
		return newError("complete", p.part, err)
	}
	p.at("patched")
	if err := p.sync(); err != nil {
		return err
	}
	p.at("completed")
	return nil
}

// finish closes the file and gives it its name. On Windows only what is closed
// can be renamed; elsewhere the lock is kept until then.
func (p *partFile) finish() error {
	if p.inPlace != nil {
		return p.close()
	}
	if runtime.GOOS == "windows" {
		if err := p.close(); err != nil {
			return err
		}
	}
	if err := p.rename(); err != nil {
		_ = p.close()
		return newError("rename", p.part, err)
	}
	p.at("renamed")
	syncDir(filepath.Dir(p.name))
	p.at("named")
	return p.close()
}

// close closes the file, once, and so gives up the lock.
func (p *partFile) close() error {
	if p.over.Swap(true) {
		return nil
	}
	f := p.f.Load()
	unlock(f)
	if err := f.Close(); err != nil {
		return newError("close", p.part, err)
	}
	return nil
}

func (p *partFile) rename() error {
	if p.force {
		return os.Rename(p.part, p.name)
	}
	for ; p.n < maxNames; p.n++ {
		p.name = numbered(p.path, p.n)
		if err := renameNew(p.part, p.name); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fs.ErrExist
}

// discard removes the file, elsewhere than on Windows as long as it is locked.
func (p *partFile) discard() error {
	if p.inPlace != nil {
		_ = p.f.Load().Truncate(0)
		return p.close()
	}
	p.over.Store(true)
	if err := withdraw(p.f.Load(), p.part); err != nil {
		return newError("remove", p.part, err)
	}
	return nil
}

func (p *partFile) at(step string) {
	if p.step != nil {
		p.step(step)
	}
}
