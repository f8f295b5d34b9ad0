//go:build interop

package differential

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Scripts of servers that refuse, or end oddly.

// tags are those of bars.flv, without what is said about it and without its end.
var tags = sync.OnceValue(func() (list []message.Message) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "flv", "bars.flv"))
	if err != nil {
		panic(err)
	}
	const tagHeader, backPointer = 11, 4
	for data = data[flvHeader:]; len(data) > tagHeader; {
		size := int(data[1])<<16 | int(data[2])<<8 | int(data[3])
		m := message.Message{
			Type:      message.Type(data[0]),
			Timestamp: uint32(data[7])<<24 | uint32(data[4])<<16 | uint32(data[5])<<8 | uint32(data[6]),
			Payload:   data[tagHeader : tagHeader+size],
		}
		if m.Type.IsMedia() && size > 5 {
			list = append(list, m)
		}
		data = data[tagHeader+size+backPointer:]
	}
	return list
})

// frames sends what bars.flv has between two times in ms, and its sequence headers
// before. Times are what they are there, less by.
func frames(p *rtmptest.Peer, from, to, by uint32) {
	p.Hold(func() {
		for _, m := range tags() {
			if !m.HasFrames() {
				m.Timestamp = from
			}
			if m.Timestamp < from || m.Timestamp >= to {
				continue
			}
			if m.Type == message.TypeVideo {
				p.Video(m.Timestamp-by, m.Payload)
			} else {
				p.Audio(m.Timestamp-by, m.Payload)
			}
		}
	})
}

// meta tells a duration in seconds, or nothing of it.
func meta(p *rtmptest.Peer, seconds float64) {
	o := &amf.Object{Kind: amf.ECMAArray}
	if seconds > 0 {
		o.Set("duration", amf.Number(seconds))
	}
	o.Set("videocodecid", amf.Number(7))
	o.Set("audiocodecid", amf.Number(10))
	p.Data(0, amf.String("onMetaData"), o)
}

// whole plays two seconds and ends in good order.
func whole(p *rtmptest.Peer) {
	p.AcceptPlay()
	meta(p, 1.98)
	frames(p, 0, 2000, 0)
	stop(p)
}

func stop(p *rtmptest.Peer) {
	p.Status("status", "NetStream.Play.Complete")
	p.Status("status", "NetStream.Play.Stop")
	p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
	p.Linger()
}

// resumable goes on where play asks for, with times that begin at 0 or, for absolute
// 1, where they are.
func resumable(absolute uint32) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		play := p.AcceptPlay()
		var start float64
		if len(play.Args) > 1 {
			start, _ = amf.AsNumber(play.Args[1])
		}
		from := uint32(start)
		meta(p, 1.98)
		frames(p, from, 2000, from*(1-absolute))
		stop(p)
	}
}

// cutAt plays what whole does up to a time in ms.
func cutAt(ms uint32) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		meta(p, 1.98)
		frames(p, 0, ms, 0)
	}
}

// plain knows nothing of handshakes but their sizes, and of no encryption.
func plain(p *rtmptest.Peer) {
	b := make([]byte, handshakeSize)
	if _, err := io.ReadFull(p, b[:1+1536]); err != nil {
		return
	}
	s := make([]byte, handshakeSize)
	s[0] = 3
	copy(s[1+1536:], b[1:1+1536])
	if _, err := p.Write(s); err != nil {
		return
	}
	if _, err := io.ReadFull(p, b[:1536]); err != nil {
		return
	}
	p.Result(p.Expect("connect"), rtmptest.Info("status", "NetConnection.Connect.Success", ""))
	p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
	p.Await("play")
	p.Status("status", "NetStream.Play.Start")
	meta(p, 1.98)
	frames(p, 0, 2000, 0)
	stop(p)
}

// tokened asks for a SecureToken.
func tokened(p *rtmptest.Peer) { tokenedWith(p, amf.String("f93a98b44fd7f0e0d1b2e34a1d3b2c5e")) }

