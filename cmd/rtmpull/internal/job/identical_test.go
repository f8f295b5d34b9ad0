package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A shelved film is one that a server of ours plays as fast as it can, and how it is
// recorded.
type shelved struct {
	dial          rtmptest.DialFunc
	start, length uint32 // ms, of what is asked for; 0: from the beginning, and all
	entries       int
	inPlace       bool
	skip          int
	report        func(Event) // nil: nobody
}

// shelve puts a film on a server.
func shelve(t *testing.T, file string) *shelved {
	t.Helper()
	listener := rtmptest.NewListener()
	stop := serveOn(t, listener, &serve.Server{Streams: map[string]string{"live/film": file}})
	t.Cleanup(stop)
	return &shelved{dial: listener.Dial}
}

// record records the film to a file or goes on with it, over one connection.
func (s *shelved) record(ctx context.Context, t *testing.T, name string, dial rtmptest.DialFunc, resume bool) Result {
	t.Helper()
	to := filmOn("h:1935", session.Recorded)
	to.Session.Start, to.Session.Length = s.start, s.length
	from := ms(s.start)
	o := flvout.FileOptions{IndexEntries: s.entries, InPlace: s.inPlace}
	fo := FilesOptions{Open: func(int) (*flvout.File, error) { return o.Create(name) }}
	if resume {
		fo.Resume = func() (*flvout.File, *flvout.ResumePoint, error) {
			return flvout.ResumeOptions{FileOptions: o, Recorded: true, From: from, Skip: s.skip}.Open(name)
		}
	}
	files, err := OpenFiles(fo)
	if err != nil {
		t.Fatal(err)
	}
	if p := files.Resumed; p != nil { // as the command line does
		to.Session.Start += uint32(p.Start.Milliseconds())
	}
	p := Pull{
		Client: &rtmp.Client{DialContext: dial, SetupTimeout: time.Second, StartTimeout: time.Second, IdleTimeout: time.Second},
		Target: to, Files: files, Limits: Limits{Duration: ms(s.length)}, Report: s.report,
	}
	return p.Run(ctx)
}

// whole records the film in one go.
func (s *shelved) whole(t *testing.T) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "whole.flv")
	if r := s.record(t.Context(), t, name, s.dial, false); r.Err != nil {
		t.Fatal(r.Err)
	}
	return content(t, name)
}

