package rtmptest

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"net"
	"runtime"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// StreamID is what CreateStream answers, and the stream that Status, Audio,
// Video and Data are about. It is not 1, which clients may not take for granted.
const StreamID = 7

// A Peer is the server's end of a connection, in the hands of a Script. Its
// Read and Write are the connection's own, for raw bytes; reading raw bytes
// after the first message is of no use, since the chunk reader reads ahead. What a
// client of RTMPE says is decrypted by ReadMessage and what is built on it, and what
// it is sent encrypted by Send.
//
// What is sent leaves at once, or with the Send that follows after Hold.
type Peer struct {
	net.Conn

	// RTMPE is the version with which Handshake answers a client of RTMPE: 6, 8 or
	// 9; 0: 6.
	RTMPE byte

	// Accepted is what Handshake has found out.
	Accepted *handshake.Accepted

	t      testing.TB
	reader *chunk.Reader
	writer *chunk.Writer
	hold   bool
	heard  []string
}

func newPeer(t testing.TB, nc net.Conn) *Peer {
	return &Peer{Conn: nc, t: t, reader: chunk.NewReader(nc), writer: chunk.NewWriter(nc)}
}

// On is the same peer on another connection, such as one that wraps Conn. It is
// for the start of a script.
func (p *Peer) On(nc net.Conn) *Peer { return newPeer(p.t, nc) }

// check ends the script if the connection has failed.
func (p *Peer) check(err error) {
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*chunk.FramingError](err); ok {
		p.t.Errorf("rtmptest: the client's chunks: %v", e)
	}
	runtime.Goexit()
}

// fail fails the test and ends the script.
func (p *Peer) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("rtmptest: "+format, args...)
	runtime.Goexit()
}

// Handshake does the server's half: plain, with digests or RTMPE, as the client
// likes.
func (p *Peer) Handshake() {
	accepted, err := handshake.Server(p.Conn, handshake.Config{Answer: p.RTMPE})
	if e, ok := errors.AsType[*handshake.Error](err); ok {
		p.fail("the client's handshake: %v", e)
	}
	p.check(err)
	p.Accepted = accepted
	if accepted.Send != nil {
		p.reader = chunk.NewReader(cipher.StreamReader{S: accepted.Receive, R: p.Conn})
		p.writer = chunk.NewWriter(cipher.StreamWriter{S: accepted.Send, W: p.Conn})
	}
}

// VerifySWF asks the client for its player, and fails the test if the answer is
// another one, or what cannot be known without digests. What the client says until
// then is passed over.
func (p *Peer) VerifySWF(swf handshake.SWF) {
	p.t.Helper()
	p.RequestSWF(1)
	for {
		m := p.ReadMessage()
		event, _, _, ok := message.ParseUserControl(m.Payload)
		if m.Type != message.TypeUserControl || !ok || event != message.EventSWFVerifyReply {
			continue
		}
		if !p.Accepted.Digest {
			p.fail("the client answers SWF verification, and shook hands without digests")
		}
		if want := p.Accepted.Verification(swf); !bytes.Equal(m.Payload[2:], want) {
			p.fail("the client's player is %x, not %x", m.Payload[2:], want)
		}
		return
	}
}

// RequestSWF asks the client for its player, by a kind of verification; 1 is the one
// that is in use.
func (p *Peer) RequestSWF(kind ...byte) {
	m := message.UserControl(message.EventSWFVerifyRequest)
	m.Payload = append(m.Payload, kind...)
	p.Send(m)
}

// ReadMessage returns the client's next message, of any type.
func (p *Peer) ReadMessage() *message.Message {
	m, err := p.reader.Next()
	p.check(err)
	return m
}

// ReadCommand returns the client's next command. Other messages are passed over.
func (p *Peer) ReadCommand() *message.Command {
	for {
		m := p.ReadMessage()
		if m.Type != message.TypeCommand && m.Type != message.TypeCommandAMF3 {
			continue
		}
		c, err := message.ParseCommand(m)
		if err != nil {
			p.fail("the client's command: %v", err)
		}
		p.heard = append(p.heard, c.Name)
		return c
	}
}

