//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package flvout

import "os"

// lock fails: this system has no locks that belong to a descriptor.
func lock(*os.File) error { return errNoLocks }

func unlock(*os.File) {}
