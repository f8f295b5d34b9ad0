package job

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// shelf plays a recorded stream of 1000 pictures from where it is asked to, or from
// the key frame before, as fast as it can, and hangs up after n of them. What it was
// asked for, in ms, goes to starts.
func shelf(n uint32, recorded bool, starts *[]float64) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		play := p.AcceptPlay()
		start := -2000.0
		if len(play.Args) > 1 {
			start = float64(play.Args[1].(amf.Number))
		}
		*starts = append(*starts, start)
		if recorded {
			p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
		}
		i := uint32(max(start, 0)) / 40
		for i -= i % 25; i < 1000 && n > 0; n-- {
			p.Video(40*i, numbered(i%25 == 0, i))
			i++
		}
		if i == 1000 {
			p.Status("status", "NetStream.Play.Complete")
			p.Linger()
		}
	}
}

// TestRecordedBehind: a server that begins at the key frame behind the one that it is
// asked for has nothing left out.
func TestRecordedBehind(t *testing.T) {
	const group, late = 25, 23 // ms, of the first picture
	for _, first := range []uint32{1, 10, group, group + 1, 2*group + 10} {
		var starts []float64
		var out bytes.Buffer
		script := func(n uint32) rtmptest.Script {
			return func(p *rtmptest.Peer) {
				start := float64(p.AcceptPlay().Args[1].(amf.Number))
				starts = append(starts, start)
				i := uint32(0)
				for start > 0 && float64(40*i+late) <= start {
					i += group
				}
				for ; i < 1000 && n > 0; n-- {
					p.Video(40*i+late, numbered(i%group == 0, i))
					i++
				}
				if i == 1000 {
					p.Status("status", "NetStream.Play.Complete")
					p.Linger()
				}
			}
		}
		p := newPull(t, &out, nil)
		p.Client.DialContext = rtmptest.Dial(t, script(first), script(1000))
		p.Target.Session.Kind = session.Recorded
		p.Retry = Retry{Attempts: 1, Delay: 1}
		if r := p.Run(t.Context()); r.Err != nil || r.Gaps > 0 {
			t.Errorf("lost after %d pictures: %v, %d gaps, asked for %v", first, r.Err, r.Gaps, starts)
		}
		pictures(t, out.Bytes(), 1000)
	}
}

// TestRecordedAgain: a recorded stream that is lost is asked for from where the
// recording is, if it was asked for as such, or comes as such.
func TestRecordedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		kind     session.Kind
		recorded bool // it is said to be
		file     bool
	}{
		"asked for":               {kind: session.Recorded, file: true},
		"told so":                 {recorded: true, file: true},
		"from the start, told so": {kind: session.FromStart, recorded: true, file: true},
		"not told":                {},
		"live":                    {kind: session.Live, recorded: true},
	} {
		t.Run(name, func(t *testing.T) {
			var starts []float64
			var out bytes.Buffer
			p := newPull(t, &out, nil)
			p.Client.DialContext = rtmptest.Dial(t, shelf(600, test.recorded, &starts), shelf(300, test.recorded, &starts), shelf(1000, test.recorded, &starts))
			p.Target.Session.Kind = test.kind
			p.Retry = Retry{Attempts: Unlimited, Delay: 1}
			r := p.Run(t.Context())
			if !test.file {
				if len(starts) < 2 || starts[1] > 0 {
					t.Errorf("asked for %v", starts)
				}
				return
			}
			if r.Err != nil || r.Reason != StreamEnded || r.Gaps > 0 || len(starts) != 3 || starts[1] < 20_000 || starts[2] < starts[1] {
				t.Errorf("%q, %v, %d gaps, asked for %v", r.Reason, r.Err, r.Gaps, starts)
			}
			pictures(t, out.Bytes(), 1000)
		})
	}
}

