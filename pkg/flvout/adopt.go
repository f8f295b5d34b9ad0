package flvout

import (
	"io"
	"os"

	"github.com/yutopp/go-flv/tag"
)

// adopt returns a File that goes on where a part file ends that was left behind,
// or completes it if it is closed at once.
//
// file is NAME.part, or NAME itself if it is written in place; path is NAME. openPart
// opened and locked it. It has size bytes of whole tags; what is behind them is cut
// off. h is its head, which was made to fit into the onMetaData that is there. s is
// told of all its tags, and has an index of no more entries than h has room for. Of o
// only Force, InPlace, Raw and Buffers count.
//
// Timestamps are the file's own: the next tag is to come behind the last one.
func (o FileOptions) adopt(file *os.File, path string, h head, s *summary, size int64) (*File, error) {
	part, in := path+partSuffix, (*inPlace)(nil)
	if o.InPlace {
		part, in = path, new(inPlace)
		if err := in.find(path); err != nil {
			return nil, newError("open", path, err)
		}
	}
	if err := file.Truncate(size); err != nil {
		return nil, newError("truncate", part, err)
	}
	if _, err := file.Seek(size, io.SeekStart); err != nil {
		return nil, newError("seek", part, err)
	}
	f := &File{path: path, part: &partFile{path: path, force: o.Force, inPlace: in, name: path, part: part}}
	f.part.f.Store(file)
	o.IndexEntries = -1
	f.w = o.writer(f)
	w := f.w
	w.path, w.opening = path, nil
	w.useBuffer(firstFileBuffer, fileBufferSize)
	w.file.entries, w.file.head = h.room, h
	w.all, w.flushed, w.written = *s, s.tally, size
	w.origin = s.origin()
	f.checked = s.duration()
	return f, nil
}

// origin is that of a file that goes on, in the file's own time.
func (s *summary) origin() (l origin) {
	l.begin(0)
	if s.audio.frames > 0 {
		l.at(tag.TagTypeAudio, s.audio.last)
	}
	if s.video.frames > 0 {
		l.at(tag.TagTypeVideo, s.video.last)
	}
	return l
}
