//go:build !linux

package flvout

import "os"

// syncData brings the bytes of f to the disk, and its length.
func syncData(f *os.File) error { return f.Sync() }

// moveNew renames without replacing.
func moveNew(old, name string) error { return linkNew(old, name) }
