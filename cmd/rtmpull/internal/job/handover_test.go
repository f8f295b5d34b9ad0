package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A programme is one stream that several servers send, as much behind the moment
// at which its pictures are made as each of them is.
type programme struct{ start time.Time }

// from sends the programme up to picture end, late as it is, with timestamps that
// begin at base, and the group of pictures in which the client has come if cache is
// set. say is called before each picture.
func (g *programme) from(late time.Duration, base uint32, end uint32, cache bool, say func(p *rtmptest.Peer, i uint32)) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		p.AcceptPlay()
		i := uint32(max(0, time.Since(g.start)-late) / (40 * time.Millisecond))
		if cache {
			i -= i % 25
		}
		for ; i < end; i++ {
			if d := time.Until(g.start.Add(late + time.Duration(i)*40*time.Millisecond)); d > 0 {
				time.Sleep(d)
			}
			if say != nil {
				say(p, i)
			}
			p.Video(base+40*i, numbered(i%25 == 0, i))
		}
	}
}

// reconnect sends the request of Enhanced RTMP with picture number at.
func reconnect(at uint32, tcURL string) func(p *rtmptest.Peer, i uint32) {
	return func(p *rtmptest.Peer, i uint32) {
		if i != at {
			return
		}
		info := rtmptest.Info("status", "NetConnection.Connect.ReconnectRequest", "maintenance")
		if tcURL != "" {
			info.Set("tcUrl", amf.String(tcURL))
		}
		p.Command(0, "onStatus", 0, nil, info)
	}
}

// every is the pictures from first to last.
func every(first, last uint32) (list []uint32) {
	for i := first; i <= last; i++ {
		list = append(list, i)
	}
	return list
}

// TestHandover: a server that asks to connect anew is left for the other one with
// nothing lost and nothing twice, whichever of the two is ahead.
func TestHandover(t *testing.T) {
	for name, test := range map[string]struct {
		oldLate, newLate time.Duration
		oldEnd           uint32 // the old server's last picture
		base             uint32
		cache            bool
	}{
		"both alike":               {oldEnd: 1000},
		"the new one has a cache":  {oldEnd: 1000, cache: true},
		"the new one is behind":    {newLate: 700 * time.Millisecond, oldEnd: 1000},
		"far behind":               {newLate: 5 * time.Second, oldEnd: 1000, cache: true},
		"the old one is behind":    {oldLate: 700 * time.Millisecond, oldEnd: 1000},
		"another clock":            {oldEnd: 1000, base: 1 << 30},
		"the old one ends at once": {oldEnd: 201, cache: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &programme{time.Now()}
				var out bytes.Buffer
				p := newPull(t, &out, nil)
				p.Target.Session.Reconnect = true
				p.Client.DialContext = rtmptest.Dial(t,
					g.from(test.oldLate, 0, test.oldEnd, false, reconnect(200, "rtmp://other/live")),
					g.from(test.newLate, test.base, 400, test.cache, nil))
				p.Retry = Retry{}
				var told events
				p.Report = told.add
				r := p.Run(t.Context())
				if !errors.Is(r.Err, io.ErrUnexpectedEOF) || r.Reconnects != 1 || r.Gaps != 0 || r.Mended.Missing != 0 {
					t.Errorf("%v, %d connections again, %d gaps, %v missing", r.Err, r.Reconnects, r.Gaps, r.Mended.Missing)
				}
				if m := told.of(Moving); len(m) != 1 || m[0].Name != "rtmp://other/live/show" || m[0].Err != nil {
					t.Errorf("told %+v", m)
				}
				pictures(t, out.Bytes(), 400)
			})
		})
	}
}

// TestHandoverNot: a request that leads nowhere costs nothing, and one that is not
// to be heeded is told.
func TestHandoverNot(t *testing.T) {
	for name, test := range map[string]struct {
		tcURL string
		say   []uint32
		again int
		err   string // how the last that was told begins
	}{
		"nobody is there": {tcURL: "rtmp://other/live", say: []uint32{100}},
		"another protocol": {tcURL: "http://other/live", say: []uint32{100},
			err: `the server leads to "http://other/live": unknown scheme "http"; `},
		"too often":         {tcURL: "rtmp://other/live", say: []uint32{100, 200}},
		"with each picture": {tcURL: "rtmp://other/live", say: every(100, 340)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &programme{time.Now()}
				var out bytes.Buffer
				p := newPull(t, &out, nil)
				p.Client.DialContext = rtmptest.Dial(t, g.from(0, 0, 400, false, func(p *rtmptest.Peer, i uint32) {
					for _, n := range test.say {
						reconnect(n, test.tcURL)(p, i)
					}
				}))
				var told events
				p.Report = told.add
				r := p.Run(t.Context())
				if r.Stats.Frames != 400 || r.Reconnects != 0 || r.Took > 16*time.Second {
					t.Errorf("%d pictures, %d connections again, after %v", r.Stats.Frames, r.Reconnects, r.Took)
				}
				m := told.of(Moving)
				if len(m) == 0 || len(m) > 2 || test.err != "" && (m[0].Err == nil || !strings.HasPrefix(m[0].Err.Error(), test.err)) {
					t.Errorf("told %+v", m)
				}
			})
		})
	}
}

