package flvout

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockOffset is where the locked byte lies, in units of 4 GiB: far behind the end
// of any file, since nobody else can read what is locked.
const lockOffset = 1 << 30

// lock takes the file for this process, until it is closed. It fails with
// ErrLocked if another has it, and with errNoLocks where the file system has none.
func lock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
			0, 1, 0, &windows.Overlapped{OffsetHigh: lockOffset})
	})
	switch {
	case err != nil:
		return err
	case errors.Is(failed, windows.ERROR_LOCK_VIOLATION), errors.Is(failed, windows.ERROR_IO_PENDING):
		return ErrLocked
	case errors.Is(failed, windows.ERROR_NOT_SUPPORTED), errors.Is(failed, windows.ERROR_INVALID_FUNCTION):
		return errNoLocks
	}
	return failed
}

// unlock does nothing, as the closing does.
func unlock(*os.File) {}
