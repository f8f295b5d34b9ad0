//go:build unix

package flvout

import (
	"io/fs"
	"os"
	"syscall"
)

// giveOwner gives a file the owner that another has, as far as we may: a copy that
// root makes is to be its owner's still.
func giveOwner(path string, like fs.FileInfo) {
	if s, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(path, int(s.Uid), int(s.Gid))
	}
}
