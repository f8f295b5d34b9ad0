//go:build linux || darwin || freebsd

package job

import "golang.org/x/sys/unix"

// diskSpace returns how much room there is for us on the disk of a folder, and how
// much it has in all, in bytes.
func diskSpace(folder string) (free, capacity uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)
	return uint64(max(0, s.Bavail)) * block, uint64(s.Blocks) * block, nil //nolint:unconvert // types differ from system to system
}
