package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A Publisher is a stream that is being sent. One goroutine calls Write and
// Flush; the other methods may be called from anywhere.
//
// It has one goroutine of its own, which hears what the server says, answers it,
// and is gone when Close returns. What waits to be sent is bounded: 64 KiB here,
// and on Linux twice that, elsewhere some more, in the system's socket.
type Publisher struct {
	dialogue // the listening goroutine's; under talk once the stream has begun
	talk     sync.Mutex

	// pen is held by whoever writes to conn, and guards what of it is about
	// writing. The listening goroutine never waits for it: what it cannot send at
	// once it leaves to the goroutine that writes.
	pen      sync.Mutex
	streamID uint32
	closed   bool
	sending  message.Message
	frame    []byte // of @setDataFrame and what follows it
	tally    Stats
	count    counters // the tally, for others

	slip    sync.Mutex // replies
	replies []message.Message
	live    bool // the stream has begun: replies are left to whoever has the pen

	life    context.Context //nolint:containedctx // the caller's
	done    chan struct{}   // closed when the listening goroutine has ended
	err     error           // why it has; read after done
	stuck   error           // of a write of the listening goroutine
	stuckBy time.Time       // how long it then listens on
	closing sync.Once
	left    error // what Close returns
}

func newPublisher(ctx context.Context, c *Client, t *Target, nc net.Conn, s *session.Session) *Publisher {
	p := &Publisher{life: ctx, done: make(chan struct{})}
	p.init(ctx, ctx, c, t, nc, s, p)
	return p
}

// begin does what comes before the stream, and then begins to listen.
func (p *Publisher) begin(this try) error {
	err := p.setUp(this, func(*message.Message) {})
	if err == nil {
		err = p.conn.flush()
	}
	if err != nil {
		p.cancel(net.ErrClosed)
		_ = p.conn.shut(false)
		return err
	}
	tuneForSending(p.conn.Conn, p.conn.writeTimeout)
	go p.listen()
	return nil
}

// Write sends an audio, video or data message: its type, timestamp and payload.
// A data message's payload is that of an FLV script tag; onMetaData becomes
// @setDataFrame onMetaData on the way. Messages are gathered until Flush, or
// until there are 64 KiB of them.
//
// It waits while the server does not read, and does not keep m. The error is why
// the stream is over, as the server said it or the connection; it stays.
func (p *Publisher) Write(m *message.Message) error {
	if !m.Type.IsMedia() && m.Type != message.TypeData && m.Type != message.TypeDataAMF3 {
		return fmt.Errorf("rtmp: a %v message cannot be published", m.Type)
	}
	if err := p.Err(); err != nil {
		return err
	}
	p.pen.Lock()
	err := p.write(m)
	p.pen.Unlock()
	return p.wrote(err)
}

func (p *Publisher) write(m *message.Message) error {
	if p.closed {
		return net.ErrClosed
	}
	p.sending = message.Message{
		ChunkStreamID: chunkStreamOf(m.Type), Type: m.Type,
		Timestamp: m.Timestamp, StreamID: p.streamID, Payload: m.Payload,
	}
	if m.Type == message.TypeData {
		p.frame = message.AppendDataFrame(p.frame[:0], m.Payload)
		p.sending.Payload = p.frame
	}
	if t := p.client.Trace; t != nil && t.Sent != nil {
		t.Sent(&p.sending)
	}
	p.tally.media(&p.sending)
	if err := p.conn.send(&p.sending); err != nil {
		return err
	}
	return p.hears()
}

// errDeaf is a server that has closed the connection for us. Reading will tell
// more.
var errDeaf = errors.New("the server reads no more")

// hears tells whether the server reads what is written.
func (p *Publisher) hears() error {
	if p.conn.deaf {
		return errDeaf
	}
	return nil
}

// chunkStreamOf keeps the tracks apart, as all publishers do: each has its own
// clock, and on most messages a header of a few bytes less.
func chunkStreamOf(t message.Type) uint32 {
	switch t {
	case message.TypeAudio:
		return message.AudioChunkStreamID
	case message.TypeVideo:
		return message.VideoChunkStreamID
	}
	return message.DataChunkStreamID
}

// Flush sends what Write has gathered.
func (p *Publisher) Flush() error {
	if err := p.Err(); err != nil {
		return err
	}
	p.pen.Lock()
	err := net.ErrClosed
	if !p.closed {
		err = p.flush()
	}
	p.pen.Unlock()
	return p.wrote(err)
}

func (p *Publisher) flush() error {
	err := p.conn.flush()
	p.tally.Bytes, p.tally.LastMedia = p.conn.sent, time.Now()
	p.count.publish(&p.tally)
	if err != nil {
		return err
	}
	return p.hears()
}

// wrote is called when the pen has been laid down. It answers what has come in
// the meantime, and finds out why the stream is over if it is.
func (p *Publisher) wrote(err error) error {
	if err == nil {
		err = p.answer()
	}
	if err == nil || errors.Is(err, net.ErrClosed) {
		return err
	}
	return p.failed(err)
}

// failed is why the stream is over after a write has failed: because of that, or
// because of what the server has said.
func (p *Publisher) failed(err error) error {
	if errors.Is(err, errDeaf) {
		// What it said is yet to be heard.
		select {
		case <-p.done:
		case <-time.After(partingTimeout):
		}
		err = io.ErrUnexpectedEOF
	}
	p.cancel(&Error{PhaseStream, p.addr, noEOF(err)})
	<-p.done
	return p.err
}

// Done is closed when the stream is over for another reason than Close: the
// server has ended it, or the connection was lost, or the context has ended.
func (p *Publisher) Done() <-chan struct{} { return p.done }

// Err is why the stream is over, nil while it is not.
func (p *Publisher) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Target is where is published to: the Target that was given to Publish, or what
// became of it if the server named another place.
func (p *Publisher) Target() *Target { return p.target }

// RemoteAddr is the server's address.
func (p *Publisher) RemoteAddr() net.Addr { return p.conn.RemoteAddr() }

// Stats returns a snapshot of the counters, as of the last Flush.
func (p *Publisher) Stats() Stats { return p.count.snapshot() }
