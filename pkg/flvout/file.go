package flvout

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// checkpointEvery is after how much media the fields of the head that tell of
// time and size are written again, while the file is.
const checkpointEvery = 30 * time.Second

// A File is a Writer to a file on disk. Until Close it is called NAME.part, is
// locked, holds whole tags only and can be played at any moment; Close completes
// it and gives it its name. It belongs to one goroutine, but for Sync.
//
// The file is made when the header is written, so that a stream that never
// begins leaves none. It never replaces another: if show.flv or show.flv.part
// exists, the name is show-1.flv.
//
// Its first tag is onMetaData with room for a key-frame index. Close writes the
// index there, with what came of the tracks, and ends the sequence of the video. A
// file that is short beside that room is copied without what is left of it.
//
// When the disk is full the file is cut behind its last whole tag, and Close
// still completes it, for which no space is needed.
//
// With FileOptions.InPlace it has its own name all the time, and is there from
// Create on. What it has is left until there is something to write.
//
// A path that is no regular file, such as /dev/null or a named pipe, is written
// straight through, as by a Writer.
type File struct {
	w    *Writer
	part *partFile // nil if the path is no regular file
	pipe *os.File  // what is written instead; nil if it is not ours to close
	path string

	closed bool
	whole  bool // completed and renamed
	failed bool // a write did
	roomy  bool // the room that is left over in the head stays
	size   int64

	checked time.Duration // how much media there was at the last checkpoint
	fields  []byte        // what was written then
}

// FileOptions say how a File is created.
type FileOptions struct {
	Force bool // replace a file of the same name, on Close

	// InPlace writes the file under its own name, not NAME.part, and never under
	// another. Create makes it if it is not there. One that is there is replaced by
	// the first audio or video that is written, and stays if none is. It is locked
	// from Create on.
	InPlace bool

	// IndexEntries is for how many key frames there is room in the index, at
	// least 4; of more, those are in it that are spread evenly over the time. 0
	// is DefaultIndexEntries, and with less there is no index.
	IndexEntries int

	Raw bool // timestamps are written as they come; else the file begins at 0

	Buffers *BufferPool // shared with other files; nil: with none
}

// Create prepares the file path with no options.
func Create(path string) (*File, error) { return FileOptions{}.Create(path) }

// Create prepares the file path. That it can be made is tried at once. To open a
// named pipe waits for its reader.
func (o FileOptions) Create(path string) (*File, error) {
	if path == "" {
		return nil, newError("create", path, fs.ErrNotExist)
	}
	f := &File{path: path}
	fi, err := os.Stat(path)
	switch {
	case err == nil && fi.IsDir():
		return nil, newError("create", path, syscall.EISDIR)
	case path == "/dev/stdout":
		// To open it would write at the beginning of a file that the shell
		// opened for appending.
		f.w = NewWriter(os.Stdout)
	case err == nil && !fi.Mode().IsRegular(), strings.HasPrefix(path, "/dev/fd/"):
		f.pipe, err = os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, newError("open", path, err)
		}
		f.w = NewWriter(f.pipe)
	default:
		f.part = &partFile{path: path, force: o.Force}
		if o.InPlace {
			f.part.inPlace = new(inPlace)
		}
		if err := f.part.probe(); err != nil {
			return nil, newError("create", path, err)
		}
		f.w = o.writer(f)
	}
	f.w.path = path
	return f, nil
}

// writer returns the Writer to f's file on disk.
func (o FileOptions) writer(f *File) *Writer {
	w := NewWriter(f.part)
	w.opening.wait = fileHeldTime
	w.raw = o.Raw
	w.pool = o.Buffers
	w.file = &fileOutput{entries: o.entries(), patient: o.InPlace, onFlush: f.checkpoint}
	w.onFail = f.cut
	w.all = *newSummary(w.file.entries)
	return w
}

// entries is for how many entries of the index there is to be room.
func (o FileOptions) entries() int {
	switch {
	case o.IndexEntries < 0:
		return 0
	case o.IndexEntries == 0:
		return DefaultIndexEntries
	}
	return min(max(o.IndexEntries, minIndexEntries), MaxIndexEntries)
}

// WriteTag is Writer.WriteTag.
func (f *File) WriteTag(t Tag) error { return f.w.WriteTag(t) }

func (f *File) write(t Tag, c *Class) error { return f.w.write(t, c) }

// Begin is Writer.Begin.
func (f *File) Begin() error { return f.w.Begin() }

// Begun is Writer.Begun.
func (f *File) Begun() bool { return f.w.Begun() }

