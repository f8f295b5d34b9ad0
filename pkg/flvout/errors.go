package flvout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// An Error is a failure of the output: what was being done, and to which file.
// It unwraps to the cause, so that errors.Is finds syscall.ENOSPC or EPIPE.
type Error struct {
	Op   string // "create", "write", "finish", ...
	Path string // "" if the output has no name
	Err  error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("flvout: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("flvout: %s %s: %v", e.Op, e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// newError wraps err unless that was done further in. The operation and path
// that package os puts on are taken off, since op and path say the same.
func newError(op, path string, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	return &Error{Op: op, Path: path, Err: err}
}
