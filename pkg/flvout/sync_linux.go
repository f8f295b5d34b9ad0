package flvout

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData brings the bytes of f to the disk, and its length, but no times.
func syncData(f *os.File) error {
	err := control(f, func(fd uintptr) error { return unix.Fdatasync(int(fd)) })
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) {
		return nil // the file system does not know it
	}
	return err
}

// beginSync has the system begin to bring the bytes of f to the disk, and waits for
// nothing. What becomes of that syncData will say.
func beginSync(f *os.File) {
	_ = control(f, func(fd uintptr) error { return unix.SyncFileRange(int(fd), 0, 0, unix.SYNC_FILE_RANGE_WRITE) })
}

// moveNew renames without replacing.
func moveNew(old, name string) error {
	err := unix.Renameat2(unix.AT_FDCWD, old, unix.AT_FDCWD, name, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return linkNew(old, name) // an old kernel or file system
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: old, New: name, Err: err}
	}
	return nil
}
