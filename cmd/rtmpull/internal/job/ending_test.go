package job

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A reel is a recorded stream of n pictures, every ms, of which each 25th is a key
// frame. Its server begins at the key frame before what is asked for.
type reel struct {
	n, every  uint32
	says      float64 // it lasts, s; 0: it does not say
	unmarked  bool    // and does not say either that it is recorded
	complete  bool    // and in the end it says that this is all, and not only that it stops
	deaf      bool    // it begins at the beginning, whatever it is asked for
	asked     []float64
	remaining []float64 // that was asked for; -1: all
}

// visit is one connection: it plays until the picture to, and says that this is all or
// hangs up.
func (r *reel) visit(to uint32, complete bool) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		play := p.AcceptPlay()
		number := func(i int, or float64) float64 {
			if i < len(play.Args) {
				n, _ := amf.AsNumber(play.Args[i])
				return n
			}
			return or
		}
		start, length := number(1, -2000), number(2, -1)
		r.asked, r.remaining = append(r.asked, start), append(r.remaining, length)
		if !r.unmarked {
			p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
		}
		if r.says > 0 {
			p.Data(0, metadata(amf.Number(r.says))...)
		}
		if r.deaf {
			start = 0
		}
		i := uint32(max(start, 0)) / r.every
		for i -= i % 25; i < min(to, r.n) && (length < 0 || r.every*i < uint32(max(start, 0)+length)); i++ {
			p.Video(r.every*i, numbered(i%25 == 0, i))
		}
		if complete && r.complete {
			p.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
		}
		if complete {
			p.Status("status", "NetStream.Play.Stop")
			p.Linger()
		}
	}
}

