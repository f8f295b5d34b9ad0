package chunk

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// writeSize is from how many bytes on a Writer writes without being asked to.
const writeSize = 64 << 10

// A Writer cuts messages into chunks. It is not safe for concurrent use.
//
// It gathers what it is given until Flush, or until it has enough for a large
// write. Headers are as short as the oldest readers understand them: it never
// begins a message with format 3, which they disagree about, nor writes a delta
// that needs the extended field, which SRS takes for an absolute timestamp.
type Writer struct {
	dst     io.Writer
	buf     []byte
	size    uint32
	streams map[uint32]*sent
	err     error
}

// sent is the last header of a chunk stream.
type sent struct {
	timestamp uint32
	length    uint32
	streamID  uint32
	typ       message.Type
}

// NewWriter returns a Writer that begins with the default chunk size.
func NewWriter(dst io.Writer) *Writer {
	return &Writer{dst: dst, size: DefaultSize, streams: make(map[uint32]*sent)}
}

// Write adds one message. It does not keep m. A Set Chunk Size also sets the
// Writer's own. An error of the destination stays.
func (w *Writer) Write(m *message.Message) error {
	if w.err != nil {
		return w.err
	}
	if len(m.Payload) > MaxSize {
		return fmt.Errorf("chunk: a message of %d bytes; RTMP's longest is %d", len(m.Payload), MaxSize)
	}
	if m.ChunkStreamID < minStreamID || m.ChunkStreamID > maxStreamID {
		return fmt.Errorf("chunk: no chunk stream can be %d; it is %d to %d", m.ChunkStreamID, minStreamID, maxStreamID)
	}
	size := w.size
	if m.Type == message.TypeSetChunkSize {
		n, ok := m.Uint32()
		if !ok || n == 0 || n > MaxSize {
			return fmt.Errorf("chunk: a chunk size of %d cannot be set; it is 1 to %d", n, MaxSize)
		}
		size = n
	}
	extended := w.header(m)
	data := m.Payload
	for {
		n := min(len(data), int(w.size))
		w.buf = append(w.buf, data[:n]...)
		data = data[n:]
		if len(w.buf) >= writeSize {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if len(data) == 0 {
			break
		}
		w.buf = appendBasicHeader(w.buf, formatNone, m.ChunkStreamID)
		if extended {
			w.buf = binary.BigEndian.AppendUint32(w.buf, m.Timestamp)
		}
	}
	w.size = size
	return nil
}

// Flush writes what has been gathered.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	if len(w.buf) > 0 {
		_, w.err = w.dst.Write(w.buf)
		w.buf = w.buf[:0]
	}
	return w.err
}

// Buffered is the number of bytes that wait for Flush.
func (w *Writer) Buffered() int { return len(w.buf) }

// header adds m's first header and tells whether it has an extended timestamp,
// which continuations then repeat.
func (w *Writer) header(m *message.Message) (extended bool) {
	next := sent{m.Timestamp, uint32(len(m.Payload)), m.StreamID, m.Type}
	last, begun := w.streams[m.ChunkStreamID]
	if !begun {
		last = new(sent)
		w.streams[m.ChunkStreamID] = last
	}
	delta := next.timestamp - last.timestamp
	switch {
	case !begun, next.streamID != last.streamID, delta >= extendedMarker:
		extended = w.fullHeader(m)
	case next.length != last.length || next.typ != last.typ:
		w.buf = appendBasicHeader(w.buf, formatNoStream, m.ChunkStreamID)
		w.buf = appendUint24(w.buf, delta)
		w.buf = appendUint24(w.buf, next.length)
		w.buf = append(w.buf, byte(next.typ))
	default:
		w.buf = appendBasicHeader(w.buf, formatDelta, m.ChunkStreamID)
		w.buf = appendUint24(w.buf, delta)
	}
	*last = next
	return extended
}

func (w *Writer) fullHeader(m *message.Message) (extended bool) {
	extended = m.Timestamp >= extendedMarker
	w.buf = appendBasicHeader(w.buf, formatFull, m.ChunkStreamID)
	w.buf = appendUint24(w.buf, min(m.Timestamp, extendedMarker))
	w.buf = appendUint24(w.buf, uint32(len(m.Payload)))
	w.buf = append(w.buf, byte(m.Type))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, m.StreamID)
	if extended {
		w.buf = binary.BigEndian.AppendUint32(w.buf, m.Timestamp)
	}
	return extended
}

// appendBasicHeader adds the shortest form of a basic header (RTMP 1.0, 5.3.1.1).
func appendBasicHeader(b []byte, format byte, id uint32) []byte {
	switch {
	case id < 64:
		return append(b, format<<6|byte(id))
	case id < 64+256:
		return append(b, format<<6, byte(id-64))
	default:
		return append(b, format<<6|1, byte(id-64), byte((id-64)>>8))
	}
}

// Redirect makes what is gathered, and all that follows, go to dst.
func (w *Writer) Redirect(dst io.Writer) { w.dst = dst }
