package rtmp_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A mark is an offset in what a server sent, and what is reached there.
type mark struct {
	at       int
	phase    rtmp.Phase // that begins there
	messages int        // delivered up to there
}

// tap records what is written.
type tap struct {
	*rtmptest.Conn
	sent bytes.Buffer
}

func (c *tap) Write(b []byte) (int, error) {
	c.sent.Write(b)
	return c.Conn.Write(b)
}

// record plays a stream of all sorts of messages and returns the server's bytes.
func record(t *testing.T) (sent []byte, marks []mark) {
	synctest.Test(t, func(t *testing.T) {
		line := &tap{}
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			line.Conn = p.Conn.(*rtmptest.Conn)
			p = p.On(line)
			got := 0
			reached := func(phase rtmp.Phase, n int) {
				got += n
				marks = append(marks, mark{line.sent.Len(), phase, got})
			}
			p.Handshake()
			reached(rtmp.PhaseConnect, 0)
			p.Send(message.WindowAcknowledgementSize(2_500_000), message.SetChunkSize(200))
			p.Result(p.Expect("connect"), rtmptest.Info("status", "NetConnection.Connect.Success", ""))
			reached(rtmp.PhaseCreateStream, 0)
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			reached(rtmp.PhasePlay, 0)
			p.Await("play")
			p.Data(0, amf.String("onMetaData"))
			reached(rtmp.PhasePlay, 1)
			p.Status("status", "NetStream.Play.Start")
			reached(rtmp.PhaseStream, 0)
			for i := range uint32(4) {
				p.Video(i*40, payload)
				reached(rtmp.PhaseStream, 1)
				p.UserControl(message.EventPingRequest, i)
				p.Audio(0x1000000+i*40, payload) // with extended timestamps
				reached(rtmp.PhaseStream, 1)
			}
			p.Send(message.SetChunkSize(4)) // so that payloads are of several chunks
			p.Video(200, payload)
			reached(rtmp.PhaseStream, 1)
			p.Audio(0x2000000, payload)
			reached(rtmp.PhaseStream, 1)
			stop(p)
		})}
		if got, err := pull(t, &c, target(t, "rtmp://host/live/show")); err != io.EOF || len(got) != 11 {
			t.Fatalf("got %v, %v", got, err)
		}
		sent = line.sent.Bytes()
	})
	return sent, marks
}

// A recorded exchange that is cut at every byte ends in the right error, with
// the messages that were whole by then, and in time.
func TestCutAtEveryByte(t *testing.T) {
	sent, marks := record(t)
	cuts := []struct {
		name string
		cut  func(p *rtmptest.Peer)
		err  error
	}{
		{"FIN", func(*rtmptest.Peer) {}, io.ErrUnexpectedEOF},
		{"RST", func(p *rtmptest.Peer) {
			time.Sleep(time.Second / 2) // what has not been read would be lost
			p.Abort()
		}, syscall.ECONNRESET},
		{"silence", silent, nil},
	}
	for _, cut := range cuts {
		t.Run(cut.name, func(t *testing.T) {
			for n := range sent {
				synctest.Test(t, func(t *testing.T) {
					script := func(p *rtmptest.Peer) {
						_, _ = p.Write(sent[:n])
						cut.cut(p)
					}
					c := rtmp.Client{
						SetupTimeout: 9 * time.Second, StartTimeout: time.Second, IdleTimeout: time.Second,
						DialContext: rtmptest.Dial(t, script, script, script),
					}
					var want mark
					want.phase = rtmp.PhaseHandshake
					for _, m := range marks {
						if n >= m.at {
							want = m
						}
					}
					if want.phase < rtmp.PhaseStream {
						want.messages = 0
					}
					start := time.Now()
					got, err := pull(t, &c, target(t, "rtmp://host/live/show"))
					if len(got) != want.messages {
						t.Errorf("got %v, want %d messages", got, want.messages)
					}
					checkError(t, err, want.phase, cut.err, "")
					timeout, isTimeout := errors.AsType[*rtmp.TimeoutError](err)
					if isTimeout != (cut.err == nil) || isTimeout && !timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("got error %#v", err)
					}
					if d := time.Since(start); d > 10*time.Second {
						t.Errorf("took %v", d)
					}
				})
				if t.Failed() {
					t.Fatalf("cut after %d of %d bytes", n, len(sent))
				}
			}
		})
	}
}