func content(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hevc is the film as Enhanced RTMP has it.
func (f film) hevc() film {
	f = slices.Clone(f)
	for i, t := range f {
		if t.Type != videoTag {
			continue
		}
		b := []byte{0x90 | t.Body[0]&0x30, 'h', 'v', 'c', '1'}
		if flvout.Classify(t).Kind == flvout.KindFrame {
			b[0] |= 1
			f[i].Body = append(b, t.Body[2:]...)
		} else {
			f[i].Body = append(b, make([]byte, 23)...)
		}
	}
	return f
}

// later is the film with a clock that is not at 0 where it begins.
func (f film) later(by uint32) film {
	f = slices.Clone(f)
	for i := range f {
		f[i].Timestamp += by
	}
	return f
}

// jumping is the film with a clock that jumps.
func (f film) jumping(at, by uint32) film {
	f = slices.Clone(f)
	for i := range f {
		if f[i].Timestamp >= at {
			f[i].Timestamp += by
		}
	}
	return f
}

// reordered is the film with pictures that are shown later than they are decoded.
func (f film) reordered() film {
	f = slices.Clone(f)
	for i, t := range f {
		if t.Type == videoTag && flvout.Classify(t).Kind == flvout.KindFrame {
			b := bytes.Clone(t.Body)
			b[4] = byte(40 * (t.Timestamp / 40 % 3))
			f[i].Body = b
		}
	}
	return f
}

// differAt says where two files differ.
func differAt(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Sprintf("%d bytes, not %d, and another one at %d", len(got), len(want), at)
}

// TestIdentical breaks recordings of recorded streams off, at any byte and in any
// way, and takes them up. The file is the one that there would be without that, to
// the byte.
func TestIdentical(t *testing.T) {
	f := newFilm(5, 45*time.Second)
	part := func(s *shelved) { s.start, s.length = 3000, 5000 }
	for name, c := range map[string]struct {
		film film
		file string // instead, of testdata
		set  func(*shelved)
	}{
		"sound and pictures": {film: f},
		"sound":              {film: f.without(videoTag)},
		"pictures":           {film: f.without(audioTag)},
		"reordered pictures": {film: f.reordered()},
		"one key frame":      {film: f.sparse(1 << 30)},
		"few key frames":     {film: f.sparse(10_000)},
		"HEVC":               {film: f.hevc()},
		"a later clock":      {film: f.later(3_600_000)},
		"no index":           {film: f, set: func(s *shelved) { s.entries = -1 }},
		"a small index":      {film: f, set: func(s *shelved) { s.entries = 16 }},
		"a part":             {film: f, set: part},
		"a part, later":      {film: f.later(3_600_000), set: part},
		"a hole":             {film: f.jumping(20_000, 8000)},
		"a jump ahead":       {film: f.jumping(20_000, 3_600_000)},
		"no metadata":        {film: f[1:]},
		"bars.flv":           {file: "bars.flv"},
		"minute.flv":         {file: "minute.flv"},
		"audio.flv":          {file: "audio.flv"},
		"video.flv":          {file: "video.flv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("../../../../testdata/flv", c.file)
			if c.film != nil {
				file = c.film.write(t)
			}
			s := shelve(t, file)
			if c.set != nil {
				c.set(s)
			}
			want := s.whole(t)
			rounds := 6
			if testing.Short() {
				rounds = 2
			}
			for seed := range uint64(rounds) {
				s.inPlace, s.skip = seed%2 == 0, int(seed%3)
				for _, way := range ways {
					path := filepath.Join(t.TempDir(), "film.flv")
					how := way.breakOff(t, s, path, len(want), rand.New(rand.NewPCG(seed, 1)))
					r := s.record(t.Context(), t, path, s.dial, true)
					if got := content(t, path); r.Err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s %d, %s: %v, %s", way.name, seed, how, r.Err, differAt(got, want))
					}
				}
			}
		})
	}
}

// ways are how recordings end early. What is left behind is a recording, finished or
// not, or nothing; how tells of it.
var ways = []struct {
	name     string
	breakOff func(t *testing.T, s *shelved, path string, size int, random *rand.Rand) (how string)
}{
	{"complete", func(t *testing.T, s *shelved, path string, _ int, _ *rand.Rand) string {
		r := s.record(t.Context(), t, path, s.dial, false)
		return fmt.Sprint(r.Err)
	}},
	{"lost", func(t *testing.T, s *shelved, path string, size int, random *rand.Rand) string {
		r := s.record(t.Context(), t, path, s.cut(t, random, size), false)
		return fmt.Sprint(r.Err, r.Duration)
	}},
	{"lost twice", func(t *testing.T, s *shelved, path string, size int, random *rand.Rand) string {
		r := s.record(t.Context(), t, path, s.cut(t, random, size/2), false)
		q := s.record(t.Context(), t, path, s.cut(t, random, size/2), true)
		return fmt.Sprint(r.Err, r.Duration, q.Err, q.Duration)
	}},
	{"killed", func(t *testing.T, s *shelved, path string, size int, random *rand.Rand) string {
		if s.inPlace {
			return s.kill(t, random, size, path, path)
		}
		return s.kill(t, random, size, path, path+".part")
	}},
	{"torn", func(t *testing.T, s *shelved, path string, _ int, random *rand.Rand) string {
		s.record(t.Context(), t, path, s.dial, false)
		b := content(t, path)
		n := len(b) - random.IntN(len(b)/2)
		if err := os.WriteFile(path, b[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(n)
	}},
}

// cut is a way to the server that breaks within so many bytes.
func (s *shelved) cut(t *testing.T, random *rand.Rand, size int) rtmptest.DialFunc {
	c := &rtmptest.Cutter{Seed: random.Uint64(), Cuts: 1, Bytes: int64(size / 2)}
	return c.Dial(t, s.dial)
}

// kill makes the file that a recording leaves that is killed.
func (s *shelved) kill(t *testing.T, random *rand.Rand, size int, path, left string) string {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other := filepath.Join(t.TempDir(), "other.flv")
	after := int64(4000 + random.IntN(size))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.record(ctx, t, other, frozen(s.dial, after, func() {
			from := other
			if !s.inPlace {
				from += ".part"
			}
			b, err := os.ReadFile(from)
			if err == nil {
				b = b[:len(b)-random.IntN(1+min(len(b), 2000))]
				err = os.WriteFile(left, b, 0o600)
			}
			if err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
			cancel()
		}), false)
	}()
	<-done
	return fmt.Sprint(after)
}

// frozen is a way to the server on which, after so many bytes, something is done
// instead of reading on.
func frozen(dial rtmptest.DialFunc, after int64, do func()) rtmptest.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		return &frozenConn{c, after, sync.OnceFunc(do)}, err
	}
}

