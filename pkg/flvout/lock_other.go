//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package flvout

import "os"

// lock does nothing: this system has no locks that belong to a descriptor.
func lock(*os.File) error { return nil }

func unlock(*os.File) {}
