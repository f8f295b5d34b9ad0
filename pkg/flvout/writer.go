package flvout

import (
	"io"
	"os"
	"time"

	"github.com/yutopp/go-flv/tag"
)

// A Writer writes tags to an io.Writer as one FLV file that is right from the
// first byte on, as a pipe needs it. It belongs to one goroutine.
//
// The first tags are held, up to 2 s of media or 1 MiB, until both audio and
// video have come: then the header's flags and the time 0 are known. A stream
// of one track is late by these 2 s once, at its beginning. The caller, who has
// a clock, calls Begin when the stream went quiet before that.
//
// From then on WriteTag costs one copy of the body, or none with AvailableBuffer,
// into a buffer of 64 KiB (a File's has up to 256) that holds whole tags only, and
// allocates nothing. The caller decides how old a tag in the buffer may get and
// calls Flush. Errors stick, as *Error.
type Writer struct {
	w    io.Writer
	path string      // for errors
	raw  bool        // timestamps are written as they come
	file *fileOutput // nil: a stream

	// onFail, if not nil, is told how many bytes of whole tags w has taken
	// when it failed.
	onFail func(whole int64)

	opening *opening // nil when the header is written
	origin  origin
	buf     []byte // whole tags only
	most    int    // how large buf may become
	fills   int    // how often it was full since the last Flush
	lent    bool   // AvailableBuffer's room may be in use

	pool  *BufferPool // nil: none
	large *[]byte     // buf, if it is the pool's
	spent bool        // and it goes back with the next call
	small []byte      // and the one that is ours
	room  *[]byte     // the pool's, for what comes before there is a buf

	all     summary // of what is written and what is in buf
	flushed tally   // of what is written
	written int64   // bytes of whole tags that w took, the header among them
	dropped Dropped

	err    error // sticks
	told   bool  // err was returned
	closed bool
}

// A fileOutput is what a Writer does otherwise for a file than for a stream.
type fileOutput struct {
	entries int  // room in the index
	noEnd   bool // the video's sequence is not ended on Close
	patient bool // it begins with a frame, and not for headers alone
	head    head // once it is written

	onFlush func() // called when tags were written

	rehearsal *trace // takes the tags, which are not written; nil: they are
}

// NewWriter returns a Writer to w, which it does not close. Errors bear w's
// name if w has one, as an *os.File does.
func NewWriter(w io.Writer) *Writer {
	wr := &Writer{w: w, opening: &opening{wait: streamHeldTime}}
	if n, ok := w.(interface{ Name() string }); ok {
		wr.path = n.Name()
	}
	return wr
}

// SetRaw makes the Writer write timestamps as they come, and not from 0 on. Call it
// ahead of the first tag.
func (w *Writer) SetRaw() { w.raw = true }

// WriteTag takes a tag as a server sent it. Audio and video are written byte for
// byte, with timestamps from 0 on. Of script data the first onMetaData is
// written, if it comes before the header is; FFmpeg makes a stream of its own of
// any other. What is not written is counted in Stats, and is no error.
func (w *Writer) WriteTag(t Tag) error {
	c := Classify(t)
	return w.write(t, &c)
}

// write is WriteTag for a tag whose Class is known already.
func (w *Writer) write(t Tag, c *Class) error {
	if w.err != nil {
		return w.tell()
	}
	if !w.accept(t, c) {
		return nil
	}
	if w.opening == nil {
		w.emit(t, c)
	} else {
		w.all.describe(t, c)
		w.opening.add(t, c)
		if w.opening.ready() {
			w.begin()
		}
	}
	return w.tell()
}

// accept tells whether t is to be written as it is.
func (w *Writer) accept(t Tag, c *Class) bool {
	switch t.Type &^ tagFilterBit {
	case tag.TagTypeAudio, tag.TagTypeVideo:
	case tag.TagTypeScriptData, tagTypeScriptAMF3:
		if c.Kind == KindMetadata && w.opening != nil && w.opening.meta == nil {
			if m := ParseMetadata(t); m != nil {
				w.opening.setMetadata(m)
				return false
			}
		}
		w.dropped.Script++
		return false
	default:
		w.dropped.Other++
		return false
	}
	switch {
	case len(t.Body) == 0:
		w.dropped.Empty++
	case c.Kind == KindCommand:
		w.dropped.Command++
	case c.Kind == KindMalformed:
		w.dropped.Malformed++
	case len(t.Body) > maxBody:
		w.dropped.TooLarge++
	default:
		return true
	}
	return false
}

// Begin ends the wait for the other track: what is held is written, with a
// header for what came so far and what onMetaData announces. It does nothing
// if no audio or video is held.
func (w *Writer) Begin() error {
	if w.err == nil && w.opening != nil && w.mayBegin() {
		w.begin()
	}
	return w.tell()
}

