// Package chunk is RTMP's framing: it joins chunks into messages and cuts
// messages into chunks (RTMP 1.0, section 5.3). It knows nothing of what
// messages mean, but for the three that change the framing itself (Set Chunk
// Size, Abort and the aggregate, which is several messages in one).
//
// A chunk stream cannot be entered in the middle: what cannot be framed is a
// *FramingError, and ends it. All else that peers do wrong is put up with and
// counted.
package chunk

import "fmt"

const (
	// DefaultSize is how much of a message a chunk carries until a Set Chunk
	// Size says otherwise, in bytes.
	DefaultSize = 128

	// MaxSize is the largest chunk size that makes a difference, since no
	// message is longer. Larger ones count as this.
	MaxSize = 0xffffff

	// MaxStreams is how many chunk streams a peer may use. Those seen in the
	// field use fewer than ten; all 65597 would be a way to fill memory.
	MaxStreams = 1024

	// MaxBuffered is how many bytes of unfinished messages a Reader holds.
	MaxBuffered = 48 << 20

	// MaxCommandSize is the longest command or data message that is read;
	// longer ones are passed over.
	MaxCommandSize = 1 << 20

	// maxControlSize is what is kept of a control message: those that mean
	// something have at most 44 bytes.
	maxControlSize = 64

	// maxDrops is how many messages in a row are one too many to be begun anew
	// unfinished. A peer that does so now and then is odd, one that does nothing
	// else has lost its framing, or we have.
	maxDrops = 3

	// maxShortSizes is how many Set Chunk Size messages without a size are one
	// too many to be clumsiness.
	maxShortSizes = 8
)

// The four formats of a chunk's message header (RTMP 1.0, 5.3.1.2).
const (
	formatFull     = 0 // absolute timestamp, length, type, message stream ID
	formatNoStream = 1 // delta, length, type
	formatDelta    = 2 // delta
	formatNone     = 3 // nothing: a continuation, or a message like the last one
)

// headerSizes are the sizes of the message header by format.
var headerSizes = [4]int{11, 7, 3, 0}

const (
	// extendedMarker in the timestamp field says that four more bytes hold it.
	extendedMarker = 0xffffff
	extendedSize   = 4

	maxHeader = 3 + 11 + extendedSize
)

// The chunk stream IDs that there are (RTMP 1.0, 5.3.1.1).
const (
	minStreamID = 2
	maxStreamID = 65599
)

// A FramingError tells that the peer's bytes are no chunk stream, or one that
// cannot be followed.
type FramingError struct {
	Offset int64 // of the chunk, in bytes since the handshake
	Reason string
}

func (e *FramingError) Error() string {
	return fmt.Sprintf("chunk: at byte %d after the handshake: %s", e.Offset, e.Reason)
}

func uint24(b []byte) uint32 {
	_ = b[2]
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}

func appendUint24(b []byte, v uint32) []byte {
	return append(b, byte(v>>16), byte(v>>8), byte(v))
}
