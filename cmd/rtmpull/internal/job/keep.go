package job

import (
	"cmp"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// How often a recording is sent to the disk, and how often the disk's free space is
// looked at: a small disk fills up quickly.
const (
	syncEvery  = 5 * time.Second
	spaceEvery = time.Second
)

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

// watch ends the recording when there is no room any more.
func (fs *Files) watch(end func(error)) {
	fs.often(cmp.Or(fs.options.spaceEvery, spaceEvery), end, fs.space)
}

// keep sends what has been written to the disk now and then, which the recording
// does not wait for. A disk may take long for it, so that watch does not either.
func (fs *Files) keep(end func(error)) {
	fs.often(cmp.Or(fs.options.syncEvery, syncEvery), end, func() error {
		return fs.current.Load().Sync() // the disk tells of a failure once
	})
}

// often does something again and again, until the end or an error, which ends the
// recording.
func (fs *Files) often(every time.Duration, end func(error), do func() error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-fs.stop:
			return
		case <-tick.C:
		}
		if err := do(); err != nil {
			end(err)
			return
		}
	}
}