type frozenConn struct {
	net.Conn
	left int64
	do   func()
}

func (c *frozenConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		c.do()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// TestResumeAnother takes a recording up whose stream has become another one since, or
// ends before the recording does. What is there stays, and nothing else comes there.
func TestResumeAnother(t *testing.T) {
	f := newFilm(5, 45*time.Second)
	first := shelve(t, f.write(t))
	for name, c := range map[string]struct {
		film film
		grow bool // it goes behind what there is
		err  error
	}{
		"another":                   {film: newFilm(6, 2*time.Minute), err: ErrAstray},
		"a short one":               {film: newFilm(6, 10*time.Second), err: rtmp.ErrNoMedia},
		"the same, and shorter":     {film: f[:len(f)/2], err: rtmp.ErrNoMedia},
		"the same, and longer":      {film: newFilm(5, 60*time.Second), grow: true},
		"sound alone":               {film: newFilm(6, 2*time.Minute).without(videoTag), err: ErrAstray},
		"the same, and another end": {film: append(slices.Clone(f[:len(f)*9/10]), newFilm(6, 2*time.Minute)[len(f)*9/10:]...), err: ErrAstray},
	} {
		for _, inPlace := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in place %t", name, inPlace), func(t *testing.T) {
				t.Parallel()
				s := *first
				s.inPlace = inPlace
				path := filepath.Join(t.TempDir(), "film.flv")
				s.record(t.Context(), t, path, s.dial, false)
				was := content(t, path)
				s.dial = shelve(t, c.film.write(t)).dial
				r := s.record(t.Context(), t, path, s.dial, true)
				is := content(t, path)
				if !errors.Is(r.Err, c.err) {
					t.Errorf("got %v, want %v", r.Err, c.err)
				}
				if grows := len(is) > len(was); grows != c.grow || !grows && !bytes.Equal(is, was) {
					t.Errorf("it has %d bytes, and had %d", len(is), len(was))
				}
				old, now := tags(t, was), tags(t, is)
				same(t, now[1:min(len(now), len(old)-1)], old[1:len(old)-1]) // but for onMetaData, and the end
				if done, err := flvout.Repair(path, flvout.RepairOptions{DryRun: true}); err != nil || done.Action != flvout.ActionNone {
					t.Errorf("to be mended: %+v, %v", done, err)
				}
			})
		}
	}
}

// TestResumeLocked leaves a recording alone that is being made.
func TestResumeLocked(t *testing.T) {
	s := shelve(t, newFilm(5, 10*time.Second).write(t))
	for _, s.inPlace = range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "film.flv")
		var failed error
		s.record(t.Context(), t, path, frozen(s.dial, 100_000, func() {
			o := flvout.FileOptions{InPlace: s.inPlace}
			_, _, failed = flvout.ResumeOptions{FileOptions: o, Recorded: true}.Open(path)
		}), false)
		if !errors.Is(failed, flvout.ErrLocked) {
			t.Errorf("got %v, want ErrLocked", failed)
		}
		if n := len(content(t, path)); n < 50_000 {
			t.Errorf("the recording has %d bytes", n)
		}
	}
}
