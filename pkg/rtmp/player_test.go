package rtmp_test

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// silent reads what the client sends and says nothing.
func silent(p *rtmptest.Peer) { _, _ = io.Copy(io.Discard, p.Conn) }

func hangUp(p *rtmptest.Peer) { _, _ = io.ReadFull(p.Conn, make([]byte, 1537)) }

// playing makes a script of what comes after Play.Start.
func playing(then func(p *rtmptest.Peer)) []rtmptest.Script {
	return []rtmptest.Script{func(p *rtmptest.Peer) {
		p.AcceptPlay()
		then(p)
	}}
}

// stop ends a stream in good order, if the server then hangs up.
func stop(p *rtmptest.Peer) { p.Status("status", "NetStream.Play.Stop") }

// complete ends a stream at once.
func complete(p *rtmptest.Peer) { p.Status("status", "NetStream.Play.Complete") }

func recorded(to *rtmp.Target) { to.Session.Kind = session.Recorded }

func TestSetUp(t *testing.T) {
	oneFrame := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Video(0, payload)
		stop(p)
	}
	unanswered := func(p *rtmptest.Peer) {
		p.Handshake()
		p.Expect("connect")
		p.Linger()
	}
	tell(t, []story{
		{name: "a silent server", scripts: []rtmptest.Script{silent},
			phase: rtmp.PhaseHandshake, took: 10 * time.Second, says: "no RTMP handshake within 10s"},
		{name: "a silent server, and less patience", client: rtmp.Client{HandshakeTimeout: 2 * time.Second},
			scripts: []rtmptest.Script{silent}, phase: rtmp.PhaseHandshake, took: 2 * time.Second},
		{name: "a dripping server", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			for b := []byte{3}; ; b = []byte{0} {
				if _, err := p.Write(b); err != nil {
					return
				}
				time.Sleep(9 * time.Second)
			}
		}}, phase: rtmp.PhaseHandshake, took: 10 * time.Second},
		{name: "an HTTP server", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			_, _ = p.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		}}, phase: rtmp.PhaseHandshake, says: "HTTP"},
		{name: "a TLS server", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			_, _ = p.Write([]byte{0x15, 3, 1, 0, 2, 2, 70})
		}}, phase: rtmp.PhaseHandshake, says: "TLS"},
		{name: "hung up at the handshake, and then with digests", scripts: []rtmptest.Script{hangUp, func(p *rtmptest.Peer) {
			c1 := make([]byte, 1537)
			_, _ = io.ReadFull(p.Conn, c1)
			if bytes.Equal(c1[5:9], make([]byte, 4)) {
				t.Error("the second attempt offers no digest")
			}
			_, _ = p.Write(append(c1, c1[1:]...)) // C1 back as S1 and S2: a plain server
			_, _ = io.ReadFull(p.Conn, c1[1:])
			connect := p.Expect("connect")
			p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Video(0, payload)
			stop(p)
		}}, got: 1, err: io.EOF},
		{name: "hung up at both handshakes", scripts: []rtmptest.Script{hangUp, hangUp},
			phase: rtmp.PhaseHandshake, err: io.ErrUnexpectedEOF},
		{name: "reset at the handshake, and then refused the port", scripts: []rtmptest.Script{(*rtmptest.Peer).Abort},
			phase: rtmp.PhaseHandshake, err: syscall.ECONNRESET},
		{name: "connect is answered without fourCcList alone", scripts: []rtmptest.Script{unanswered, func(p *rtmptest.Peer) {
			p.Handshake()
			connect := p.Expect("connect")
			o, _ := amf.AsObject(connect.Object)
			if o.Get("fourCcList") != nil || o.Get("videoFourCcInfoMap") == nil || o.Get("capsEx") == nil {
				t.Error("the second connect is not the first without fourCcList")
			}
			p.Result(connect, rtmptest.Info("", "NetConnection.Connect.Success", ""))
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Video(0, payload)
			stop(p)
		}}, got: 1, err: io.EOF, took: 10 * time.Second},
		{name: "connect is answered to the cautious alone", scripts: []rtmptest.Script{unanswered, unanswered, func(p *rtmptest.Peer) {
			p.Handshake()
			connect := p.Expect("connect")
			if o, _ := amf.AsObject(connect.Object); o.Get("fourCcList") != nil {
				t.Error("the cautious connect announces Enhanced RTMP")
			}
			time.Sleep(time.Second) // nothing else may come before the answer
			p.Result(connect, rtmptest.Info("", "NetConnection.Connect.Success", ""))
			p.Result(p.Expect("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Video(0, payload)
			stop(p)
		}}, got: 1, err: io.EOF, took: 21 * time.Second},
		{name: "connect is never answered", scripts: []rtmptest.Script{unanswered, unanswered, unanswered},
			phase: rtmp.PhaseConnect, took: 30 * time.Second, says: "no answer to connect"},
		{name: "a short time leaves some for the other attempts", client: rtmp.Client{SetupTimeout: 6 * time.Second},
			scripts: []rtmptest.Script{unanswered, unanswered, oneFrame}, got: 1, err: io.EOF, took: 4 * time.Second},
		{name: "hung up at connect", scripts: []rtmptest.Script{
			func(p *rtmptest.Peer) { p.Handshake(); p.Expect("connect") }, oneFrame,
		}, got: 1, err: io.EOF},
		{name: "connect is refused, once", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.Handshake()
			p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "no such app")
			p.Linger()
		}, oneFrame}, phase: rtmp.PhaseConnect, says: "NetConnection.Connect.Rejected (no such app)"},
		{name: "an early createStream is passed over", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.Handshake()
			connect := p.Expect("connect")
			p.Expect("createStream") // too soon for this server
			p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Video(0, payload)
			stop(p)
		}}, got: 1, err: io.EOF, took: time.Second},
		{name: "createStream is never answered", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Linger()
		}}, phase: rtmp.PhaseCreateStream, took: 30 * time.Second, says: "no answer to createStream within 30s"},
		{name: "hung up after connect", scripts: []rtmptest.Script{(*rtmptest.Peer).AcceptConnect},
			phase: rtmp.PhaseCreateStream, err: io.ErrUnexpectedEOF},
		{name: "play is never answered", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Linger()
		}}, phase: rtmp.PhasePlay, err: rtmp.ErrNoMedia, took: 30 * time.Second, says: "no answer to play within 30s"},
		{name: "no such stream", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			p.Status("error", "NetStream.Play.StreamNotFound")
			p.Linger()
		}}, phase: rtmp.PhasePlay, says: "play: NetStream.Play.StreamNotFound"},
		{name: "over before it began", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			stop(p)
			p.Linger()
		}}, phase: rtmp.PhasePlay, err: rtmp.ErrNoMedia},
		{name: "much data before the stream begins with media", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("play")
			for range 100 {
				p.Data(0, amf.String("onMetaData"))
			}
			p.Video(0, payload)
			stop(p)
		}}, got: 16 + 1, err: io.EOF},
	})
}

