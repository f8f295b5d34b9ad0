package job

import (
	"cmp"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// keepEvery is how often a recording is sent to the disk, and the disk looked at.
const keepEvery = 5 * time.Second

// A SpaceError tells that a disk has less room than is to be left free.
type SpaceError struct {
	Folder     string
	Free, Want uint64 // bytes
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("the disk is nearly full: %s free in %s, and %s are to be left",
		humanize.Bytes(e.Free), e.Folder, humanize.Bytes(e.Want))
}

// space tells whether there is room on the disk of the current file.
func (fs *Files) space() error {
	c := fs.current.Load()
	if c == nil || fs.options.MinFree == nil {
		return nil
	}
	folder := c.folder
	free, capacity, err := diskSpace(folder)
	if err != nil {
		return nil //nolint:nilerr // there are file systems that do not say
	}
	if want := fs.options.MinFree(capacity); free < want {
		return &SpaceError{folder, free, want}
	}
	return nil
}

// keep sends what has been written to the disk now and then, which the recording
// does not wait for, and ends it when there is no room any more.
func (fs *Files) keep(end func(error)) {
	tick := time.NewTicker(cmp.Or(fs.options.every, keepEvery))
	defer tick.Stop()
	for {
		select {
		case <-fs.stop:
			return
		case <-tick.C:
		}
		if err := fs.space(); err != nil {
			end(err)
			return
		}
		if err := fs.current.Load().Sync(); err != nil { // the disk tells of it once
			end(err)
			return
		}
	}
}
