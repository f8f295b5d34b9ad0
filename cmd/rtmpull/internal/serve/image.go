package serve

import (
	"bytes"
	"io"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// maxImages is how much memory the images of all files may take.
const maxImages = 256 << 20

// An image is a file as it goes over the wire, cut into chunks, so that to send
// it is to write it. It is made once and serves every client and every round:
// its headers have differences of time and no times.
//
// For that a message must follow the one that comes before it on its chunk
// stream in the image (or, of the first, in the round before). It cannot be
// begun in, but only joined when that much has been sent by a chunk.Writer.
type image struct {
	wire   []byte
	starts []int // of the entries from loopFrom on, and the end
	tracks uint8 // the chunk streams in it, as bits
}

func trackBit(e *entry) uint8 { return 1 << (e.chunkStreamID() - audioChunkStreamID) }

// prepare makes the source's image, if the file allows it and there is memory
// left for it.
func (s *source) prepare(chunkSize uint32, memory *int64) error {
	const headerSize = 12
	img := &image{}
	var size int64
	for i := s.loopFrom; i < len(s.entries); i++ {
		e := &s.entries[i]
		img.tracks |= trackBit(e)
		size += headerSize + int64(e.size) + int64(e.size/chunkSize)
	}
	if size > *memory || !s.steady() {
		return nil
	}
	*memory -= size

	// The round before the image's: its last messages are what the image's first
	// ones refer to.
	w := newMediaWriter(io.Discard, chunkSize)
	bodies := window{file: s.file}
	write := func(i, round int) error {
		m, err := s.message(i, round, &bodies)
		if err == nil {
			err = w.Write(&m)
		}
		return err
	}
	for _, i := range s.lastOfTracks() {
		if err := write(i, 0); err != nil {
			return err
		}
	}
	_ = w.Flush()

	var wire bytes.Buffer
	wire.Grow(int(size))
	w.Redirect(&wire)
	for i := s.loopFrom; i < len(s.entries); i++ {
		img.starts = append(img.starts, wire.Len()+w.Buffered())
		if err := write(i, 1); err != nil {
			return err
		}
	}
	_ = w.Flush()
	img.wire = wire.Bytes()
	img.starts = append(img.starts, len(img.wire))
	s.image = img
	return nil
}

// message makes the message of an entry, whose body is borrowed from w.
func (s *source) message(i, round int, w *window) (message.Message, error) {
	e := &s.entries[i]
	body, ok := s.metadata[i]
	if !ok {
		var err error
		if body, err = w.body(e); err != nil {
			return message.Message{}, err
		}
	}
	return message.Message{
		ChunkStreamID: e.chunkStreamID(),
		Type:          e.typ,
		Timestamp:     e.timestamp + uint32(int64(round)*s.period),
		Payload:       body,
	}, nil
}

// steady tells whether time never runs backwards on any chunk stream, nor leaps
// by hours: only then are headers with differences the same in every round.
func (s *source) steady() bool {
	const maxDelta = 0xffffff // from here on a chunk.Writer sends a full header
	last := map[uint8]uint32{}
	for _, i := range s.lastOfTracks() {
		e := &s.entries[i]
		last[trackBit(e)] = e.timestamp - uint32(s.period)
	}
	for i := s.loopFrom; i < len(s.entries); i++ {
		e := &s.entries[i]
		bit := trackBit(e)
		if before, ok := last[bit]; ok && e.timestamp-before >= maxDelta {
			return false
		}
		last[bit] = e.timestamp
	}
	return true
}

// lastOfTracks returns the last entry of each chunk stream.
func (s *source) lastOfTracks() map[uint8]int {
	last := map[uint8]int{}
	for i := s.loopFrom; i < len(s.entries); i++ {
		last[trackBit(&s.entries[i])] = i
	}
	return last
}

// newMediaWriter returns a Writer that has already announced its chunk size.
func newMediaWriter(dst io.Writer, chunkSize uint32) *chunk.Writer {
	w := chunk.NewWriter(io.Discard)
	m := message.SetChunkSize(chunkSize)
	_ = w.Write(&m)
	_ = w.Flush()
	w.Redirect(dst)
	return w
}
