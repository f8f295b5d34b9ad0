//go:build !linux

package flvout

import "os"

// syncData brings the bytes of f to the disk, and its length.
func syncData(f *os.File) error { return f.Sync() }

// beginSync would have the system begin to bring the bytes of f to the disk. Where that
// cannot be asked for it does so when it likes.
func beginSync(*os.File) {}

// moveNew renames without replacing.
func moveNew(old, name string) error { return linkNew(old, name) }
