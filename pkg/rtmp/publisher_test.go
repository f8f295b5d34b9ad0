package rtmp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// metaData is the body of a script tag.
func metaData(name string) []byte {
	b, err := amf.Append(nil, amf.String(name), &amf.Object{Kind: amf.ECMAArray})
	if err != nil {
		panic(err)
	}
	return b
}

// publish sends messages as a stream until one cannot be sent, and then closes.
func publish(t *testing.T, c *rtmp.Client, to *rtmp.Target, ms ...message.Message) (err, closing error) {
	t.Helper()
	p, err := c.Publish(t.Context(), to)
	if err != nil {
		return err, nil
	}
	for i := range ms {
		if err = p.Write(&ms[i]); err == nil {
			err = p.Flush()
		}
		if err != nil {
			break
		}
	}
	closing = p.Close()
	if again := p.Close(); again != closing {
		t.Errorf("Close: %v, and then %v", closing, again)
	}
	if err := p.Write(&message.Message{Type: message.TypeAudio}); err == nil {
		t.Error("Write after Close succeeded")
	}
	select {
	case <-p.Done():
	default:
		t.Error("after Close, Done is open")
	}
	return err, closing
}

func videoAt(ts uint32) message.Message {
	return message.Message{Type: message.TypeVideo, Timestamp: ts, Payload: payload}
}

// What a server gets to read.
func TestPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := bytes.Repeat([]byte{0xaf}, 10_000)
		var got []string
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			cmd := p.AcceptPublish()
			if name := rtmptest.StreamName(cmd); name != "show?key=x" || amf.Format(cmd.Args[1]) != `"live"` {
				t.Errorf("publishes %s, %s", name, amf.Format(cmd.Args[1]))
			}
			for m := p.ReadMedia(); m != nil; m = p.ReadMedia() {
				got = append(got, fmt.Sprintf("%v %d@%d/%d %d", m.Type, m.Timestamp, m.StreamID, m.ChunkStreamID, len(m.Payload)))
				if m.Type == message.TypeData {
					got = append(got, fmt.Sprintf("%q", m.Payload[:16]))
				}
			}
			p.Status("status", "NetStream.Unpublish.Success")
			want := []string{"connect", "releaseStream", "FCPublish", "createStream", "publish", "FCUnpublish", "deleteStream"}
			if heard := p.Heard(); !slices.Equal(heard, want) {
				t.Errorf("heard %v, want %v", heard, want)
			}
			p.Linger()
		})}
		err, closing := publish(t, &c, target(t, "rtmp://host/live/show?key=x"),
			message.Message{Type: message.TypeData, Payload: metaData("onMetaData")},
			message.Message{Type: message.TypeData, Payload: metaData("onCuePoint")},
			videoAt(40),
			message.Message{Type: message.TypeAudio, Timestamp: 20, Payload: long},
			videoAt(1<<24), videoAt(30), // beyond 24 bits, and back
			message.Message{Type: message.TypeDataAMF3, Payload: []byte{0, 2, 0, 0}})
		if err != nil || closing != nil {
			t.Fatal(err, closing)
		}
		want := []string{
			"Data 0@7/5 37", `"\x02\x00\r@setDataFrame"`, "Data 0@7/5 21", `"\x02\x00\nonCuePoint\b\x00\x00"`,
			"Video 40@7/6 6", "Audio 20@7/4 10000", "Video 16777216@7/6 6", "Video 30@7/6 6", "Data (AMF3) 0@7/5 4",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// publishing makes a script of what comes after Publish.Start.
func publishing(then func(p *rtmptest.Peer)) []rtmptest.Script {
	return []rtmptest.Script{func(p *rtmptest.Peer) {
		p.AcceptPublish()
		then(p)
	}}
}

// tellPublishing runs stories of publishing one frame and then up to 5 MB,
// unless got says otherwise: -1 is the frame alone.
func tellPublishing(t *testing.T, stories []story) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := s.client
				c.DialContext = rtmptest.Dial(t, s.scripts[0], s.scripts[1:]...)
				ms := []message.Message{videoAt(0)}
				for i := 1; s.got == 0 && i <= 50; i++ {
					ms = append(ms, message.Message{Type: message.TypeVideo, Timestamp: uint32(40 * i), Payload: make([]byte, 100_000)})
				}
				to := target(t, "rtmp://host/live/show")
				if s.kind != nil {
					s.kind(to)
				}
				start := time.Now()
				err, closing := publish(t, &c, to, ms...)
				took := time.Since(start)
				if err == nil {
					err = closing
				} else if closing != nil && closing.Error() != err.Error() {
					t.Errorf("Close: %v after %v", closing, err)
				}
				if s.err == nil && s.says == "" {
					if err != nil {
						t.Error(err)
					}
				} else {
					checkError(t, err, s.phase, s.err, s.says)
				}
				if s.took >= 0 && took != s.took {
					t.Errorf("took %v, want %v", took, s.took)
				}
			})
		})
	}
}

