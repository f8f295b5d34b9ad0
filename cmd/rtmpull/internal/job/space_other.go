//go:build !linux && !darwin && !freebsd && !windows

package job

import "errors"

// diskSpace does not know.
func diskSpace(string) (free, capacity uint64, err error) { return 0, 0, errors.ErrUnsupported }
