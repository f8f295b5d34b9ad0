package job

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A film is a stream of H.264 and AAC in the order of time, headers first, of which
// no two frames are alike.
type film []flvout.Tag

// newFilm makes a film of 25 pictures a second, with a key frame each second.
func newFilm(seed uint64, length time.Duration) film {
	const (
		perGroup = 25
		picture  = 40 // ms
		samples  = 1024
		rate     = 44100
	)
	random := rand.New(rand.NewPCG(seed, 0))
	body := func(n uint32, size int, head ...byte) []byte {
		b := binary.BigEndian.AppendUint32(head, n)
		for range size {
			b = append(b, byte(random.Uint32()))
		}
		return b
	}
	f := film{script(0, "onMetaData"), avcConfig(0, 1), aacConfig(0)}
	sound := uint64(0)
	for n := uint32(0); time.Duration(n)*picture*time.Millisecond < length; n++ {
		ts := n * picture
		for at := uint32(sound * samples * 1000 / rate); at <= ts; at = uint32(sound * samples * 1000 / rate) {
			f = append(f, flvout.Tag{Type: audioTag, Timestamp: at, Body: body(uint32(sound), 40+random.IntN(80), 0xAF, 1, 0x21)})
			sound++
		}
		b := []byte{0x27, 1, 0, 0, 0, 0, 0, 0, 0, 0x41}
		size := 100 + random.IntN(800)
		if n%perGroup == 0 {
			b[0], b[9] = 0x17, 0x65
			size += 3000
		}
		b = body(n, size, b...)
		binary.BigEndian.PutUint32(b[5:], uint32(len(b)-9))
		f = append(f, flvout.Tag{Type: videoTag, Timestamp: ts, Body: b})
	}
	return f
}

// frames are where the frames of a film are in it, by their bodies.
func (f film) frames() map[string]int {
	at := make(map[string]int, len(f))
	for i, t := range f {
		if flvout.Classify(t).Kind == flvout.KindFrame {
			at[string(t.Body)] = i
		}
	}
	return at
}

