package chunk

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// readSize is the size of the read buffer. Reads as large as the socket
	// has bytes for are what makes reading cheap.
	readSize = 128 << 10

	// directSize is from how many missing bytes on a chunk's data is read
	// straight into its message, past the read buffer.
	directSize = 32 << 10

	minBuffer = 4 << 10
)

// A Reader joins the chunks of one connection into messages. It is not safe for
// concurrent use.
//
// It reads ahead, so nothing else may read from its source.
type Reader struct {
	src  io.Reader
	buf  []byte // buf[r:w] has been read from src and not yet used
	r, w int
	base int64 // bytes used before buf[0]

	size uint32 // the peer's chunk size
	ext  extendedMode
	err  error

	streams  [64]*stream
	others   map[uint32]*stream // chunk stream IDs from 64 on
	nstreams int
	held     int // capacity of all streams' buffers

	cur  *stream // whose chunk is being read
	left int     // bytes of it still to come

	msg         message.Message
	aggregate   message.Aggregate // the rest of one, if inAggregate
	inAggregate bool

	drops, shortSizes int
	stats             Stats
}

// Stats counts what a Reader put up with.
type Stats struct {
	Dropped  int64 // messages that were begun anew, or aborted, before they were whole
	Skipped  int64 // messages of unknown type, or too long for their type
	Overruns int64 // aggregates whose last message was cut off
}

// A stream is what is known of one chunk stream.
type stream struct {
	id        uint32
	timestamp uint32 // of the message that is read, or was read last
	delta     uint32 // what a format 3 start adds
	extended  uint32 // the last extended timestamp, if hasExt
	length    uint32
	streamID  uint32
	typ       message.Type
	hasExt    bool // the last header had an extended timestamp
	absolute  bool // delta is a format 0 header's timestamp
	partial   bool // in the middle of a message

	got  uint32 // bytes of the message that have come
	keep uint32 // how many of them are wanted
	buf  []byte // the first of them, up to keep
}

// NewReader returns a Reader of what follows the handshake in src.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, buf: make([]byte, readSize), size: DefaultSize}
}

// Next returns the next complete message. It is borrowed: the following call
// overwrites it and its payload. Next obeys Set Chunk Size and Abort itself and
// returns them as well; an aggregate it returns message by message.
//
// At the end of the source the error is io.EOF between chunks and
// io.ErrUnexpectedEOF within one, or after one that left its message unfinished.
// Other errors of the source are returned as they are, and Next may be called
// again after one that passes (a deadline): no byte is lost. A *FramingError
// stays.
func (r *Reader) Next() (*message.Message, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.nextPart() {
		return &r.msg, nil
	}
	for {
		if r.cur == nil {
			if err := r.readHeader(); err != nil {
				return nil, r.fail(err)
			}
		}
		if err := r.readData(); err != nil {
			return nil, r.fail(err)
		}
		s := r.cur
		r.cur = nil
		if s.got < s.length {
			continue
		}
		s.partial = false
		r.drops = 0
		done, err := r.finish(s)
		if err != nil {
			return nil, r.fail(err)
		}
		if done {
			return &r.msg, nil
		}
	}
}

// Buffered is the number of bytes that have been read from the source and are
// not yet part of a message.
func (r *Reader) Buffered() int { return r.w - r.r }

// Size is the chunk size that the peer has announced.
func (r *Reader) Size() uint32 { return r.size }

// Stats returns the counts so far.
func (r *Reader) Stats() Stats { return r.stats }

func (r *Reader) fail(err error) error {
	if e, ok := err.(*FramingError); ok { //nolint:errorlint // made here, never wrapped
		r.err = e
	}
	return err
}

func (r *Reader) framingError(format string, args ...any) error {
	return &FramingError{Offset: r.base + int64(r.r), Reason: fmt.Sprintf(format, args...)}
}

// finish makes the message that s has completed r.msg, unless nobody wants it.
func (r *Reader) finish(s *stream) (done bool, err error) {
	if s.keep == 0 && s.length > 0 {
		r.stats.Skipped++
		return false, nil
	}
	r.msg = message.Message{
		ChunkStreamID: s.id,
		Timestamp:     s.timestamp,
		Type:          s.typ,
		StreamID:      s.streamID,
		Payload:       s.buf[:s.keep:s.keep],
	}
	switch s.typ {
	case message.TypeSetChunkSize:
		return true, r.setSize()
	case message.TypeAbort:
		r.abort()
	case message.TypeAggregate:
		r.aggregate, r.inAggregate = message.NewAggregate(&r.msg), true
		return r.nextPart(), nil
	}
	return true, nil
}

// nextPart makes the next message of an aggregate r.msg.
func (r *Reader) nextPart() bool {
	if !r.inAggregate {
		return false
	}
	r.inAggregate = r.aggregate.Next(&r.msg)
	if r.aggregate.Overrun() {
		r.stats.Overruns++
	}
	return r.inAggregate
}