func TestSilence(t *testing.T) {
	watch := rtmp.Client{StartTimeout: 15 * time.Second, IdleTimeout: 30 * time.Second}
	pings := func(p *rtmptest.Peer) {
		for {
			p.UserControl(message.EventPingRequest, 1)
			time.Sleep(time.Second)
		}
	}
	tell(t, []story{
		{name: "after Play.Start", client: watch, scripts: playing((*rtmptest.Peer).Linger),
			phase: rtmp.PhaseStream, err: rtmp.ErrNoMedia, took: 15 * time.Second, says: "no media within 15s"},
		{name: "with pings after Play.Start", client: watch, scripts: playing(pings),
			phase: rtmp.PhaseStream, err: rtmp.ErrNoMedia, took: 15 * time.Second},
		{name: "after media", client: watch, scripts: playing(func(p *rtmptest.Peer) {
			time.Sleep(5 * time.Second)
			p.Video(0, payload)
			p.Linger()
		}), got: 1, phase: rtmp.PhaseStream, err: rtmp.ErrIdle, took: 35 * time.Second},
		{name: "after minutes of media", client: watch, scripts: playing(func(p *rtmptest.Peer) {
			for ts := range uint32(300) {
				p.Video(1000*ts, payload)
				time.Sleep(time.Second)
			}
			p.Linger()
		}), got: 300, phase: rtmp.PhaseStream, err: rtmp.ErrIdle, took: (299 + 30) * time.Second},
		{name: "with pings and data after media", client: watch, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.Data(0, amf.String("onCuePoint"))
			pings(p)
		}), got: 2, phase: rtmp.PhaseStream, err: rtmp.ErrIdle, took: 30 * time.Second},
		{name: "Stream EOF", scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
			p.Linger()
		}), got: 1, err: io.EOF, took: rtmp.DefaultEOFGrace},
		{name: "Stream EOF with pings", client: rtmp.Client{EOFGrace: 2 * time.Second}, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
			pings(p)
		}), got: 1, err: io.EOF, took: 2 * time.Second},
		{name: "Stream EOF, and media again", scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
			time.Sleep(4 * time.Second)
			p.Video(0, payload)
			time.Sleep(time.Minute)
			p.Video(40, payload)
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
			p.UserControl(message.EventStreamBegin, rtmptest.StreamID) // and no media at once
			time.Sleep(time.Minute)
			stop(p)
		}), got: 3, err: io.EOF, took: 2*time.Minute + 4*time.Second},
		{name: "Stream EOF and FIN", scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
		}), got: 1, err: io.EOF},
		{name: "Play.Complete and RST", kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			p.Data(40, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
			time.Sleep(time.Second) // a RST would undo what is still to be read
			p.Abort()
		}), got: 1, err: io.EOF, took: time.Second},
		{name: "FIN", scripts: playing(func(p *rtmptest.Peer) { p.Video(0, payload) }),
			got: 1, phase: rtmp.PhaseStream, err: io.ErrUnexpectedEOF},
		{name: "RST", scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			time.Sleep(time.Second)
			p.Abort()
		}), got: 1, phase: rtmp.PhaseStream, err: syscall.ECONNRESET, took: time.Second},
		{name: "close", scripts: playing(func(p *rtmptest.Peer) {
			p.Command(0, "close", 0, nil)
			p.Linger()
		}), phase: rtmp.PhaseStream, err: session.ErrClosed},
		{name: "chunk size 0", scripts: playing(func(p *rtmptest.Peer) {
			p.Video(0, payload)
			_, _ = p.Write([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})
			p.Linger()
		}), got: 1, phase: rtmp.PhaseStream, says: "chunk size of 0"},
		{name: "row 26: a recorded stream is woken by a pause", client: watch, kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(100, payload)
			p.Await("pause")
			p.Status("status", "NetStream.Pause.Notify")
			p.Expect("pause")
			p.Video(100, payload) // again
			p.Video(140, payload)
			stop(p)
		}), got: 2, err: io.EOF, took: 30 * time.Second},
		{name: "row 26: once", client: watch, kind: recorded, scripts: playing(func(p *rtmptest.Peer) {
			p.Video(100, payload)
			p.Await("pause")
			p.Expect("deleteStream")
		}), got: 1, phase: rtmp.PhaseStream, err: rtmp.ErrIdle, took: 60 * time.Second},
	})
}