// TestMoves: a server cannot send us round in circles.
func TestMoves(t *testing.T) {
	now := time.Unix(1e9, 0)
	var m moves
	for i, test := range []struct {
		after time.Duration
		ok    bool
	}{
		{0, true}, {moveEvery - 1, false}, {moveEvery, true}, {moveEvery, true}, {moveEvery, true}, {moveEvery, true},
		{moveEvery, false}, {movesOver, true}, {time.Second, false},
	} {
		if now = now.Add(test.after); m.allow(now) != test.ok {
			t.Errorf("request %d: %v", i, !test.ok)
		}
	}
}

// TestBackup: when a source is lost the other takes over at once, and back.
func TestBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &programme{time.Now()}
		var out bytes.Buffer
		p := newPull(t, &out, nil)
		backup := *p.Target
		backup.Host = "backup"
		p.Backup = &backup
		var dialled []string
		dial := rtmptest.Dial(t, g.from(0, 0, 300, true, nil), g.from(0, 1<<20, 600, true, nil), g.from(0, 0, 900, true, nil))
		p.Client.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialled = append(dialled, addr)
			return dial(ctx, network, addr)
		}
		p.Retry = Retry{Attempts: 0}
		var told events
		p.Report = told.add
		r := p.Run(t.Context())
		if r.Stats.Frames != 900 || r.Gaps != 0 || r.Reconnects != 2 || r.Duration != 36*time.Second {
			t.Errorf("%d pictures, %d gaps, %d connections again, %v", r.Stats.Frames, r.Gaps, r.Reconnects, r.Duration)
		}
		want := []string{"h:1935", "backup:1935", "h:1935", "backup:1935"}
		if len(dialled) != len(want) {
			t.Fatalf("dialled %v", dialled)
		}
		for i, e := range told.of(SourceChanged) {
			if (i%2 == 0) != (e.Name == "rtmp://backup/live/show") {
				t.Errorf("change %d to %s", i, e.Name)
			}
		}
		if r.Took > 36*time.Second+time.Second {
			t.Errorf("took %v", r.Took)
		}
	})
}

// TestBackupOfEnded: when the server ends the stream the other source may have it
// still, and if it has not, that was the end.
func TestBackupOfEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := func(p *rtmptest.Peer) {
			p.Status("status", "NetStream.Play.UnpublishNotify")
			p.Linger()
		}
		p := newPull(t, io.Discard, func(p *rtmptest.Peer) {
			live(0, 100, func(i uint32) uint32 { return 40 * i })(p)
			end(p)
		})
		p.Backup = p.Target
		r := p.Run(t.Context())
		if r.Err != nil || r.Reason != StreamEnded || r.Stats.Frames != 100 || r.Took > 5*time.Second {
			t.Errorf("%v, %q, %d pictures after %v", r.Err, r.Reason, r.Stats.Frames, r.Took)
		}
	})
}

// TestFresh: every connection but the first asks where the stream is.
func TestFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPull(t, io.Discard, nil)
		var played []string
		play := func(from uint32) rtmptest.Script {
			return func(p *rtmptest.Peer) {
				played = append(played, rtmptest.StreamName(p.AcceptPlay()))
				for i := from; i < from+50; i++ {
					p.Video(40*i, numbered(i%25 == 0, i))
					time.Sleep(40 * time.Millisecond)
				}
			}
		}
		p.Client.DialContext = rtmptest.Dial(t, play(0), play(100))
		p.Retry = Retry{Attempts: 2, Delay: time.Second}
		failed := false
		p.Fresh = func(context.Context) (*rtmp.Target, error) {
			if !failed {
				failed = true
				return nil, &CommandError{errors.New("no answer")}
			}
			fresh := *p.Target
			fresh.Session = session.Config{App: "live", PlayPath: "show?key=2"}
			return &fresh, nil
		}
		learnt := 0
		p.Learn = func(*rtmp.Target) { learnt++ }
		r := p.Run(t.Context())
		if r.Stats.Frames != 100 || r.Reconnects != 1 || learnt == 0 {
			t.Errorf("%d pictures, %d connections again, %v", r.Stats.Frames, r.Reconnects, r.Err)
		}
		if len(played) != 2 || played[0] != "show" || played[1] != "show?key=2" {
			t.Errorf("played %v", played)
		}
	})
}