// TestCompleteness: when a recorded stream is complete, what of it is asked for once
// more, and when it is said to be short.
func TestCompleteness(t *testing.T) {
	type visit struct {
		to       uint32 // pictures
		complete bool
	}
	const all = 1 << 20
	film := reel{n: 500, every: 40, says: 20} // 20 s
	full, deaf, both := film, film, film
	full.complete, deaf.deaf, both.complete, both.deaf = true, true, true, true
	for name, test := range map[string]struct {
		reel          reel
		kind          session.Kind
		start, length uint32 // ms
		visits        []visit
		patient       bool // it is connected again
		pictures      int
		lost, short   bool
		early         bool // it is told that there is no more of it
	}{
		"all of it":                   {reel: film, kind: session.Recorded, visits: []visit{{all, true}}, pictures: 500, patient: true},
		"more than it says":           {reel: reel{n: 500, every: 40, says: 15}, kind: session.Recorded, visits: []visit{{all, true}}, pictures: 500, patient: true},
		"a little less than it says":  {reel: reel{n: 500, every: 40, says: 20.9}, kind: session.Recorded, visits: []visit{{all, true}}, pictures: 500, patient: true},
		"does not say":                {reel: reel{n: 500, every: 40}, kind: session.Recorded, visits: []visit{{250, true}}, pictures: 250, patient: true},
		"slides":                      {reel: reel{n: 6, every: 10_000, says: 60}, kind: session.Recorded, visits: []visit{{all, true}}, pictures: 6, patient: true},
		"less than it says":           {reel: film, kind: session.Recorded, visits: []visit{{250, true}, {250, true}}, pictures: 250, short: true, patient: true},
		"less, from the start":        {reel: film, kind: session.FromStart, visits: []visit{{250, true}, {250, true}}, pictures: 250, short: true, patient: true},
		"less, and no connection":     {reel: film, kind: session.Recorded, visits: []visit{{250, true}}, pictures: 250, short: true},
		"less, unmarked":              {reel: reel{n: 500, every: 40, says: 20, unmarked: true}, visits: []visit{{250, true}, {250, true}}, pictures: 250, short: true, patient: true},
		"less at first":               {reel: film, kind: session.FromStart, visits: []visit{{250, true}, {all, true}}, pictures: 500, patient: true},
		"less, and then nothing":      {reel: film, kind: session.Recorded, visits: []visit{{250, true}, {0, true}}, pictures: 250, short: true, patient: true},
		"less, more, less":            {reel: film, kind: session.Recorded, visits: []visit{{250, true}, {400, true}, {400, true}}, pictures: 400, short: true, patient: true},
		"less, and that is all":       {reel: full, kind: session.Recorded, visits: []visit{{250, true}, {250, true}}, pictures: 250, early: true, patient: true},
		"all of it, from the start":   {reel: full, kind: session.FromStart, visits: []visit{{250, true}, {250, true}}, pictures: 250, early: true, patient: true},
		"all of it, of a part":        {reel: full, kind: session.Recorded, start: 4000, length: 8000, visits: []visit{{200, true}, {200, true}}, pictures: 100, early: true, patient: true},
		"all of it, then nothing":     {reel: full, kind: session.Recorded, visits: []visit{{250, true}, {0, true}}, pictures: 250, early: true, patient: true},
		"all of it, and then more":    {reel: full, kind: session.Recorded, visits: []visit{{250, true}, {400, true}, {400, true}}, pictures: 400, early: true, patient: true},
		"all of it, and then the end": {reel: full, kind: session.Recorded, visits: []visit{{250, true}, {all, true}}, pictures: 500, patient: true},
		"all of it, not asked again":  {reel: full, kind: session.Recorded, visits: []visit{{250, true}}, pictures: 250, short: true},
		"less, from the beginning":    {reel: deaf, kind: session.Recorded, visits: []visit{{450, true}, {450, true}}, pictures: 450, short: true, patient: true},
		"all, from the beginning":     {reel: both, kind: session.Recorded, visits: []visit{{250, true}, {250, true}}, pictures: 250, early: true, patient: true},
		"cut":                         {reel: film, kind: session.Recorded, visits: []visit{{250, false}}, pictures: 250, lost: true},
		"cut, and taken up":           {reel: film, visits: []visit{{100, false}, {200, false}, {all, true}}, pictures: 500, patient: true},
		"cut, unmarked, and taken up": {reel: reel{n: 500, every: 40, says: 20, unmarked: true}, kind: session.FromStart, visits: []visit{{100, false}, {all, true}}, pictures: 500, patient: true},
		"cut in the end":              {reel: film, kind: session.Recorded, visits: []visit{{500, false}}, pictures: 500},
		"cut in the end, twice":       {reel: film, kind: session.Recorded, visits: []visit{{500, false}, {500, false}}, pictures: 500, patient: true},
		"cut before the end":          {reel: film, kind: session.Recorded, visits: []visit{{499, false}, {all, true}}, pictures: 500, patient: true},
		"a part":                      {reel: film, kind: session.Recorded, start: 4000, length: 8000, visits: []visit{{all, true}}, pictures: 200, patient: true},
		"a part, cut in its end":      {reel: film, kind: session.Recorded, start: 4000, length: 8000, visits: []visit{{300, false}}, pictures: 200},
		"a part, cut":                 {reel: film, kind: session.Recorded, start: 4000, length: 8000, visits: []visit{{250, false}, {all, true}}, pictures: 200, patient: true},
		"a part, less":                {reel: film, kind: session.Recorded, start: 4000, length: 8000, visits: []visit{{200, true}, {200, true}}, pictures: 100, short: true, patient: true},
		"a part beyond the end":       {reel: film, kind: session.Recorded, start: 15_000, length: 8000, visits: []visit{{all, true}}, pictures: 125, patient: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := test.reel
				var out bytes.Buffer
				p := newPull(t, &out, nil)
				var scripts []rtmptest.Script
				for _, v := range test.visits {
					scripts = append(scripts, r.visit(v.to, v.complete))
				}
				p.Client.DialContext = rtmptest.Dial(t, scripts[0], scripts[1:]...)
				c := &p.Target.Session
				c.Kind, c.Start, c.Length = test.kind, test.start, test.length
				if test.patient {
					p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
				}
				early := false
				p.Report = func(e Event) { early = early || e.Kind == EndsEarly }
				result := p.Run(t.Context())
				if early != test.early {
					t.Errorf("that there is no more was told: %t", early)
				}
				var short *ShortError
				switch {
				case errors.As(result.Err, &short) != test.short, test.lost && !errors.Is(result.Err, io.ErrUnexpectedEOF):
					t.Errorf("%q, %v", result.Reason, result.Err)
				case (result.Err != nil) != (test.short || test.lost):
					t.Errorf("%q, %v", result.Reason, result.Err)
				}
				if len(r.asked) != len(test.visits) {
					t.Errorf("asked for %v, want %d times", r.asked, len(test.visits))
				}
				if got := int(result.Stats.Frames); got != test.pictures || result.Gaps > 0 && r.every < 1000 {
					t.Errorf("%d pictures, want %d, with %d gaps", got, test.pictures, result.Gaps)
				}
				if test.start == 0 && r.every == 40 {
					pictures(t, out.Bytes(), uint32(test.pictures))
				}
			})
		})
	}
}

