package flvout

import (
	"io"
	"os"
	"path/filepath"
)

// A file of less than maxCompact bytes is written again when it is closed, if
// more than one part in compactShare of it is room that the index did not need.
const (
	maxCompact   = 64 << 20
	compactShare = 20
)

// spare returns by how many bytes a file of size bytes becomes shorter when it is
// closed, and the head that it has then.
func (h *head) spare(entries int, size int64) (n int64, fitting head) {
	fitting = *h
	if h.room == 0 {
		return 0, fitting
	}
	if entries < minKeyframes {
		entries = 0
	}
	fitting.setRoom(entries)
	n = int64(h.body - fitting.body)
	if size >= maxCompact || n*compactShare <= size {
		return 0, *h
	}
	return n, fitting
}

// compact puts a copy in the part file's place that begins with head, and goes on
// with what is from the offset from up to size. Nothing can get lost:
//
//  1. NAME.part~ is made, locked, written and synced; a crash leaves it behind,
//     and the part file as it was;
//  2. it is renamed to NAME.part, which replaces that in one step, and is the
//     file that goes on to be finished.
//
// A file that is written under its own name has NAME.new~ for a copy.
//
// If any of that fails, as on a full disk, the part file is as it was.
func (p *partFile) compact(head []byte, from, size int64) error {
	path, name := p.part+copySuffix, p.part
	if in := p.inPlace; in != nil {
		path, name = in.copyName(), in.real
	}
	_ = os.Remove(path) // left over: the part file's lock is ours
	f, err := makeLocked(path)
	if err != nil {
		return err
	}
	if err = p.copyTo(f, head, from, size); err == nil {
		p.at("copied")
		if err = isAt(p.f.Load(), name); err == nil {
			err = p.succeed(path, name)
		}
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return err
	}
	_ = p.f.Swap(f).Close() // without a name, and so nobody's
	if p.inPlace != nil {
		syncDir(filepath.Dir(name))
	}
	p.at("completed")
	return nil
}

// succeed renames the copy.
func (p *partFile) succeed(path, name string) error {
	if p.inPlace == nil {
		return os.Rename(path, name)
	}
	return p.inPlace.succeed(path, p.f.Load())
}

func (p *partFile) copyTo(f *os.File, head []byte, from, size int64) error {
	if _, err := f.Write(head); err != nil {
		return err
	}
	old := p.f.Load()
	if _, err := old.Seek(from, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.CopyN(f, old, size-from); err != nil {
		return err
	}
	return syncData(f)
}