// write makes a file of it.
func (f film) write(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "film.flv")
	if err := os.WriteFile(name, flv(f...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// publish sends it, speed times as fast as it plays, and takes its leave.
func (f film) publish(ctx context.Context, dial rtmptest.DialFunc, to *rtmp.Target, speed float64) error {
	client := rtmp.Client{DialContext: dial}
	p, err := client.Publish(ctx, to)
	if err != nil {
		return err
	}
	begun := time.Now()
	for i := range f {
		t := &f[i]
		due := begun.Add(time.Duration(float64(t.Timestamp) / speed * float64(time.Millisecond)))
		if wait := time.Until(due); wait > 0 {
			if err := p.Flush(); err != nil {
				return err
			}
			time.Sleep(wait)
		}
		if err := p.Write(&message.Message{Type: message.Type(t.Type), Timestamp: t.Timestamp, Payload: t.Body}); err != nil {
			return err
		}
	}
	return p.Close()
}

// serveOn serves until stop is called.
func serveOn(t *testing.T, l net.Listener, s *serve.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

// filmOn is the stream live/film of a server.
func filmOn(addr string, kind session.Kind) *rtmp.Target {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return &rtmp.Target{Scheme: "rtmp", Host: host, Port: n, Session: session.Config{App: "live", PlayPath: "film", Kind: kind}}
}

// openOne opens a file to record to.
func openOne(t *testing.T) (files *Files, name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "film.flv")
	files, err := OpenFiles(FilesOptions{Open: func(int) (*flvout.File, error) { return flvout.Create(name) }})
	if err != nil {
		t.Fatal(err)
	}
	return files, name
}

// TestCutLive records ten minutes of a live stream through a line that is cut some
// hundred times. All that ever arrived is in the recording, once, at its time; and
// what is told to be missing is what is.
func TestCutLive(t *testing.T) {
	f := newFilm(1, 10*time.Minute)
	for _, seed := range []uint64{1, 2, 3, 4, 5} {
		synctest.Test(t, func(t *testing.T) {
			l := rtmptest.NewListener()
			stop := serveOn(t, l, &serve.Server{})
			published := make(chan error, 1)
			go func() { published <- f.publish(t.Context(), l.Dial, filmOn("h:1935", session.Any), 1) }()
			time.Sleep(time.Second)

			cutter := &rtmptest.Cutter{Seed: seed, Cuts: 200, Bytes: 40_000, Pause: 3 * time.Second, Freeze: true}
			var tap rtmptest.Tap
			var told events
			files, name := openOne(t)
			p := &Pull{
				Client: &rtmp.Client{DialContext: tap.Dial(cutter.Dial(t, l.Dial)), IdleTimeout: 2 * time.Second},
				Target: filmOn("h:1935", session.Any), Files: files,
				Retry:  Retry{Attempts: Unlimited, First: true, Delay: minRetryDelay, MaxDelay: minRetryDelay},
				Report: told.add,
			}
			ctx, cancel := context.WithTimeout(t.Context(), 11*time.Minute)
			defer cancel()
			r := p.Run(ctx)
			if err := <-published; err != nil {
				t.Errorf("seed %d: the publisher: %v", seed, err)
			}
			stop()
			if r.Err != nil || r.Reason != StreamEnded {
				t.Errorf("seed %d: ended with %v, %q", seed, r.Err, r.Reason)
			}
			checkCut(t, f, name, tap.Connections(), &r, &told)
			for _, e := range told.list {
				switch e.Kind {
				case Gap, Rejoined, Repeat, Jump, Loops, Oddity:
					t.Logf("EV %s at %v: type %v %d to %d gap %v missing %v tags %d", e.Kind, e.Splice.At, e.Splice.Type, e.Splice.From, e.Splice.To, e.Splice.Gap, e.Splice.Missing, e.Splice.Tags)
				}
			}
			t.Logf("%d cuts, %d reconnects, %d gaps, missing %v", len(cutter.Made()), r.Reconnects, r.Gaps, r.Mended.Missing)
		})
	}
}

// checkCut compares a recording with what arrived of a film.
func checkCut(t *testing.T, f film, name string, arrived [][]*message.Message, r *Result, told *events) {
	t.Helper()
	index := f.frames()
	want := make([]bool, len(f))
	for _, ms := range arrived {
		keyed := false
		for _, m := range ms {
			i, ok := index[string(m.Payload)]
			if !ok {
				continue
			}
			keyed = keyed || m.Type == message.TypeVideo && m.Payload[0] == 0x17
			want[i] = want[i] || keyed
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	var times []uint32
	for _, tg := range tags(t, b) {
		if i, ok := index[string(tg.Body)]; ok {
			got = append(got, i)
			times = append(times, tg.Timestamp)
		}
	}
	if len(got) == 0 {
		t.Fatal("nothing is recorded")
	}
	lost, twice, disorder, late := 0, 0, 0, 0
	count := make([]int, len(f))
	shift := int64(times[0]) - int64(f[got[0]].Timestamp)
	for n, i := range got {
		count[i]++
		if n > 0 && i <= got[n-1] {
			t.Logf("DISORDER at %d: film %d ms after %d ms, type %v", times[n], f[i].Timestamp, f[got[n-1]].Timestamp, f[i].Type)
		}
		if d := int64(times[n]) - int64(f[i].Timestamp); d != shift {
			t.Logf("SHIFT at %d: film %d (before %d) shift %d to %d type %v", times[n], f[i].Timestamp, f[got[n-1]].Timestamp, shift, d, f[i].Type)
			shift = d
		}
		if n > 0 && i <= got[n-1] {
			disorder++
		}
		if times[n] != f[i].Timestamp-f[got[0]].Timestamp+times[0] {
			late++
		}
	}
	missing := 0
	for i := range f {
		if want[i] && count[i] == 0 {
			lost++
		}
		if count[i] > 1 {
			twice++
		}
		if f[i].Type == videoTag && i > got[0] && count[i] == 0 {
			missing++
		}
	}
	if lost+twice+disorder+late > 0 {
		t.Errorf("%d frames are lost, %d are there more than once, %d out of order, %d at another time", lost, twice, disorder, late)
	}
	t.Logf("%d recorded; missing pictures %d: %v, told %v", len(got), missing, time.Duration(missing)*40*time.Millisecond, r.Mended.Missing)
}
