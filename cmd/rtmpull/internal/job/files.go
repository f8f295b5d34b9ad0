package job

import (
	"context"
	"errors"
	iofs "io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// FilesOptions say where the files of a recording come from, where they are cut
// and what happens to them. Limits that are 0 are none.
type FilesOptions struct {
	// Open opens the file with the number seq, the first of which is 1. It is
	// called from the goroutine of Pull.Run, but for the first.
	Open func(seq int) (*flvout.File, error)

	// Resume opens the first file instead, if there is one to go on with; else the
	// error is fs.ErrNotExist. nil: there is none.
	Resume func() (*flvout.File, *flvout.ResumePoint, error)

	Time  time.Duration // of media, in each file
	Size  int64         // bytes of each file
	Align time.Duration // begin a file when the local time is a multiple of it
	One   bool          // there is no second file: it is a device

	Hook    *Hook                               // run for each file; nil: none
	MinFree func(capacity uint64) uint64        // how much to leave free on a disk of that size, in bytes; nil: nothing
	Orphans []string                            // files that a recording has left unfinished
	Recover func(name string) (Finished, error) // completes one of them; a nil error and no name: it is held

	// Turns are shared with recordings side by side; nil: there are none.
	Turns Turns

	syncEvery, spaceEvery time.Duration // 0: the constants
}

// A Finished is a file that is complete.
type Finished struct {
	Name     string
	Seq      int // its number among those of the recording, from 1; 0: of another one
	Size     int64
	Duration time.Duration
	Why      string // it ended, as for programs; empty: with the recording
}

// Files write a recording to a row of files on disk. It is a flvout.Rotator, and
// belongs to the goroutine of Pull.Run as that does; what takes long happens in
// goroutines of its own: files are completed and their hooks run one after the
// other, what has been written is sent to the disk every few seconds, and what
// recordings before have left unfinished is completed.
type Files struct {
	*flvout.Rotator
	Resumed *flvout.ResumePoint // where the first file goes on; nil: it is a new one
	options FilesOptions

	current atomic.Pointer[current]
	told    int    // number of the newest file that was reported as opened
	seq     int    // of the newest that was let go
	cause   string // of the next split
	report  func(Event)
	abort   func(error) // ends the recording

	queue   chan unfinished // closed when the last file is in it
	hooks   *hooks
	closing sync.WaitGroup
	keeping sync.WaitGroup
	stop    chan struct{} // ends keeping
	leave   chan struct{} // ends recovery with the file under way
	healed  chan struct{} // closed when there is nothing left to recover

	mu     sync.Mutex // of what follows
	result FilesResult
}

// A FilesResult is what became of files.
type FilesResult struct {
	Count       int // that have media
	First, Last Finished
	Size        int64 // of all
	Stats       flvout.Stats
	Recovered   int
	Err         error // the first of completing a file
}

// current is the file that is written to, for the goroutine that looks after it.
type current struct {
	*flvout.File
	folder string
}

// unfinished is a file that nothing more is written to.
type unfinished struct {
	f   *flvout.File
	seq int
	why string
}

// Many tells whether there can be a second file.
func (fs *Files) Many() bool { return !fs.options.One }

// maxUnfinished is how many files wait to be completed. Then the recording waits
// for the disk, as it does when it writes.
const maxUnfinished = 16

// OpenFiles opens the first file, and finds out whether there is room for it.
func OpenFiles(o FilesOptions) (*Files, error) {
	fs := &Files{options: o, queue: make(chan unfinished, maxUnfinished), stop: make(chan struct{}), leave: make(chan struct{}), healed: make(chan struct{})}
	rotator := flvout.RotatorOptions{
		Open: func(n int) (*flvout.File, error) {
			f, err := fs.open(n + 1)
			if err == nil {
				fs.current.Store(&current{f, filepath.Dir(f.Name())})
			}
			return f, err
		},
		Done: fs.done,
		Time: o.Time, Size: o.Size,
	}
	if o.Align > 0 {
		rotator.Align = func(at time.Duration) time.Duration { return at + untilMultiple(time.Now(), o.Align) }
	}
	var err error
	if fs.Rotator, err = flvout.NewRotator(rotator); err != nil {
		return nil, err
	}
	if fs.Resumed != nil {
		fs.Rotator.Resume(fs.Resumed)
	}
	if err := fs.space(); err != nil {
		_ = fs.Rotator.Close()
		close(fs.queue)
		for u := range fs.queue {
			_ = u.f.Close() // nothing was written
		}
		return nil, err
	}
	return fs, nil
}

// open opens a file, or goes on with one. The one before is sent on first, which
// tells whether there is room: a full disk ends the recording with that file.
func (fs *Files) open(seq int) (f *flvout.File, err error) {
	if seq == 1 && fs.options.Resume != nil {
		if f, fs.Resumed, err = fs.options.Resume(); !errors.Is(err, iofs.ErrNotExist) {
			return f, err
		}
	}
	if c := fs.current.Load(); c != nil {
		if err := c.Flush(); err != nil {
			return nil, err
		}
		if err := fs.space(); err != nil {
			return nil, err
		}
	}
	return fs.options.Open(seq)
}

// start begins what goes on beside the recording. end ends that.
func (fs *Files) start(report func(Event), end func(error)) {
	fs.report, fs.abort = report, end
	if fs.options.Hook != nil {
		fs.hooks = startHooks(fs.options.Hook, report)
	}
	fs.closing.Go(fs.finish)
	fs.keeping.Go(func() { fs.keep(end) })
	fs.keeping.Go(func() { fs.watch(end) })
	go fs.recover()
}

// done takes a file over from the Rotator.
func (fs *Files) done(f *flvout.File, why flvout.Cut) {
	fs.seq++
	fs.tell(f, fs.seq)
	reason := why.String()
	switch why {
	case flvout.CutEnd:
		reason = ""
	case flvout.CutSplit:
		reason = fs.cause
	}
	fs.queue <- unfinished{f, fs.seq, reason}
}

// opened reports, once for each file, that it has begun.
func (fs *Files) opened() {
	f, n := fs.File()
	if n+1 != fs.told && f != nil {
		fs.tell(f, n+1)
	}
}

func (fs *Files) tell(f *flvout.File, seq int) {
	if seq > fs.told && f.Begun() && f.Size() > 0 && fs.report != nil {
		fs.told = seq
		fs.report(Event{Kind: FileOpened, Name: f.Name(), Seq: seq})
	}
}

// finish completes files until there are no more.
func (fs *Files) finish() {
	for u := range fs.queue {
		err := u.f.Close()
		short := err != nil && u.f.Complete()
		s := u.f.Stats()
		file := Finished{Name: u.f.Name(), Seq: u.seq, Size: u.f.Size(), Duration: u.f.Duration(), Why: u.why}
		media := s.Audio+s.Video > 0
		fs.mu.Lock()
		r := &fs.result
		if err != nil && r.Err == nil {
			r.Err = err
		}
		if media {
			if r.Count++; r.Count == 1 {
				r.First = file
			}
			r.Last = file
			r.Size += file.Size
			r.Stats = r.Stats.Add(s)
		}
		fs.mu.Unlock()
		if !media && err == nil {
			continue
		}
		fs.report(Event{Kind: FileClosed, Name: file.Name, Seq: file.Seq, Size: file.Size, Duration: file.Duration, Why: file.Why, Err: err, Short: short})
		if short {
			fs.abort(err)
		}
		if err == nil || short {
			fs.hooks.add(file)
		}
	}
}

// recover completes what recordings before have left.
func (fs *Files) recover() {
	defer close(fs.healed)
	for _, name := range fs.options.Orphans {
		select {
		case <-fs.leave:
			return
		default:
		}
		file, err := fs.options.Recover(name)
		switch {
		case err != nil:
			fs.report(Event{Kind: Recovered, Name: name, Err: err})
		case file.Name != "":
			fs.mu.Lock()
			fs.result.Recovered++
			fs.mu.Unlock()
			fs.report(Event{Kind: Recovered, Name: file.Name, Size: file.Size, Duration: file.Duration})
			fs.hooks.add(file)
		}
	}
}

// end waits until all files are complete, and for what runs beside: as long as that
// takes, but not when ctx has ended, which makes the program end soon. A file that
// is not recovered then is so the next time.
func (fs *Files) end(ctx context.Context) FilesResult {
	close(fs.queue)
	close(fs.stop)
	fs.closing.Wait()
	fs.keeping.Wait()
	select {
	case <-fs.healed:
	case <-ctx.Done():
		close(fs.leave)
	}
	fs.hooks.end(ctx)
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.result
}
