package rtmp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// tapped has what a client writes kept in w.
func tapped(w *writes, dial rtmptest.DialFunc) rtmptest.DialFunc {
	return func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		w.Conn, err = dial(ctx, network, addr)
		return w, err
	}
}

// tells reports whether any of what was written can be read by who looks on.
func (w *writes) tells(word string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Contains(bytes.Join(w.all, nil), []byte(word))
}

// A stream comes through RTMPE whole, in as many writes as without, and nobody else
// can read what is asked for.
func TestPlayRTMPE(t *testing.T) {
	for _, version := range []byte{6, 8, 9} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w writes
				c := rtmp.Client{DialContext: tapped(&w, rtmptest.Dial(t, func(p *rtmptest.Peer) {
					p.RTMPE = version
					play := p.AcceptPlay()
					if name := rtmptest.StreamName(play); name != "show" {
						t.Errorf("the server heard %q", name)
					}
					for i := range uint32(100) {
						p.Video(40*i, payload)
					}
					complete(p)
					p.Linger()
				}))}
				got, err := pull(t, &c, target(t, "rtmpe://host/live/show"))
				if err != io.EOF || len(got) != 100 {
					t.Errorf("got %d messages, %v; want 100 and io.EOF", len(got), err)
				}
				if first := w.all[0]; len(first) != 1537 || first[0] != 6 {
					t.Errorf("the first write has %d bytes and begins with %d", len(first), first[0])
				}
				if second := w.all[1]; len(second) < 1600 {
					t.Errorf("the second write has %d bytes: it is C2 alone", len(second))
				}
				if w.tells("connect") || w.tells("show") {
					t.Error("what is asked for goes over the wire in the clear")
				}
			})
		})
	}
}

// In a tunnel of HTTP requests as well, nobody else can read what is asked for.
func TestRTMPEInATunnel(t *testing.T) {
	for scheme, clear := range map[string]bool{"rtmpt": true, "rtmpte": false} {
		synctest.Test(t, func(t *testing.T) {
			var w writes
			c := rtmp.Client{DialContext: tapped(&w, new(rtmptest.Tunnel).Dial(t, rtmptest.Dial(t, func(p *rtmptest.Peer) {
				p.AcceptPlay()
				p.Video(0, payload)
				complete(p)
				p.Linger()
			})))}
			if got, err := pull(t, &c, target(t, scheme+"://host/live/show")); err != io.EOF || len(got) != 1 {
				t.Errorf("%s: got %v, %v", scheme, got, err)
			}
			if w.tells("connect") != clear || !w.tells("POST /") {
				t.Errorf("%s: in the clear: %v", scheme, w.tells("connect"))
			}
		})
	}
}

// What is published through RTMPE arrives, to the last word, and is counted as it is
// without.
func TestPublishRTMPE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := make(map[string]int64)
		for _, scheme := range []string{"rtmp", "rtmpe"} {
			var (
				w     writes
				got   int
				heard []string
			)
			ended := make(chan struct{})
			c := rtmp.Client{DialContext: tapped(&w, rtmptest.Dial(t, func(p *rtmptest.Peer) {
				defer close(ended)
				p.AcceptPublish()
				for m := p.ReadMedia(); m != nil; m = p.ReadMedia() {
					if m.Type == message.TypeVideo && bytes.Equal(m.Payload, bytes.Repeat(payload, 20_000)) {
						got++
					}
				}
				heard = p.Heard()
			}))}
			to := target(t, scheme+"://host/live/show")
			to.Session.TcURL = "rtmp://host/live"
			p, err := c.Publish(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			for i := range uint32(10) {
				m := message.Message{Type: message.TypeVideo, Timestamp: 40 * i, Payload: bytes.Repeat(payload, 20_000)}
				if err := errors.Join(p.Write(&m), p.Flush()); err != nil {
					t.Fatal(err)
				}
			}
			sent[scheme] = p.Stats().Bytes
			if err := p.Close(); err != nil {
				t.Errorf("%s: Close: %v", scheme, err)
			}
			if <-ended; got != 10 || !slices.Contains(heard, "deleteStream") {
				t.Errorf("%s: %d of 10 messages came whole, and %v", scheme, got, heard)
			}
			if inTheClear := w.tells("deleteStream") || w.tells(string(payload)); inTheClear != (scheme == "rtmp") {
				t.Errorf("%s: in the clear: %v", scheme, inTheClear)
			}
		}
		if sent["rtmp"] != sent["rtmpe"] || sent["rtmp"] == 0 {
			t.Errorf("bytes sent: %v", sent)
		}
	})
}