func (r *Reader) setSize() error {
	size, ok := r.msg.Uint32()
	switch {
	case !ok:
		if r.shortSizes++; r.shortSizes >= maxShortSizes {
			return r.framingError("Set Chunk Size without a size, %d times", r.shortSizes)
		}
		return nil
	case size == 0, size&(1<<31) != 0:
		return r.framingError("the server set a chunk size of %d", size)
	}
	r.size = min(size, MaxSize)
	return nil
}

// abort drops what has come of a chunk stream's message. The header stays
// usable. A chunk stream that was never used stays unknown.
func (r *Reader) abort() {
	id, ok := r.msg.Uint32()
	if !ok {
		return
	}
	if s := r.find(id); s != nil && s.partial {
		s.partial = false
		r.stats.Dropped++
	}
}

// readHeader reads the next chunk's header and makes its stream current. What
// it reads is used up only when it is there as a whole.
func (r *Reader) readHeader() error {
	if r.w == r.r {
		if err := r.need(1); err != nil {
			if err == io.ErrUnexpectedEOF && !r.unfinished() { //nolint:errorlint // made by need
				return io.EOF
			}
			return err
		}
	}
	format := r.buf[r.r] >> 6
	id := uint32(r.buf[r.r] & 0x3f)
	basic := 1
	if id < 2 {
		basic = 2 + int(id)
		if err := r.need(basic); err != nil {
			return err
		}
		b := r.buf[r.r:]
		if id == 0 {
			id = 64 + uint32(b[1])
		} else {
			id = 64 + uint32(b[1]) + uint32(b[2])<<8
		}
	}
	size := basic + headerSizes[format]
	if err := r.need(size); err != nil {
		return err
	}
	s := r.find(id)
	if s == nil {
		var err error
		if s, err = r.open(id, format); err != nil {
			return err
		}
	}
	if format == formatNone {
		n, err := r.repeatHeader(s, size)
		if err != nil {
			return err
		}
		size = n
	} else {
		h := r.buf[r.r+basic : r.r+size]
		extended := uint24(h) == extendedMarker
		if extended {
			if err := r.need(size + extendedSize); err != nil {
				return err
			}
			h = r.buf[r.r+basic : r.r+size+extendedSize] // need may have moved it
			size += extendedSize
		}
		if err := r.startMessage(s, format, h, extended); err != nil {
			return err
		}
	}
	r.r += size
	r.cur = s
	r.left = int(min(r.size, s.length-s.got))
	return nil
}

// startMessage takes a header of format 0, 1 or 2. Each begins a message.
func (r *Reader) startMessage(s *stream, format byte, h []byte, extended bool) error {
	if s.partial {
		r.stats.Dropped++
		if r.drops++; r.drops >= maxDrops {
			return r.framingError("%d messages in a row begun anew before they were whole", r.drops)
		}
	}
	ts := uint24(h)
	if extended {
		ts = binary.BigEndian.Uint32(h[len(h)-extendedSize:])
		s.extended = ts
	}
	s.hasExt = extended
	s.delta = ts
	s.absolute = format == formatFull
	switch format {
	case formatFull:
		s.timestamp = ts
		s.streamID = binary.LittleEndian.Uint32(h[7:])
		s.length, s.typ = uint24(h[3:]), message.Type(h[6])
	case formatNoStream:
		s.timestamp += ts
		s.length, s.typ = uint24(h[3:]), message.Type(h[6])
	default:
		s.timestamp += ts
	}
	s.begin()
	return nil
}

// repeatHeader takes a header of format 3, which continues a message or begins
// one like the last. It returns the header's size.
func (r *Reader) repeatHeader(s *stream, size int) (int, error) {
	if s.hasExt {
		present, err := r.repeatsExtended(s, size)
		if err != nil {
			return 0, err
		}
		if present {
			size += extendedSize
			if err := r.need(size); err != nil {
				return 0, err
			}
		}
	}
	if !s.partial {
		s.timestamp += r.startDelta(s)
		s.absolute = false
		s.begin()
	}
	return size, nil
}

// startDelta is what a format 3 header that begins a message adds. After a
// format 0 header that is its timestamp (RTMP 1.0, 5.3.1.2.4; FMLE relies on
// it), but nginx-rtmp, gortmplib and livego add nothing, and so may what was
// written against them. Where the difference matters, the other chunk streams
// tell which of the two was meant.
func (r *Reader) startDelta(s *stream) uint32 {
	const matters = 1000 // ms
	if !s.absolute || s.delta < matters || !s.typ.IsMedia() {
		return s.delta
	}
	newest, ok := r.newestMedia(s)
	if ok && distance(s.timestamp, newest) < distance(s.timestamp+s.delta, newest) {
		s.delta = 0
	}
	return s.delta
}

// newestMedia is the latest timestamp of the media on chunk streams other than s.
func (r *Reader) newestMedia(s *stream) (newest uint32, ok bool) {
	look := func(o *stream) {
		if o != nil && o != s && o.typ.IsMedia() && (!ok || int32(o.timestamp-newest) > 0) {
			newest, ok = o.timestamp, true
		}
	}
	for _, o := range r.streams {
		look(o)
	}
	for _, o := range r.others {
		look(o)
	}
	return newest, ok
}

