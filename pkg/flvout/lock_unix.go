//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package flvout

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the file for this process, until it is closed by all who have this
// very descriptor. It fails with ErrLocked if another has it, and with errNoLocks
// where the file system has none.
func lock(f *os.File) error {
	err := control(f, func(fd uintptr) error { return unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOLCK),
		errors.Is(err, unix.EINVAL):
		return errNoLocks
	case errors.Is(err, unix.EWOULDBLOCK):
		return ErrLocked
	}
	return err
}

// unlock gives up the lock of a file that is closed next. The closing alone would
// not do: a process that is just being started has the descriptor as well, until
// it becomes another program.
func unlock(f *os.File) {
	_ = control(f, func(fd uintptr) error { return unix.Flock(int(fd), unix.LOCK_UN) })
}

// control calls a function with f's descriptor, which stays open meanwhile even
// if f is closed.
func control(f *os.File, call func(fd uintptr) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for failed = call(fd); errors.Is(failed, unix.EINTR); {
			failed = call(fd)
		}
	})
	if err != nil {
		return err
	}
	return failed
}