// plainly shakes hands as a server does that knows neither RTMPE nor digests.
func plainly(p *rtmptest.Peer, version byte) {
	var b [1 + handshake.Size]byte
	if _, err := io.ReadFull(p, b[:]); err != nil {
		return
	}
	answer := append([]byte{version}, make([]byte, handshake.Size)...)
	if _, err := p.Write(append(answer, b[1:]...)); err == nil {
		_, _ = io.ReadFull(p, b[1:])
	}
}

// A server that does not speak RTMPE gets to hear nothing that was meant to be
// encrypted, and is not asked again.
func TestNoRTMPE(t *testing.T) {
	var w writes
	for _, s := range []struct {
		name   string
		script rtmptest.Script
		kind   handshake.Kind
		err    error
		says   string
	}{
		{"plain", func(p *rtmptest.Peer) { plainly(p, 3) }, handshake.NotRTMPE, nil, "does not speak RTMPE"},
		{"without digests", func(p *rtmptest.Peer) { plainly(p, 6) }, handshake.NotRTMPE, nil, "does not speak RTMPE"},
		{"hangs up", func(p *rtmptest.Peer) { _, _ = io.ReadFull(p, make([]byte, 1537)) }, 0, rtmp.ErrNoRTMPE, "may not speak RTMPE"},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				scripts := []rtmptest.Script{s.script}
				if s.kind == 0 {
					scripts = append(scripts, s.script) // servers hang up for many reasons
				}
				c := rtmp.Client{DialContext: tapped(&w, rtmptest.Dial(t, scripts[0], scripts[1:]...))}
				_, err := pull(t, &c, target(t, "rtmpe://host/live/show"))
				checkError(t, err, rtmp.PhaseHandshake, s.err, s.says)
				if e, ok := errors.AsType[*handshake.Error](err); ok != (s.kind != 0) || ok && e.Kind != s.kind {
					t.Errorf("got %v, want kind %d", err, s.kind)
				}
				if w.tells("connect") || w.tells("show") {
					t.Error("what is asked for goes over the wire in the clear")
				}
			})
		})
	}
}

// A server that speaks RTMPE alone says so to who does not.
func TestRTMPEUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) { plainly(p, 6) })}
		_, err := pull(t, &c, target(t, "rtmp://host/live/show"))
		checkError(t, err, rtmp.PhaseHandshake, nil, "")
		if e, ok := errors.AsType[*handshake.Error](err); !ok || e.Kind != handshake.RTMPE {
			t.Errorf("got %v", err)
		}
	})
}

// A server that wants to know the player is told, if there are digests, whatever
// transport it is.
func TestSWFVerification(t *testing.T) {
	player := handshake.SWF{Size: 12345}
	player.Hash[0] = 0xaa
	for _, scheme := range []string{"rtmp", "rtmpe"} {
		t.Run(scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				verified := false
				c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
					p.AcceptPlay()
					p.VerifySWF(player)
					verified = true
					p.Video(0, payload)
					complete(p)
					p.Linger()
				})}
				to := target(t, scheme+"://host/live/show")
				to.SWF = &player
				if got, err := pull(t, &c, to); err != io.EOF || len(got) != 1 || !verified {
					t.Errorf("got %v, %v, verified %v", got, err, verified)
				}
			})
		})
	}
}

// What cannot be answered is told, and no other answer is made up.
func TestSWFVerificationUnanswered(t *testing.T) {
	for name, s := range map[string]struct {
		swf    *handshake.SWF
		digest bool
		says   string
	}{
		"no player":  {nil, true, "the server asks for SWF verification, and no player's SWF file is known"},
		"no digests": {new(handshake.SWF), false, "the server asks for SWF verification, but has shaken hands without the digests that it takes"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []string
				c := rtmp.Client{
					Trace: &rtmp.Trace{
						Event: func(e *session.Event) {
							if e.Kind == session.Oddity {
								told = append(told, e.Description)
							}
						},
						Sent: func(m *message.Message) {
							if event, _, _, ok := message.ParseUserControl(m.Payload); m.Type == message.TypeUserControl && ok && event == message.EventSWFVerifyReply {
								t.Errorf("answered %x", m.Payload)
							}
						},
					},
					DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
						if s.digest {
							p.Handshake()
						} else {
							plainly(p, 3)
						}
						p.Result(p.Expect("connect"), rtmptest.Info("status", "NetConnection.Connect.Success", ""))
						p.RequestSWF(1)
						p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
						p.Await("play")
						p.Video(0, payload)
						complete(p)
						p.Linger()
					}),
				}
				to := target(t, "rtmp://host/live/show")
				to.SWF = s.swf
				if got, err := pull(t, &c, to); err != io.EOF || len(got) != 1 {
					t.Errorf("got %v, %v", got, err)
				}
				if !slices.Equal(told, []string{s.says}) {
					t.Errorf("told %q, want %q", told, s.says)
				}
			})
		})
	}
}
