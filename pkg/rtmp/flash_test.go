package rtmp_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A flash is a recorded stream of n pictures, 100 ms apart, and of a sound with each,
// on a server that sends a buffer of it at once, says so, and goes on when that has
// been played, or when it was paused and resumed: from the key frame before, of which
// there is one each second, or if it goes back, from further up.
type flash struct {
	n      uint32
	buffer uint32 // ms
	back   uint32 // ms
	paused func(p *rtmptest.Peer)
	seen   []string // the client's commands
}

func (f *flash) script(p *rtmptest.Peer) {
	p.AcceptPlay()
	isRecorded(p)
	end := 100 * f.n
	for from, ts := uint32(0), uint32(0); ; {
		for ; ts < end && ts < from+f.buffer; ts += 100 {
			p.Video(ts, payload)
			p.Audio(ts, payload)
		}
		if ts == end {
			break
		}
		from = ts
		p.UserControl(message.EventBufferEmpty, rtmptest.StreamID)
		if f.paused == nil {
			time.Sleep(time.Duration(f.buffer) * time.Millisecond)
			continue
		}
		pause := p.Await("pause")
		f.seen = append(f.seen, amf.Format(pause.Args[0])+" "+amf.Format(pause.Args[1]))
		f.paused(p)
		resume := p.Await("pause")
		f.seen = append(f.seen, amf.Format(resume.Args[0])+" "+amf.Format(resume.Args[1]))
		p.Status("status", "NetStream.Unpause.Notify")
		at, _ := amf.AsUint32(resume.Args[1])
		ts = (max(at, f.back) - f.back) / 1000 * 1000
	}
	stop(p)
	p.Linger()
}

// Row 26: a server that goes on when the buffer has been played is asked to do so at
// once, and nothing comes twice.
func TestBufferEmpty(t *testing.T) {
	notify := func(p *rtmptest.Peer) { p.Status("status", "NetStream.Pause.Notify") }
	for name, test := range map[string]struct {
		flash flash
		cfg   session.Config
		took  time.Duration
	}{
		"asked for":       {flash: flash{paused: notify}, cfg: session.Config{Kind: session.Recorded}},
		"called recorded": {flash: flash{paused: notify}},
		"from the start":  {flash: flash{paused: notify}, cfg: session.Config{Kind: session.FromStart}},
		"goes far back":   {flash: flash{paused: notify, back: 2500}, cfg: session.Config{Kind: session.FromStart}},
		"says that it is over": {flash: flash{paused: func(p *rtmptest.Peer) {
			notify(p)
			streamEOF(p)
			unpublish(p)
		}}},
		"says that and no more": {flash: flash{paused: func(p *rtmptest.Peer) {
			streamEOF(p)
			p.UserControl(message.EventBufferEmpty, rtmptest.StreamID)
		}}},
		"in real time":      {cfg: session.Config{Kind: session.Recorded, Realtime: true}, took: 9 * time.Second},
		"asked for as live": {cfg: session.Config{Kind: session.Live}, took: 9*time.Second + rtmp.DefaultEOFGrace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := test.flash
				f.n, f.buffer = 100, 3000
				c := rtmp.Client{IdleTimeout: 30 * time.Second, DialContext: rtmptest.Dial(t, f.script)}
				to := target(t, "rtmp://host/vod/film")
				to.Session.Kind, to.Session.Realtime = test.cfg.Kind, test.cfg.Realtime
				begun := time.Now()
				got, err := pull(t, &c, to)
				if took := time.Since(begun); took != test.took || err != io.EOF {
					t.Errorf("took %v, want %v: %v", took, test.took, err)
				}
				var want []string
				for i := range f.n {
					want = append(want, fmt.Sprintf("Video %d", 100*i), fmt.Sprintf("Audio %d", 100*i))
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %d messages, want %d: %v", len(got), len(want), got)
				}
				if pauses := len(f.seen); (pauses > 0) != (test.took == 0) || f.paused != nil && f.seen[0] != "true 2900" {
					t.Errorf("paused %q", f.seen)
				}
			})
		})
	}
}

// A server that goes on saying that the buffer is empty is not asked again and again,
// and one that never goes on is given up like any other that is silent.
func TestBufferEmptyForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pauses := 0
		c := rtmp.Client{IdleTimeout: 30 * time.Second, DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(100, payload)
			for {
				p.UserControl(message.EventBufferEmpty, rtmptest.StreamID)
				time.Sleep(time.Second)
			}
		})}
		c.Trace = &rtmp.Trace{Sent: func(m *message.Message) {
			if cmd, err := message.ParseCommand(m); err == nil && cmd.Name == "pause" {
				pauses++
			}
		}}
		to := target(t, "rtmp://host/vod/film")
		recorded(to)
		begun := time.Now()
		got, err := pull(t, &c, to)
		checkError(t, err, rtmp.PhaseStream, rtmp.ErrIdle, "")
		if took := time.Since(begun); took != time.Minute || len(got) != 1 || pauses != 2 {
			t.Errorf("%v after %v, %d pauses", got, took, pauses)
		}
	})
}

// In a tunnel through HTTP a server is left its time, as librtmp does.
func TestBufferEmptyThroughHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := flash{n: 60, buffer: 3000}
		c := through(t, &rtmptest.Tunnel{}, f.script)
		paused := false
		c.Trace = &rtmp.Trace{Sent: func(m *message.Message) {
			cmd, err := message.ParseCommand(m)
			paused = paused || err == nil && cmd.Name == "pause"
		}}
		to := target(t, "rtmpt://host/vod/film")
		recorded(to)
		if got, err := pull(t, c, to); err != io.EOF || len(got) != 120 || paused {
			t.Errorf("got %d messages, %v, paused %t", len(got), err, paused)
		}
	})
}
