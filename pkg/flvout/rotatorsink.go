package flvout

import (
	"os"
	"time"
)

var _ Sink = (*Rotator)(nil)

// AvailableBuffer is Writer.AvailableBuffer. There is none while headers wait,
// which will lie in its place.
func (r *Rotator) AvailableBuffer(n int) []byte {
	if len(r.waiting) > 0 || r.owed != 0 || r.err != nil {
		return nil
	}
	return r.file.AvailableBuffer(n)
}

// Begin is Writer.Begin.
func (r *Rotator) Begin() error {
	if r.err != nil {
		return r.err
	}
	return r.file.Begin()
}

// Begun is Writer.Begun, of the file that is written to.
func (r *Rotator) Begun() bool { return r.file != nil && r.file.Begun() }

// Flush is Writer.Flush.
func (r *Rotator) Flush() error {
	if r.err != nil {
		return r.err
	}
	if r.old != nil {
		if err := r.old.Flush(); err != nil {
			return err
		}
	}
	return r.file.Flush()
}

// File returns the file that is written to, and its number. After Close there is
// none.
func (r *Rotator) File() (f *File, n int) { return r.file, r.n }

// Name is File.Name, of the file that is written to.
func (r *Rotator) Name() string {
	if r.file == nil {
		return r.name
	}
	return r.file.Name()
}

// Size returns how many bytes the files have, as far as that is known: to be
// completed changes a file's size a little.
func (r *Rotator) Size() int64 {
	if r.file == nil {
		return r.size
	}
	n := r.size + r.file.Size()
	if r.old != nil {
		n += r.old.Size()
	}
	return n
}

// Duration returns how much media the files have.
func (r *Rotator) Duration() time.Duration {
	d := time.Duration(r.before) * time.Millisecond
	if r.file != nil {
		d += r.file.Duration()
	}
	return d
}

// Stats returns the counters of all the files. Headers count for each of them.
func (r *Rotator) Stats() Stats {
	s := r.stats
	for _, f := range [...]*File{r.old, r.file} {
		if f != nil {
			s = s.Add(f.Stats())
		}
	}
	s.Dropped.NoKey += r.dropped
	return s
}

// Close lets go of the last file. The error is that of closing it, if no Done
// takes it over.
func (r *Rotator) Close() error {
	last := r.file
	if last == nil {
		return nil
	}
	err := r.retire()
	if !r.cuts.split {
		if e := r.release(); err == nil {
			err = e
		}
	}
	r.before += last.Duration().Milliseconds()
	r.name = last.Name()
	r.file, r.old, r.why = nil, last, CutEnd
	if e := r.retire(); err == nil {
		err = e
	}
	if r.done == nil {
		r.name = last.Name() // its own, now that it is complete
	}
	if r.err == nil {
		r.err = newError("write", r.name, os.ErrClosed)
	}
	return err
}