func TestPublishRefused(t *testing.T) {
	refusal := func(code string) error {
		return &session.StatusError{Call: "publish", Code: code, Level: "error"}
	}
	status := func(level, code string) rtmptest.Script {
		return func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("publish")
			p.Status(level, code)
			p.Linger()
		}
	}
	tellPublishing(t, []story{
		{name: "the name is taken", scripts: []rtmptest.Script{status("error", "NetStream.Publish.BadName")},
			phase: rtmp.PhasePublish, says: refusal("NetStream.Publish.BadName").Error()},
		{name: "not allowed", scripts: []rtmptest.Script{status("status", "NetStream.Publish.Denied")},
			phase: rtmp.PhasePublish, says: "NetStream.Publish.Denied"},
		{name: "no such application", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.Handshake()
			p.Error(p.Expect("connect"), "NetConnection.Connect.InvalidApp", "no such app")
			p.Linger()
		}}, phase: rtmp.PhaseConnect, says: "connect: NetConnection.Connect.InvalidApp (no such app)"},
		{name: "no answer to publish", client: rtmp.Client{SetupTimeout: 7 * time.Second}, scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Linger()
		}}, phase: rtmp.PhasePublish, took: 7 * time.Second, says: "no answer to publish within 7s"},
		{name: "hung up instead of answering publish", scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Await("publish")
		}}, phase: rtmp.PhasePublish, err: io.ErrUnexpectedEOF},
		{name: "granted by _result alone", got: -1, scripts: []rtmptest.Script{func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Result(p.Await("publish"))
			for p.ReadMedia() != nil {
			}
		}}},
		{name: "the usual opening is not liked", got: -1, scripts: []rtmptest.Script{hangUp, func(p *rtmptest.Peer) {
			p.AcceptPublish()
			for p.ReadMedia() != nil {
			}
		}}},
	})
}

// What the server asks is answered between frames and while they wait.
func TestPublisherAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pong := func(p *rtmptest.Peer, want uint32) {
			for {
				m := p.ReadMessage()
				if event, v, _, ok := message.ParseUserControl(m.Payload); m.Type == message.TypeUserControl && ok {
					if event != message.EventPingResponse || v != want {
						t.Errorf("got %v %d, want the answer to ping %d", event, v, want)
					}
					return
				}
			}
		}
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPublish()
			p.UserControl(message.EventPingRequest, 1) // nothing is being written
			pong(p, 1)
			time.Sleep(time.Second) // now a write waits, since we do not read
			for i := range uint32(200) {
				p.UserControl(message.EventPingRequest, 1000+i)
			}
			time.Sleep(5 * time.Second)
			pong(p, 1000+200-64) // the oldest were dropped
			for p.ReadMedia() != nil {
			}
		})}
		p, err := c.Publish(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 1<<20)}
		if err := p.Write(&m); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.Video != 1 || s.MediaBytes != 1<<20 || s.Bytes < 1<<20 || s.LastMedia.IsZero() {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestPublishOverTLS(t *testing.T) {
	ca := newAuthority(t)
	s := rtmptest.NewTLSServer(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1")}}, func(p *rtmptest.Peer) {
		p.AcceptPublish()
		for p.ReadMedia() != nil {
		}
		_, _ = io.Copy(io.Discard, p.Conn)
	})
	c := rtmp.Client{TLSConfig: &tls.Config{RootCAs: ca.pool}}
	if err, closing := publish(t, &c, target(t, s.URL("live/show")), videoAt(0)); err != nil || closing != nil {
		t.Error(err, closing)
	}
}

// A command is the session's to say.
func TestPublisherTakesMediaAlone(t *testing.T) {
	c := rtmp.Client{DialContext: rtmptest.Dial(t, publishing(func(p *rtmptest.Peer) {
		for p.ReadMedia() != nil {
		}
	})[0])}
	p, err := c.Publish(t.Context(), target(t, "rtmp://host/live/show"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(&message.Message{Type: message.TypeCommand}); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("a command was published: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
