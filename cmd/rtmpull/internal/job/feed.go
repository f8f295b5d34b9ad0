package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A feed makes out of an FLV file the messages to publish, in the file's order
// and with its timestamps, and round after round if it is to be looped. Left out
// is what a server could make nothing of, and what onMetaData says of the file.
//
// A server that is new to the stream, after a lost connection, is given it from
// a key frame on, and first what that needs; see resume.
type feed struct {
	in     source
	name   string
	rounds int // 0 and 1: one; negative: without end

	held  []flvout.Tag // from the opening, not yet given
	round int
	span  flvout.Span // of this round
	shift uint32      // of its timestamps
	last  [2]struct {
		begun bool
		ts    uint32 // of the newest frame, audio and video
	}
	sendable bool // there was something to send in this round

	own   ownMetadata
	gate  gate
	known known
	cur   packet
	state struct {
		unsent    bool // cur was given, or waits for the headers, and may not have arrived
		again     bool // cur is the next packet once more
		replaying bool // headers go first, then cur
		header    int  // the number of the next
	}
	out packet // a header that is sent again

	left LeftOut
}

// A packet is a message to publish. Its payload is borrowed until the next call
// of feed.next.
type packet struct {
	message.Message
	class flvout.Class
}

// timed tells whether time goes on with the packet, as in flvout: headers carry
// any timestamp.
func (p *packet) timed() bool { return timed(p.Type, &p.class) }

func timed(typ message.Type, c *flvout.Class) bool {
	return typ.IsMedia() && (c.Kind == flvout.KindFrame || c.Kind == flvout.KindUnknown)
}

func (p *packet) video() bool { return p.Type == message.TypeVideo }

// track is where audio and video have their place.
func track(video bool) int {
	if video {
		return 1
	}
	return 0
}

// LeftOut counts what is in a file and was not meant for the server. Of a loop
// the first round counts.
type LeftOut struct {
	Undecodable int64 // video frames before the first key frame
	Encrypted   int64 // tags with the filter bit
	Empty       int64 // audio or video without a body
	Command     int64 // seek commands in video tags
	Malformed   int64 // shorter than their own header
	TooLong     int64 // metadata that is no message any more with what is put in front of it
}

// Total returns the number of tags.
func (l LeftOut) Total() int64 {
	return l.Undecodable + l.Encrypted + l.Empty + l.Command + l.Malformed + l.TooLong
}

// maxHeld is how many bytes of headers and script data are read ahead in search
// of a frame. Behind more than that one is taken to follow.
const maxHeld = 1 << 20

// openFeed reads ahead to the first frame that can be sent. That there is none
// is an *InputError. The feed is to be closed.
func openFeed(ctx context.Context, in *Input, rounds int) (*feed, error) {
	f := &feed{in: in.open(), name: in.Name, rounds: rounds}
	if err := f.open(ctx); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *feed) open(ctx context.Context) error {
	if f.more() {
		if err := f.in.rewind(); err != nil {
			return err
		}
	}
	for size := 0; size < maxHeld; {
		t, err := f.in.next(ctx, nil)
		if errors.Is(err, io.EOF) {
			return f.nothing()
		}
		if err != nil {
			return err
		}
		c := flvout.Classify(t)
		if !f.keeps(t, &c) {
			continue
		}
		if t.Type == tag.TagTypeVideo && c.Kind == flvout.KindFrame && !c.Key {
			f.leave(&f.left.Undecodable)
			continue
		}
		size += len(t.Body)
		t.Body = bytes.Clone(t.Body)
		f.held = append(f.held, t)
		if timed(message.Type(t.Type), &c) {
			break
		}
	}
	return nil
}

// nothing is the error of a file without a frame that can be sent.
func (f *feed) nothing() error {
	err := errNoMedia
	switch {
	case f.left.Undecodable > 0:
		err = errNoKey
	case f.left.Encrypted > 0:
		err = errEncrypted
	}
	return &InputError{f.name, err}
}

func (f *feed) close() { f.in.close() }

// waited is how long the input has kept us waiting.
func (f *feed) waited() time.Duration {
	if p, ok := f.in.(*pipe); ok {
		return p.waited
	}
	return 0
}

