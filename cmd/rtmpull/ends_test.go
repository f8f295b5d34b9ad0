package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// What is said of a stream that was lost for good.
const (
	silence = `: no more media within 30s; it could not be taken up again: `
	cutOff  = `^the connection to h:1935 was lost; it could not be taken up again: `
)

// TestEnds: what the program makes of what players see when the publisher leaves,
// for good or for a while.
func TestEnds(t *testing.T) {
	const s = time.Second
	type end struct {
		status   int
		from, to time.Duration // since the publisher has left
		why      string
	}
	announced := end{0, 5 * s, 5*s + s/2, "^by the server$"}
	atOnce := end{0, 5 * s, 8 * s, "^by the server$"} // tried again meanwhile
	for name, c := range map[string]struct {
		end   end
		grace bool // the end is announced: what is back later is not waited for
		stays bool // a player that stays sees the next publisher
	}{
		"nginx-rtmp":                      {announced, true, true},
		"nginx-rtmp with publish_notify":  {announced, true, true},
		"nginx-rtmp without idle_streams": {atOnce, true, false},
		"node-media-server 2":             {announced, true, true},
		"crtmpserver":                     {announced, true, true},
		"srs":                             {end{2, 88 * s, 92 * s, silence}, false, true},
		"node-media-server 4":             {end{2, 88 * s, 92 * s, silence}, false, false},
		"yutopp":                          {end{2, 88 * s, 92 * s, silence + `.*NetStream\.Play\.Failed`}, false, false},
		"rtmp-go":                         {end{2, 88 * s, 92 * s, silence + `.*NetStream\.Play\.StreamNotFound`}, false, false},
		"go2rtc":                          {end{2, 88 * s, 92 * s, silence}, false, false},
		"mediamtx":                        {end{2, 58 * s, 62 * s, cutOff + `h:1935 hung up instead of answering`}, false, false},
		"gortmplib":                       {end{2, 58 * s, 62 * s, cutOff + `h:1935 hung up instead of answering`}, false, false},
		"livego":                          {end{2, 58 * s, 62 * s, cutOff}, false, false},
		"lal":                             {end{2, 72 * s, 76 * s, cutOff}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("for good", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := &station{manner: manners[name], air: []airtime{{0, 20 * s}}}
					o := record(t, st.dial(t))
					o.wants(t, c.end.status, 20*s+c.end.from, 20*s+c.end.to, c.end.why)
					o.wantsFile(t, st)
				})
			})
			for _, away := range []time.Duration{2 * s, 20 * s, 50 * s} {
				t.Run("for "+away.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						back := 20*s + away
						st := &station{manner: manners[name], air: []airtime{{0, 20 * s}, {back, back + time.Minute}}}
						o := record(t, st.dial(t))
						if away > 5*s && c.grace {
							o.wants(t, c.end.status, 20*s+c.end.from, 20*s+c.end.to, c.end.why)
							o.wantsFile(t, st)
							return
						}
						o.wants(t, c.end.status, back+time.Minute+c.end.from, back+time.Minute+c.end.to, c.end.why)
						o.wantsFile(t, st)
						if _, served := st.missed(); served == 1 != (c.stays && away < 30*s) {
							t.Errorf("it was recorded from %d connections", served)
						}
					})
				})
			}
		})
	}
}

// TestEndOfPause: SRS answers a pause with Stream EOF, which is no end. A pause is
// what wakes up a server of recorded streams that has fallen silent.
func TestEndOfPause(t *testing.T) {
	for _, begin := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			st := &station{manner: manners["srs"]}
			half := func(v *visit, k int) {
				for _, f := range publication(k, 5*time.Second) {
					v.frame(f, st.now(), uint32(5000*k)+uint32(f.at.Milliseconds()))
				}
			}
			dial := rtmptest.Dial(t, func(p *rtmptest.Peer) {
				v := &visit{Peer: p, station: st, stream: 1}
				p.Handshake()
				st.greet(v, p.Expect("connect"))
				p.Result(p.Await("createStream"), amf.Number(1))
				p.Await("play")
				st.grant(v)
				v.headers(0, 0)
				half(v, 0)
				p.Await("pause")
				v.say("status", "NetStream.Pause.Notify")
				eof(v)
				p.Await("pause")
				v.say("status", "NetStream.Unpause.Notify")
				if begin {
					v.control(message.EventStreamBegin)
				}
				time.Sleep(20 * time.Second) // longer than the grace
				half(v, 1)
				v.say("status", "NetStream.Play.Stop")
				p.Linger()
			})
			o := record(t, dial, "--vod")
			o.wants(t, 0, 50*time.Second, 51*time.Second, "^by the server$")
			if n := o.summary().Reconnects; n > 0 {
				t.Errorf("%d connections again", n)
			}
			if d := o.summary().Duration; d < 9.9 || d > 10.1 {
				t.Errorf("%v s are recorded", d)
			}
		})
	}
}
