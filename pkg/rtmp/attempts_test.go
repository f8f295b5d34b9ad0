package rtmp_test

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestAttempts: which of two attempts has the last word.
func TestAttempts(t *testing.T) {
	refuses := func(p *rtmptest.Peer) { // as nginx-rtmp does an application that it does not know
		p.Handshake()
		p.Expect("connect")
	}
	wordless := func(p *rtmptest.Peer) {
		p.Handshake()
		p.Command(0, "_error", p.Expect("connect").TransactionID, nil)
		p.Linger()
	}
	inWords := func(p *rtmptest.Peer) {
		p.Handshake()
		p.Error(p.Expect("connect"), "NetConnection.Connect.InvalidApp", "")
		p.Linger()
	}
	tell(t, []story{
		{name: "hangs up at connect, three times", scripts: []rtmptest.Script{refuses, refuses, refuses},
			phase: rtmp.PhaseConnect, err: io.ErrUnexpectedEOF},
		{name: "refuses connect without a word, but not the last one", scripts: []rtmptest.Script{wordless, wordless,
			func(p *rtmptest.Peer) {
				p.AcceptPlay()
				p.Video(0, payload)
				stop(p)
			}}, got: 1, err: io.EOF},
		{name: "refuses connect without a word", scripts: []rtmptest.Script{wordless, wordless, wordless},
			phase: rtmp.PhaseConnect, says: "connect: refused without a reason"},
		{name: "hangs up on createStream, then refuses in words", scripts: []rtmptest.Script{(*rtmptest.Peer).AcceptConnect, inWords},
			phase: rtmp.PhaseConnect, says: "NetConnection.Connect.InvalidApp"},
		{name: "hangs up on createStream, and then is gone", scripts: []rtmptest.Script{(*rtmptest.Peer).AcceptConnect},
			phase: rtmp.PhaseCreateStream, err: io.ErrUnexpectedEOF},
		{name: "hangs up at connect, then during the handshake", scripts: []rtmptest.Script{refuses, hangUp},
			phase: rtmp.PhaseConnect, err: io.ErrUnexpectedEOF},
		{name: "hangs up during the handshake, then at connect", scripts: []rtmptest.Script{hangUp, refuses},
			phase: rtmp.PhaseConnect, err: io.ErrUnexpectedEOF},
		{name: "hangs up on createStream, but not on a cautious one", scripts: []rtmptest.Script{
			func(p *rtmptest.Peer) { p.AcceptConnect() },
			func(p *rtmptest.Peer) {
				p.AcceptPlay()
				p.Video(0, payload)
				stop(p)
			},
		}, got: 1, err: io.EOF},
		{name: "the end is announced, and the grace is longer than the patience",
			client: rtmp.Client{IdleTimeout: 3 * time.Second, EOFGrace: 5 * time.Second},
			scripts: playing(func(p *rtmptest.Peer) {
				p.Video(0, payload)
				p.UserControl(message.EventStreamEOF, rtmptest.StreamID)
				p.Linger()
			}), got: 1, err: io.EOF, took: 5 * time.Second},
	})
}

// TestBeforeWait: a frame that came together with the beginning of another is
// flushed before the rest of that is waited for, and again when that is asked for.
func TestBeforeWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, payload)
			_, _ = p.Write([]byte{4, 0, 0, 40, 0, 1, 0, 9, 7, 0, 0, 0, 1, 2, 3}) // of 256 bytes
			p.Linger()
		})}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // all has been sent
		var calls []time.Time
		p.BeforeWait(func() (again time.Time) {
			calls = append(calls, time.Now())
			if len(calls) < 3 {
				again = time.Now().Add(7 * time.Second)
			}
			return again
		})
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		before := time.Now()
		calls = nil // the first Next may have had to wait, or not
		time.AfterFunc(time.Minute, func() { _ = p.Close() })
		if m, err := p.Next(); err == nil {
			t.Errorf("got %v", m)
		}
		if want := []time.Time{before, before.Add(7 * time.Second), before.Add(14 * time.Second)}; !slices.Equal(calls, want) {
			t.Errorf("called at %v, want %v, from when Next began to wait", calls, want)
		}
	})
}
