package flvout

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"time"
)

// A File is a Writer to a file on disk. Until Close it is called NAME.part,
// holds whole tags only and can be played at any moment; Close completes it and
// gives it its name. It belongs to one goroutine.
//
// The file is made when the header is written, so that a stream that never
// begins leaves none. It never replaces another: if show.flv or show.flv.part
// exists, the name is show-1.flv.
//
// When the disk is full the file is cut behind its last whole tag, and Close
// still completes it, for which no space is needed.
//
// A path that is no regular file, such as /dev/null or a named pipe, is written
// straight through, as by a Writer.
type File struct {
	w      *Writer
	part   *partFile // nil if the path is no regular file
	pipe   *os.File  // what is written instead; nil if it is not ours to close
	path   string
	closed bool
	whole  bool // completed and renamed
}

// FileOptions say how a File is created.
type FileOptions struct {
	Force bool // replace a file of the same name, on Close
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
		if err := f.part.probe(); err != nil {
			return nil, newError("create", path, err)
		}
		f.w = NewWriter(f.part)
		f.w.file = true
		f.w.onFail = f.cut
	}
	f.w.path = path
	return f, nil
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

// Size is Writer.Size.
func (f *File) Size() int64 { return f.w.Size() }

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
	case f.part.f != nil && !f.whole:
		return f.part.part
	}
	return f.part.name
}

// Close writes what is left and completes the file. It returns the error of
// that, and one of writing if no call before did; after a write error that the
// caller knows, a nil says that what was written before it is safe. If the file
// cannot be completed it keeps the name with .part.
func (f *File) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.w.Close()
	var finish error
	switch {
	case f.part == nil:
		if f.pipe != nil {
			if finish = f.pipe.Close(); finish != nil {
				finish = newError("close", f.path, finish)
			}
		}
	case f.part.f == nil: // never begun
	case !f.w.all.media():
		finish = f.part.discard()
	default:
		if finish = f.patchHead(f.part.f); finish == nil {
			finish = f.part.finish()
		}
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

// cut takes a torn tag off the end. If it stays there, the file can be played
// all the same.
func (f *File) cut(whole int64) {
	if f.part.f != nil {
		_ = f.part.f.Truncate(whole)
	}
}

// patchHead writes what is known only at the end over the space left for it: a
// header for the tracks that really came, duration and filesize.
func (f *File) patchHead(w io.WriterAt) error {
	all := &f.w.all
	head := appendHead(nil, all.audio.tags > 0, all.video.tags > 0)
	body := int64(headSize + tagHeaderSize)
	patches := [...]struct {
		at int64
		b  []byte
	}{
		{0, head},
		{body + int64(durationOffset), number(f.w.Duration().Seconds())},
		{body + int64(filesizeOffset), number(float64(f.w.Size()))},
	}
	for _, p := range patches {
		if _, err := w.WriteAt(p.b, p.at); err != nil {
			return newError("complete", f.part.part, err)
		}
	}
	return nil
}

// number is the value of an AMF number.
func number(v float64) []byte {
	return binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
}