func distance(a, b uint32) uint32 {
	d := int32(a - b)
	if d < 0 {
		return uint32(-d)
	}
	return uint32(d)
}

// begin readies s for the data of a new message.
func (s *stream) begin() {
	s.got, s.partial = 0, true
	switch {
	case s.typ.IsControl():
		s.keep = min(s.length, maxControlSize)
	case s.typ.IsMedia(), s.typ == message.TypeAggregate:
		s.keep = s.length
	case s.typ.Known() && s.length <= MaxCommandSize:
		s.keep = s.length
	default:
		s.keep = 0
	}
}

// readData moves the data of the current chunk to its message.
func (r *Reader) readData() error {
	s := r.cur
	for r.left > 0 {
		n := min(r.w-r.r, r.left)
		want := int(s.keep) - int(s.got) // of what comes next
		if n == 0 {
			if min(want, r.left) >= directSize {
				if err := r.readDirect(s, min(want, r.left)); err != nil {
					return err
				}
				continue
			}
			if err := r.need(1); err != nil {
				return err
			}
			continue
		}
		if want > 0 {
			k := min(n, want)
			if err := r.grow(s, int(s.got)+k); err != nil {
				return err
			}
			copy(s.buf[s.got:], r.buf[r.r:r.r+k])
		}
		r.r += n
		s.got += uint32(n)
		r.left -= n
	}
	return nil
}

// readDirect reads up to n bytes from the source straight into s's message. The
// read buffer is empty.
func (r *Reader) readDirect(s *stream, n int) error {
	// Room for what a read may bring, not for what was announced.
	n = min(n, max(directSize, int(s.got)))
	if err := r.grow(s, int(s.got)+n); err != nil {
		return err
	}
	k, err := r.src.Read(s.buf[s.got : int(s.got)+n])
	s.got += uint32(k)
	r.left -= k
	r.base += int64(k)
	if k > 0 {
		return nil
	}
	return noEOF(err)
}

// grow makes room for n bytes of s's message.
func (r *Reader) grow(s *stream, n int) error {
	if n <= len(s.buf) {
		return nil
	}
	size := max(n, min(2*len(s.buf), int(s.keep)), minBuffer)
	if r.held+size-len(s.buf) > MaxBuffered {
		r.releaseIdle()
	}
	if r.held+size-len(s.buf) > MaxBuffered {
		return r.framingError("over %d MiB of unfinished messages", MaxBuffered>>20)
	}
	r.held += size - len(s.buf)
	buf := make([]byte, size)
	copy(buf, s.buf[:s.got])
	s.buf = buf
	return nil
}

// releaseIdle lets go of the buffers of streams that are between messages.
func (r *Reader) releaseIdle() {
	release := func(s *stream) {
		if s != nil && !s.partial {
			r.held -= len(s.buf)
			s.buf = nil
		}
	}
	for _, s := range r.streams {
		release(s)
	}
	for _, s := range r.others {
		release(s)
	}
}

// need makes n bytes available at buf[r:], reading as much as the source gives.
func (r *Reader) need(n int) error {
	for r.w-r.r < n {
		switch {
		case r.r == r.w:
			r.base += int64(r.r)
			r.r, r.w = 0, 0
		case len(r.buf)-r.r < max(n, maxHeader):
			r.base += int64(r.r)
			r.w = copy(r.buf, r.buf[r.r:r.w])
			r.r = 0
		}
		k, err := r.src.Read(r.buf[r.w:])
		r.w += k
		if k == 0 && err != nil {
			return noEOF(err)
		}
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // readers return it bare
		return io.ErrUnexpectedEOF
	}
	return err
}

// unfinished tells whether any message has begun and not ended.
func (r *Reader) unfinished() bool {
	for _, s := range r.streams {
		if s != nil && s.partial {
			return true
		}
	}
	for _, s := range r.others {
		if s.partial {
			return true
		}
	}
	return false
}

func (r *Reader) find(id uint32) *stream {
	if id < uint32(len(r.streams)) {
		return r.streams[id]
	}
	return r.others[id]
}

// open begins a chunk stream. Its first header ought to be of format 0; librtmp
// begins the control stream with format 1, counting from 0.
func (r *Reader) open(id uint32, format byte) (*stream, error) {
	if format > formatNoStream {
		return nil, r.framingError("chunk stream %d begins with a header of format %d", id, format)
	}
	if r.nstreams >= MaxStreams {
		return nil, r.framingError("over %d chunk streams", MaxStreams)
	}
	r.nstreams++
	s := &stream{id: id}
	if id < uint32(len(r.streams)) {
		r.streams[id] = s
		return s, nil
	}
	if r.others == nil {
		r.others = make(map[uint32]*stream)
	}
	r.others[id] = s
	return s, nil
}
