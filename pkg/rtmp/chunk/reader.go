package chunk

import (
	"fmt"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A Reader joins the chunks of one connection into messages. It is not safe for
// concurrent use.
//
// It reads ahead, so nothing else may read from its source.
type Reader struct {
	src  io.Reader
	buf  []byte // buf[r:w] has been read from src and not yet used
	r, w int
	base int64 // buf[r] is byte base+r of the source

	pressure pressure // on buf

	size uint32 // the peer's chunk size
	ext  [2]extendedMode
	err  error

	streams  [64]*stream
	others   map[uint32]*stream // chunk stream IDs from 64 on
	nstreams int
	held     int // capacity of all streams' own buffers
	room     func(n int) []byte
	loan     loan

	cur  *stream // whose chunk is being read
	left int     // bytes of it still to come
	at   int64   // where it began

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

// NewReader returns a Reader of what follows the handshake in src.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, buf: make([]byte, minReadSize), size: DefaultSize}
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
		payload, err := r.readData()
		if err != nil {
			return nil, r.fail(err)
		}
		s := r.cur
		r.cur = nil
		if s.got < s.length {
			continue
		}
		s.partial = false
		r.drops = 0
		if err := r.giveBack(s != r.loan.to); err != nil {
			return nil, r.fail(err)
		}
		done, err := r.finish(s, payload)
		if err != nil {
			return nil, r.fail(err)
		}
		if done {
			return &r.msg, nil
		}
	}
}

// Pending tells whether a part of a message has come, or of a chunk.
func (r *Reader) Pending() bool { return r.cur != nil || r.w > r.r }

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
	return &FramingError{Offset: r.at, Reason: fmt.Sprintf(format, args...)}
}

// finish makes the message that s has completed r.msg, unless nobody wants it.
func (r *Reader) finish(s *stream, payload []byte) (done bool, err error) {
	if s.unwanted {
		r.stats.Skipped++
		return false, nil
	}
	r.msg = message.Message{
		ChunkStreamID: s.id,
		Timestamp:     s.timestamp,
		Type:          s.typ,
		StreamID:      s.streamID,
		Payload:       payload,
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
		r.giveUp(s)
		r.stats.Dropped++
	}
}