func TestWrites(t *testing.T) {
	tell(t, []story{
		{name: "a server that never reads", scripts: playing(func(p *rtmptest.Peer) {
			p.Hold(func() {
				for range 1000 {
					p.UserControl(message.EventPingRequest, 1)
				}
			})
			for {
				p.UserControl(message.EventPingRequest, 1)
			}
		}), phase: rtmp.PhaseStream, took: 10 * time.Second, says: "no progress in sending within 10s"},
		{name: "a server that has closed its ears", scripts: playing(func(p *rtmptest.Peer) {
			p.CloseRead()
			p.UserControl(message.EventPingRequest, 1)
			time.Sleep(time.Second)
			p.Video(0, payload)
			time.Sleep(time.Second)
			p.Video(40, payload)
			stop(p)
		}), got: 2, err: io.EOF, took: 2 * time.Second},
		{name: "acknowledged in the middle of a message", client: rtmp.Client{IdleTimeout: time.Second}, scripts: playing(func(p *rtmptest.Peer) {
			p.Send(message.WindowAcknowledgementSize(64 << 10))
			var b bytes.Buffer
			w := chunk.NewWriter(&b)
			_ = w.Write(&message.Message{ChunkStreamID: 20, Type: message.TypeVideo, StreamID: 99, Payload: make([]byte, 1<<20)})
			_ = w.Flush()
			p.Video(0, payload)
			for b.Len() > 64<<10 { // no more than a window at a time
				_, _ = p.Write(b.Next(64 << 10))
				for p.ReadMessage().Type != message.TypeAcknowledgement {
				}
			}
			_, _ = p.Write(b.Bytes())
			stop(p)
		}), got: 1, err: io.EOF},
	})
}