// mayBegin tells whether there is something for which to write the header.
func (w *Writer) mayBegin() bool {
	o := w.opening
	if w.file != nil && w.file.patient {
		return o.heard || o.shown
	}
	return o.media()
}

// begin writes the header, onMetaData and the tags held, and sends them on:
// somebody waits for them.
func (w *Writer) begin() {
	o := w.opening
	w.opening = nil
	audio, video := o.announced()
	if w.file == nil {
		w.useBuffer(streamBufferSize, streamBufferSize)
		w.buf = append(appendHead(w.buf, audio, video), w.metadata(o)...)
	} else {
		w.useBuffer(firstFileBuffer, fileBufferSize)
		w.file.head = *w.head(o)
		if !w.putHead(audio, video) {
			return
		}
	}
	if o.heard || o.shown {
		w.origin.begin(o.oldest)
	}
	for t, rest, ok := cutTag(o.tags); ok && w.err == nil; t, rest, ok = cutTag(rest) {
		c := Classify(t)
		w.emit(t, &c)
	}
	if w.err == nil {
		w.flush()
	}
}

// metadata is the tag with a stream's onMetaData, if there is to be one.
func (w *Writer) metadata(o *opening) []byte {
	if o.metaTag == nil && o.meta != nil {
		o.metaTag = appendTag(nil, Tag{Type: tag.TagTypeScriptData, Body: appendMetadata(nil, o.meta)})
	}
	return o.metaTag
}

// head is what a file begins with.
func (w *Writer) head(o *opening) *head {
	if o.head == nil {
		h := newHead(o.meta, w.file.entries)
		o.head = &h
	}
	return o.head
}

// emit writes a tag of audio or video at its place on the time line.
func (w *Writer) emit(t Tag, c *Class) {
	switch {
	case w.raw:
	case c.movesClock():
		t.Timestamp = w.origin.at(t.Type, t.Timestamp)
	default:
		t.Timestamp = w.origin.latest(t.Type)
	}
	w.append(t, c)
}

// append writes a tag that has its timestamp in the file.
func (w *Writer) append(t Tag, c *Class) {
	if w.file != nil && w.file.rehearsal != nil {
		w.file.rehearsal.add(t, c)
		w.all.add(t, c, 0)
		return
	}
	at := w.written + int64(len(w.buf))
	if w.put(t) {
		w.all.add(t, c, at)
		if len(w.buf) == 0 { // it was too large for the buffer
			w.flushed = w.all.tally
			if w.file != nil {
				w.file.onFlush()
			}
		}
	}
}

func (w *Writer) tell() error {
	w.told = w.told || w.err != nil
	return w.err
}

// Close writes what is held and what is buffered. It returns an error only if
// no call before did. A stream that never sent audio or video leaves nothing,
// not even a header.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	var err error
	if !w.told {
		_ = w.Begin()
		if err = w.Flush(); err == nil && w.file != nil {
			w.end()
		}
	}
	w.giveBack()
	w.dropRoom()
	w.opening, w.buf = nil, nil
	if w.err == nil {
		w.err = newError("write", w.path, os.ErrClosed)
	}
	return err
}

// end ends the video's sequence, where there is room for that: a full disk may
// have taken everything before it.
func (w *Writer) end() {
	var room [maxEndSize]byte
	if body := w.endBody(room[:0]); len(body) > 0 {
		t := Tag{tag.TagTypeVideo, w.all.video.last, body}
		c := Classify(t)
		w.append(t, &c)
		w.flush()
	}
}

// endBody appends the body of the tag with which Close ends the file.
func (w *Writer) endBody(dst []byte) []byte {
	if w.file == nil || w.file.noEnd || w.err != nil || w.all.video.frames == 0 {
		return dst
	}
	return w.all.sequence.appendEnd(dst)
}

// Begun tells whether the header is written, and nothing held any more.
func (w *Writer) Begun() bool { return w.opening == nil }

// Name returns the name of what is written to, if it has one.
func (w *Writer) Name() string { return w.path }

// Size returns how many bytes the file has, or will have when the buffer and the
// tags that are held are written.
func (w *Writer) Size() int64 {
	if o := w.opening; o != nil {
		if w.file != nil {
			return w.head(o).size() + int64(len(o.tags))
		}
		return int64(headSize + len(w.metadata(o)) + len(o.tags))
	}
	return w.written + int64(len(w.buf))
}

// Duration returns how much media the file has, in the sense of Size.
func (w *Writer) Duration() time.Duration {
	if w.opening != nil {
		return w.opening.all.duration()
	}
	return w.all.duration()
}

// Stats returns the counters.
func (w *Writer) Stats() Stats {
	s := w.all.stats()
	s.Dropped = w.dropped
	return s
}