// Of a recorded stream that was asked for in part no more is asked for than is left.
func TestRecordedPart(t *testing.T) {
	var starts []float64
	p := newPull(t, io.Discard, nil)
	var lengths []float64
	script := func(n uint32) rtmptest.Script {
		return func(p *rtmptest.Peer) {
			play := p.AcceptPlay()
			starts = append(starts, float64(play.Args[1].(amf.Number)))
			lengths = append(lengths, float64(play.Args[2].(amf.Number)))
			i := uint32(starts[len(starts)-1]) / 40
			for i -= i % 25; n > 0; n-- {
				p.Video(40*i, numbered(i%25 == 0, i))
				i++
			}
		}
	}
	p.Client.DialContext = rtmptest.Dial(t, script(100), script(100))
	c := &p.Target.Session
	c.Kind, c.Start, c.Length = session.Recorded, 10_000, 60_000
	p.Retry = Retry{Attempts: 1, Delay: time.Millisecond}
	if r := p.Run(t.Context()); !errors.Is(r.Err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", r.Err)
	}
	if len(starts) != 2 || starts[1] <= starts[0] || starts[1]+lengths[1] != 70_000 {
		t.Errorf("asked for %v, %v", starts, lengths)
	}
}

// TestEndOfFile: the end of a stream that came faster than it plays is the end,
// however its server says so, and whoever else has it: it is not played again.
func TestEndOfFile(t *testing.T) {
	says := map[string]func(p *rtmptest.Peer){
		"Play.Stop":  func(p *rtmptest.Peer) { p.Status("status", "NetStream.Play.Stop") },
		"Stream EOF": func(p *rtmptest.Peer) { p.UserControl(message.EventStreamEOF, rtmptest.StreamID) },
		"onPlayStatus, Play.Complete": func(p *rtmptest.Peer) {
			p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
			p.Status("status", "NetStream.Play.Complete")
		},
	}
	for name, say := range says {
		for _, backup := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				played := 0
				file := func(p *rtmptest.Peer) {
					played++
					p.AcceptPlay()
					for i := range uint32(250) {
						p.Video(40*i, numbered(i%25 == 0, i))
					}
					say(p)
				}
				p := newPull(t, io.Discard, nil)
				p.Client.DialContext = rtmptest.Dial(t, file, file, file, file)
				p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
				if backup {
					p.Backup = p.Target
				}
				r := p.Run(t.Context())
				if r.Err != nil || r.Reason != StreamEnded || played != 1 || r.Stats.Frames != 250 {
					t.Errorf("%s, a backup %t: %q, %v, played %d times, %d pictures", name, backup, r.Reason, r.Err, played, r.Stats.Frames)
				}
			})
		}
	}
}

// TestRecordedWhole: a file that a server plays as recorded, as fast as it can or as it
// is to be seen, and that is cut off anywhere, is recorded as it would be without that.
func TestRecordedWhole(t *testing.T) {
	const file = "../../../../testdata/flv/bars.flv" // 10 s
	record := func(t *testing.T, kind session.Kind, speed float64, cut time.Duration) (Result, []byte) {
		t.Helper()
		listener := rtmptest.NewListener()
		server := &serve.Server{Streams: map[string]string{"live/film": file}, Speed: speed}
		if cut > 0 {
			server.Cut = serve.Cut{Media: cut, Conns: 1}
		}
		defer serveOn(t, listener, server)()
		name := filepath.Join(t.TempDir(), "film.flv")
		files, err := OpenFiles(FilesOptions{Open: func(int) (*flvout.File, error) { return flvout.Create(name) }})
		if err != nil {
			t.Fatal(err)
		}
		p := Pull{
			Client: &rtmp.Client{DialContext: listener.Dial}, Target: filmOn("h:1935", kind),
			Files: files, Retry: Retry{Attempts: Unlimited, MaxTime: time.Minute},
		}
		r := p.Run(t.Context())
		return r, content(t, name)
	}
	for _, kind := range []session.Kind{session.Any, session.Recorded, session.FromStart} {
		for _, speed := range []float64{0, 1, 4} {
			synctest.Test(t, func(t *testing.T) {
				r, want := record(t, kind, speed, 0)
				if r.Err != nil || r.Reconnects > 0 {
					t.Fatalf("%v, %d connections", r.Err, r.Reconnects)
				}
				for _, cut := range []uint32{100, 500, 1500, 3000, 7050, 10_050} {
					r, got := record(t, kind, speed, ms(cut))
					if r.Err != nil || r.Reconnects != 1 || r.Gaps > 0 || !bytes.Equal(got, want) {
						t.Errorf("kind %d, speed %v, cut after %d ms: %v, %d connections, %d gaps, %s",
							kind, speed, cut, r.Err, r.Reconnects, r.Gaps, differAt(got, want))
					}
				}
			})
		}
	}
}
