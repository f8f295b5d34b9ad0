package job

import (
	"cmp"
	"fmt"
	"math/rand/v2"
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
	every := cmp.Or(fs.options.syncEvery, syncEvery)
	if !fs.rest(rand.N(every)) { // or recordings that began together would do it together
		return
	}
	fs.often(every, end, func() error {
		done := fs.options.Turns.take(fs.stop, every)
		defer done()
		return fs.current.Load().Sync() // the disk tells of a failure once
	})
}

// rest waits, and tells whether this is not the end.
func (fs *Files) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-fs.stop:
		return false
	}
}

// Turns are for recordings side by side, of which few are to send something to the
// disk at a time: each that does may have a thread of the system's wait for it, of
// which the runtime gives up none. nil: each may at any time.
type Turns chan struct{}

// NewTurns returns Turns for so many at a time.
func NewTurns(n int) Turns { return make(Turns, n) }

// take waits for a turn, which lasts until done is called. It waits for so long at
// most, since those whose turn it is may have a disk that hangs, and not beyond the
// end.
func (t Turns) take(end <-chan struct{}, atMost time.Duration) (done func()) {
	if t == nil {
		return func() {}
	}
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return func() { <-t }
	case <-timer.C:
	case <-end:
	}
	return func() {}
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