// AvailableBuffer is Writer.AvailableBuffer.
func (f *File) AvailableBuffer(n int) []byte { return f.w.AvailableBuffer(n) }

// Flush is Writer.Flush: what it wrote survives the death of the process.
func (f *File) Flush() error { return f.w.Flush() }

// Sync waits until all that Flush sent on is on the disk. It may be called by
// another goroutine than the File's, and does nothing while there is no file. If it
// fails, what was written is not all on the disk; Close says so too then, and
// leaves the file as it is.
func (f *File) Sync() error {
	if f.part == nil || !f.part.made() {
		return nil
	}
	return f.part.sync()
}

// Size returns how many bytes the file has. While it is open these are as many as
// it has at most if it is closed now, with the tag that ends the video and with one
// more key frame in the index, and without the room that is left over.
func (f *File) Size() int64 {
	switch {
	case f.part == nil:
		return f.w.Size()
	case f.closed:
		return f.size
	}
	n := f.w.Size()
	h := &f.w.file.head
	if o := f.w.opening; o != nil {
		h = f.w.head(o)
	}
	if f.failed || f.roomy {
		return n
	}
	n += tagHeaderSize + maxEndSize + trailerSize
	spare, _ := h.spare(max(f.w.all.entries()+1, minKeyframes), n)
	return n - spare
}

// Duration is Writer.Duration.
func (f *File) Duration() time.Duration { return f.w.Duration() }

// Stats is Writer.Stats.
func (f *File) Stats() Stats { return f.w.Stats() }

// Name returns what the file is called: with .part while it is open, and what
// it would be called if it has not been made.
func (f *File) Name() string {
	switch {
	case f.part == nil:
		return f.path
	case f.part.made() && !f.whole:
		return f.part.part
	}
	return f.part.name
}

// Complete tells whether Close has completed the file, though it may have returned
// an error: of writing what is not in it.
func (f *File) Complete() bool { return f.whole && f.part != nil && f.part.made() }

// Close writes what is left and completes the file. It returns the error of
// that, and one of writing if no call before did; after a write error that the
// caller knows, a nil says that what was written before it is safe. If the file
// cannot be completed it keeps the name with .part, if it had that.
func (f *File) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.w.Close()
	f.size = f.w.written
	var finish error
	switch {
	case f.part == nil:
		if f.pipe != nil {
			if finish = f.pipe.Close(); finish != nil {
				finish = newError("close", f.path, finish)
			}
		}
	case !f.part.made(): // never begun
		if f.part.inPlace != nil {
			f.part.inPlace.release()
		}
	case !f.w.all.media():
		f.size = 0
		finish = f.part.discard()
	default:
		f.part.at("flushed")
		finish = f.finish()
	}
	f.whole = finish == nil
	if err != nil && finish != nil {
		return errors.Join(err, finish)
	}
	if err != nil {
		return err
	}
	return finish
}

// finish completes the file and gives it its name. At each step what is on the
// disk can be played and recovered.
func (f *File) finish() error {
	if err := f.part.lost(); err != nil {
		_ = f.part.close()
		return err
	}
	if !f.compact() {
		h, s := &f.w.file.head, &f.w.all
		if err := f.part.rewrite(h.finish(s, f.size)); err != nil {
			_ = f.part.close()
			return err
		}
	}
	return f.part.finish()
}

// compact tries to take the room that is left over out of the file.
func (f *File) compact() bool {
	h, s := &f.w.file.head, &f.w.all
	n, fitting := h.spare(s.entries(), f.size)
	if n == 0 || f.failed || f.roomy {
		return false
	}
	s.shift(-n)
	if f.part.compact(fitting.finish(s, f.size-n), h.size(), f.size) != nil {
		s.shift(n)
		return false
	}
	f.size -= n
	return true
}

// cut takes a torn tag off the end. If it stays there, the file can be played
// all the same.
func (f *File) cut(whole int64) {
	f.failed = true
	if file := f.part.f.Load(); file != nil {
		_ = file.Truncate(whole)
	}
}

// checkpoint writes now and then how long the file is by now: a player takes a
// file that was not completed for that long. If it fails, Close will say so.
func (f *File) checkpoint() {
	d := f.w.flushed.duration()
	if d-f.checked < checkpointEvery {
		return
	}
	f.checked = d
	f.fields = checkpoint(f.fields[:0], &f.w.flushed, f.w.written)
	_, _ = f.part.f.Load().WriteAt(f.fields, int64(headBody+headFieldsOffset))
}