func tokenedWith(p *rtmptest.Peer, token amf.Value) {
	p.Handshake()
	info := rtmptest.Info("status", "NetConnection.Connect.Success", "")
	info.Set("secureToken", token)
	p.Result(p.Expect("connect"), info)
	p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
	p.Await("play")
	p.Status("status", "NetStream.Play.Start")
	frames(p, 0, 2000, 0)
	stop(p)
}

func notFound(p *rtmptest.Peer) {
	p.AcceptConnect()
	p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
	p.Await("play")
	p.Command(rtmptest.StreamID, "onStatus", 0, nil, rtmptest.Info("error", "NetStream.Play.StreamNotFound", "No such stream."))
	p.Linger()
}

func rejected(p *rtmptest.Peer) {
	p.Handshake()
	p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "Go away.")
	p.Command(0, "close", 0, nil)
	p.Linger()
}

// rejectedOpen says no and stays.
func rejectedOpen(p *rtmptest.Peer) {
	p.Handshake()
	p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "Go away.")
	p.Linger()
}

func garbage(p *rtmptest.Peer) {
	b := make([]byte, handshakeSize)
	copy(b, "HTTP/1.1 400 Bad Request\r\n\r\n")
	_, _ = p.Write(b)
	_, _ = io.Copy(io.Discard, p.Conn)
}

// hangsUp closes before it has said a word, as soon as it has heard one.
func hangsUp(p *rtmptest.Peer) { _, _ = io.CopyN(io.Discard, p.Conn, 1+1536) }

// silent takes the connection and says nothing.
func silent(p *rtmptest.Peer) { _, _ = io.Copy(io.Discard, p.Conn) }

// stalls plays a second of ten and falls silent.
func stalls(p *rtmptest.Peer) {
	p.AcceptPlay()
	meta(p, 10)
	frames(p, 0, 1000, 0)
	p.Linger()
}

// stallsTwice falls silent twice, and goes on when it is told to.
func stallsTwice(p *rtmptest.Peer) {
	p.AcceptPlay()
	meta(p, 10)
	frames(p, 0, 1000, 0)
	p.Await("pause")
	p.Await("pause")
	frames(p, 1000, 2000, 0)
	p.Linger()
}

// oneKind is a picture and nothing else.
func oneKind(p *rtmptest.Peer) {
	p.AcceptPlay()
	for _, m := range tags() {
		if m.Type == message.TypeVideo && m.Timestamp == 0 {
			p.Video(0, m.Payload)
		}
	}
	stop(p)
}

// numbered has a secureToken that is no text.
func numbered(p *rtmptest.Peer) { tokenedWith(p, amf.Number(5)) }

// waits grants play and sends nothing.
func waits(p *rtmptest.Peer) {
	p.AcceptPlay()
	p.Linger()
}

// cutMid plays a second of ten and closes.
func cutMid(p *rtmptest.Peer) {
	p.AcceptPlay()
	meta(p, 10)
	frames(p, 0, 1000, 0)
}

// cutUnknown is cutMid of a stream whose duration is not told.
func cutUnknown(p *rtmptest.Peer) {
	p.AcceptPlay()
	frames(p, 0, 1000, 0)
}

// failed ends with Play.Failed in the middle.
func failed(p *rtmptest.Peer) {
	p.AcceptPlay()
	meta(p, 10)
	frames(p, 0, 1000, 0)
	p.Status("error", "NetStream.Play.Failed")
	p.Linger()
}

// empty is a stream that has ended when it begins.
func empty(p *rtmptest.Peer) {
	p.AcceptPlay()
	stop(p)
}

// asksSWF verifies the player before it grants.
func asksSWF(p *rtmptest.Peer) {
	p.AcceptConnect()
	p.UserControl(message.EventSWFVerifyRequest)
	p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
	p.Await("play")
	p.Status("status", "NetStream.Play.Start")
	frames(p, 0, 2000, 0)
	stop(p)
}

// pings asks whether the client is there.
func pings(p *rtmptest.Peer) {
	p.AcceptPlay()
	p.UserControl(message.EventPingRequest, 4711)
	frames(p, 0, 2000, 0)
	time.Sleep(50 * time.Millisecond)
	stop(p)
}