// TestCompleteTakenBack: a server has said that it has sent all, and then has not even that,
// and does not say so any more.
func TestCompleteTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		film := reel{n: 500, every: 40, says: 20}
		full := film
		full.complete = true
		p := newPull(t, new(bytes.Buffer), nil)
		p.Client.DialContext = rtmptest.Dial(t, full.visit(250, true), film.visit(0, true))
		p.Target.Session.Kind = session.Recorded
		p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
		if got := p.Run(t.Context()); !errors.As(got.Err, new(*ShortError)) {
			t.Errorf("%q, %v", got.Reason, got.Err)
		}
	})
}

// Where what comes twice would be recorded twice, nothing is asked for once more.
func TestCompletenessRaw(t *testing.T) {
	for to, short := range map[uint32]bool{250: true, 500: false} {
		r := reel{n: 500, every: 40, says: 20}
		var out bytes.Buffer
		p := newPull(t, &out, r.visit(to, short))
		p.Target.Session.Kind, p.Splice.Raw = session.Recorded, true
		p.Retry = Retry{Attempts: Unlimited, MaxTime: time.Minute}
		got := p.Run(t.Context())
		if e := (*ShortError)(nil); errors.As(got.Err, &e) != short || (got.Err != nil) != short || len(r.asked) != 1 {
			t.Errorf("%q, %v, asked for %v", got.Reason, got.Err, r.asked)
		}
		pictures(t, out.Bytes(), to)
	}
}

// The place where a stream is to stop is kept to if the server does not care.
func TestStop(t *testing.T) {
	for _, kind := range []session.Kind{session.Recorded, session.FromStart} {
		r := reel{n: 500, every: 40, says: 20}
		p := newPull(t, new(bytes.Buffer), func(p *rtmptest.Peer) {
			p.AcceptPlay()
			for i := uint32(75); i < r.n; i++ { // the key frame before
				p.Video(40*i, numbered(i%25 == 0, i))
			}
			p.Linger()
		})
		c := &p.Target.Session
		c.Kind, c.Start, c.Length = kind, 3500, 4500
		if got := p.Run(t.Context()); got.Reason != DurationReached || got.Stats.Frames != 125 {
			t.Errorf("%q, %v, %d pictures", got.Reason, got.Err, got.Stats.Frames)
		}
	}
}

// It is too if the server begins at the beginning, whatever it is asked for, and the first
// key frame is the one to begin with.
func TestStopDeaf(t *testing.T) {
	all := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for i := range uint32(60) {
			p.Video(1000*i, numbered(i%25 == 0, i))
		}
		p.Linger()
	}
	p := newPull(t, new(bytes.Buffer), nil)
	p.Client.DialContext = rtmptest.Dial(t, all, all)
	c := &p.Target.Session
	c.Kind, c.Start, c.Length = session.Recorded, 13_000, 10_000
	if got := p.Run(t.Context()); got.Err != nil || got.Stats.Frames != 23 {
		t.Errorf("%q, %v, %d pictures", got.Reason, got.Err, got.Stats.Frames)
	}
}

// Nothing is where the stream is long over.
func TestBeyond(t *testing.T) {
	r := reel{n: 500, every: 40, says: 20}
	p := newPull(t, new(bytes.Buffer), r.visit(0, true))
	c := &p.Target.Session
	c.Kind, c.Start = session.Recorded, 90_000
	got := p.Run(t.Context())
	if beyond := (&BeyondError{}); !errors.As(got.Err, &beyond) || beyond.Start != 90*time.Second || !errors.Is(got.Err, rtmp.ErrNoMedia) || got.Media {
		t.Errorf("%q, %v", got.Reason, got.Err)
	}
}
