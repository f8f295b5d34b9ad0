package rtmptest

import (
	"fmt"
	"runtime"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// AcceptConnect does the handshake, takes connect and grants it.
func (p *Peer) AcceptConnect() {
	p.t.Helper()
	p.Handshake()
	p.Result(p.Expect("connect"), Info("status", "NetConnection.Connect.Success", ""))
}

// AcceptPlay is AcceptConnect, createStream and play, of which it returns the
// last; then comes the media.
func (p *Peer) AcceptPlay() *message.Command {
	p.t.Helper()
	p.AcceptConnect()
	p.Result(p.Await("createStream"), amf.Number(StreamID))
	play := p.Await("play")
	p.Status("status", "NetStream.Play.Start")
	return play
}

// AcceptPublish is AcceptConnect, createStream and publish, of which it returns
// the last; then comes what ReadMedia returns.
func (p *Peer) AcceptPublish() *message.Command {
	p.t.Helper()
	p.AcceptConnect()
	return p.GrantPublish()
}

// GrantPublish is what follows AcceptConnect in AcceptPublish.
func (p *Peer) GrantPublish() *message.Command {
	p.t.Helper()
	p.Result(p.Await("createStream"), amf.Number(StreamID))
	publish := p.Await("publish")
	p.Status("status", "NetStream.Publish.Start")
	return publish
}

// ReadMedia returns the client's next audio, video or data message, borrowed
// until the call after. Other messages are passed over, but their commands are
// Heard. nil: the client has unpublished.
func (p *Peer) ReadMedia() *message.Message {
	for {
		m := p.ReadMessage()
		switch {
		case m.Type.IsMedia(), m.Type == message.TypeData, m.Type == message.TypeDataAMF3:
			return m
		case m.Type != message.TypeCommand:
			continue
		}
		c, err := message.ParseCommand(m)
		if err != nil {
			p.fail("the client's command: %v", err)
		}
		p.heard = append(p.heard, c.Name)
		if c.Name == "deleteStream" {
			return nil
		}
	}
}

// StreamName is the name that a play or publish command is about.
func StreamName(play *message.Command) string {
	if len(play.Args) == 0 {
		return ""
	}
	name, ok := amf.AsString(play.Args[0])
	if !ok {
		return fmt.Sprint(play.Args[0])
	}
	return name
}

// Abort closes the connection with a RST and ends the script.
func (p *Peer) Abort() {
	abort(p.Conn)
	runtime.Goexit()
}

// CloseRead closes the peer's ears: on a Pipe what the client writes from then on
// fails, while the peer can still talk.
func (p *Peer) CloseRead() {
	if c, ok := p.Conn.(interface{ CloseRead() error }); ok {
		_ = c.CloseRead()
	}
}