// Expect returns the client's next command, which has to be of that name.
func (p *Peer) Expect(name string) *message.Command {
	p.t.Helper()
	c := p.ReadCommand()
	if c.Name != name {
		p.fail("the client said %s, not %s", c.Name, name)
	}
	return c
}

// Await returns the client's next command of that name. Others are passed over.
func (p *Peer) Await(name string) *message.Command {
	for {
		if c := p.ReadCommand(); c.Name == name {
			return c
		}
	}
}

// Heard are the names of the commands that were read so far.
func (p *Peer) Heard() []string { return slices.Clone(p.heard) }

// Settle waits until the client has taken in all that was sent: it has then answered
// a ping. What it says before that is passed over.
func (p *Peer) Settle() {
	p.UserControl(message.EventPingRequest, 0)
	for {
		m := p.ReadMessage()
		if m.Type != message.TypeUserControl {
			continue
		}
		if event, _, _, ok := message.ParseUserControl(m.Payload); ok && event == message.EventPingResponse {
			return
		}
	}
}

// Linger reads until the client hangs up, and ends the script.
func (p *Peer) Linger() {
	for {
		p.ReadCommand()
	}
}

// Send sends messages.
func (p *Peer) Send(ms ...message.Message) {
	for i := range ms {
		p.check(p.writer.Write(&ms[i]))
	}
	if !p.hold {
		p.check(p.writer.Flush())
	}
}

// Hold keeps back all that f sends, so that it leaves in one write.
func (p *Peer) Hold(f func()) {
	p.hold = true
	f()
	p.hold = false
	p.Send()
}

// Command sends a command on a message stream. An object that is nil is null.
func (p *Peer) Command(streamID uint32, name string, transactionID float64, object amf.Value, args ...amf.Value) {
	c := message.Command{Name: name, TransactionID: transactionID, Object: object, Args: args}
	m, err := c.Message(message.CommandChunkStreamID, streamID)
	if err != nil {
		p.fail("%v", err)
	}
	p.Send(m)
}

// Result answers a call of the client's.
func (p *Peer) Result(call *message.Command, args ...amf.Value) {
	p.Command(0, "_result", call.TransactionID, nil, args...)
}

// Error refuses a call of the client's.
func (p *Peer) Error(call *message.Command, code, description string) {
	p.Command(0, "_error", call.TransactionID, nil, Info("error", code, description))
}

// Status sends an onStatus about the stream, of level error or status.
func (p *Peer) Status(level, code string) {
	p.Command(StreamID, "onStatus", 0, nil, Info(level, code, ""))
}

// Info is an information object.
func Info(level, code, description string) *amf.Object {
	o := &amf.Object{}
	o.Set("level", amf.String(level))
	o.Set("code", amf.String(code))
	if description != "" {
		o.Set("description", amf.String(description))
	}
	return o
}

// UserControl sends a User Control message.
func (p *Peer) UserControl(event message.ControlEvent, data ...uint32) {
	p.Send(message.UserControl(event, data...))
}

// Audio sends an audio message of the stream.
func (p *Peer) Audio(ts uint32, payload []byte) { p.media(message.TypeAudio, 4, ts, payload) }

// Video sends a video message of the stream.
func (p *Peer) Video(ts uint32, payload []byte) { p.media(message.TypeVideo, 6, ts, payload) }

func (p *Peer) media(t message.Type, chunkStreamID, ts uint32, payload []byte) {
	p.Send(message.Message{
		ChunkStreamID: chunkStreamID, Type: t, StreamID: StreamID, Timestamp: ts, Payload: payload,
	})
}

// Data sends a data message of the stream: onMetaData and its like.
func (p *Peer) Data(ts uint32, values ...amf.Value) {
	b, err := amf.Append(nil, values...)
	if err != nil {
		p.fail("data: %v", err)
	}
	p.media(message.TypeData, 5, ts, b)
}