// next returns the next packet, and takes the one before for sent. At the end
// the error is io.EOF; others are those of the source. Before it waits for a
// pipe it flushes out.
func (f *feed) next(ctx context.Context, out Sink) (*packet, error) {
	s := &f.state
	for {
		if s.replaying {
			if h, ok := f.known.at(s.header); ok {
				s.header++
				f.out.Message = message.Message{Type: message.Type(h.Type), Timestamp: f.cur.Timestamp, Payload: h.Body}
				f.out.class.Kind = flvout.KindConfig // or another that has no time
				return &f.out, nil
			}
			s.replaying = false
			return &f.cur, nil
		}
		s.unsent = s.again
		if !s.again {
			if err := f.read(ctx, out); err != nil {
				return nil, err
			}
		}
		s.again, s.unsent = false, f.admit()
		if s.unsent && !s.replaying {
			return &f.cur, nil
		}
	}
}

// resume is called when the server was lost that the packets went to. The next
// packets are, as soon as the stream has a key frame (audio alone: a frame),
// what is in force there, with that frame's timestamp, and the frame. It may be
// the one that was lost.
func (f *feed) resume() {
	s := &f.state
	s.again, s.replaying = s.unsent, false
	f.gate.resume()
}

// read makes the next tag that is not left out the current packet.
func (f *feed) read(ctx context.Context, out Sink) error {
	for {
		t, err := f.take(ctx, out)
		if errors.Is(err, io.EOF) {
			err = f.turn()
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		p := &f.cur
		p.class = flvout.Classify(t)
		if !f.keeps(t, &p.class) {
			continue
		}
		if p.class.Kind == flvout.KindMetadata {
			t.Body = f.own.of(t)
		}
		p.Message = message.Message{Type: message.Type(t.Type), Timestamp: t.Timestamp + f.shift, Payload: t.Body}
		if p.timed() {
			f.span.Add(p.video(), t.Timestamp)
			l := &f.last[track(p.video())]
			l.begun, l.ts = true, p.Timestamp
		} else if f.round > 0 {
			f.settle()
		}
		if !f.remember(t) {
			return nil
		}
	}
}

func (f *feed) take(ctx context.Context, out Sink) (flvout.Tag, error) {
	if len(f.held) > 0 {
		t := f.held[0]
		f.held = f.held[1:]
		return t, nil
	}
	f.held = nil
	return f.in.next(ctx, out)
}

// keeps tells whether a tag is one to send, and counts it otherwise.
func (f *feed) keeps(t flvout.Tag, c *flvout.Class) bool {
	const filterBit = 0x20
	switch {
	case t.Type&filterBit != 0:
		f.leave(&f.left.Encrypted)
	case c.Kind == flvout.KindEmpty:
		f.leave(&f.left.Empty)
	case c.Kind == flvout.KindCommand:
		f.leave(&f.left.Command)
	case c.Kind == flvout.KindMalformed:
		f.leave(&f.left.Malformed)
	case c.Kind == flvout.KindMetadata && len(t.Body) > message.MaxMetaData:
		f.leave(&f.left.TooLong)
	default:
		return true
	}
	return false
}

// leave counts a tag that is left out.
func (f *feed) leave(n *int64) {
	if f.round == 0 {
		*n++
	}
}

// remember notes a header, and tells if a round has no need to repeat it. The
// first round is sent as it is, but for an end of sequence, which is none if
// another round follows.
func (f *feed) remember(t flvout.Tag) (needless bool) {
	switch c := &f.cur.class; c.Kind {
	case flvout.KindMetadata, flvout.KindConfig, flvout.KindColorInfo:
		return f.known.put(t, c) && f.round > 0
	case flvout.KindEnd:
		if f.more() {
			return true
		}
		f.known.headers.End(t.Type)
	}
	return false
}

// more tells whether there is a round after this one.
func (f *feed) more() bool { return f.rounds < 0 || f.round+1 < f.rounds }

// turn goes back to the beginning, for another round, or returns io.EOF.
func (f *feed) turn() error {
	if !f.sendable {
		return f.nothing()
	}
	if !f.more() {
		return io.EOF
	}
	if err := f.in.rewind(); err != nil {
		return err
	}
	f.round++
	f.shift += uint32(f.span.Length())
	f.span, f.sendable = flvout.Span{}, false
	f.gate.shut()
	return nil
}

// settle gives headers and script data of later rounds that run back in time,
// such as a header repeated with time 0, the time of what was before them.
func (f *feed) settle() {
	p := &f.cur
	for video, l := range f.last {
		if p.Type.IsMedia() && video != track(p.video()) {
			continue
		}
		if l.begun && int32(p.Timestamp-l.ts) < 0 {
			p.Timestamp = l.ts
		}
	}
}
