package job

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// TestSought goes on with a file whose stream was not said to be recorded. If it is, by
// all that there is to tell, it is asked for what is missing; if it is another one, that
// is an error; and else it is recorded behind the file.
func TestSought(t *testing.T) {
	const all, part = 1000, 300
	for name, c := range map[string]struct {
		recorded bool
		duration amf.Value
		first    uint32 // picture
		paced    bool
		sought   bool
		err      error
	}{
		"recorded":                     {recorded: true, duration: amf.Number(40), sought: true},
		"recorded, as it plays":        {recorded: true, duration: amf.Number(40), paced: true, sought: true},
		"not by its server":            {duration: amf.Number(40)},
		"without a length":             {recorded: true},
		"with a length of 0":           {recorded: true, duration: amf.Number(0)},
		"another":                      {recorded: true, duration: amf.Number(40), first: 500, err: ErrAstray},
		"with another beginning, live": {recorded: true, duration: amf.Number(40), first: 500, paced: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var starts []float64
				script := func(n uint32) rtmptest.Script {
					return func(p *rtmptest.Peer) {
						start := -2000.0
						if play := p.AcceptPlay(); len(play.Args) > 1 {
							start = float64(play.Args[1].(amf.Number))
						}
						starts = append(starts, start)
						if c.recorded {
							p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
						}
						p.Data(0, metadata(c.duration)...)
						i := uint32(max(start, 0))/40 + c.first*uint32(len(starts)/2)
						for i -= i % 25; i < all && n > 0; n-- {
							if c.paced {
								time.Sleep(40 * time.Millisecond)
							}
							p.Video(40*i, numbered(i%25 == 0, i))
							i++
						}
						if i == all {
							p.Status("status", "NetStream.Play.Complete")
							p.Linger()
						}
					}
				}
				path := filepath.Join(t.TempDir(), "film.flv")
				record := func(scripts ...rtmptest.Script) Result { return resumed(t, path, scripts...) }
				record(script(part))
				r := record(script(all), script(all))
				if sought := len(starts) == 3 && starts[2] > 0; sought != c.sought || !errors.Is(r.Err, c.err) {
					t.Fatalf("asked for %v: %v", starts, r.Err)
				}
				if c.sought {
					pictures(t, content(t, path), all)
				} else if c.err != nil {
					pictures(t, content(t, path), part)
				} else if n := len(only(tags(t, content(t, path)), videoTag)); n <= part {
					t.Errorf("%d pictures", n)
				}
			})
		})
	}
}

// resumeAny takes up what was not said to be recorded.
func resumeAny(path string) func() (*flvout.File, *flvout.ResumePoint, error) {
	return func() (*flvout.File, *flvout.ResumePoint, error) { return flvout.ResumeOptions{}.Open(path) }
}

// resumed goes on with a file, if it is there, of a stream that is not said to be recorded.
func resumed(t *testing.T, path string, scripts ...rtmptest.Script) Result {
	t.Helper()
	files, err := OpenFiles(FilesOptions{
		Open:   func(int) (*flvout.File, error) { return flvout.Create(path) },
		Resume: resumeAny(path),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := newPull(t, nil, nil)
	p.Output, p.Files = nil, files
	p.Client.DialContext = rtmptest.Dial(t, scripts[0], scripts[1:]...)
	p.Target.Session.Kind = session.Any
	return p.Run(t.Context())
}

// TestSoughtSound: a stream without pictures is known by its first sounds. One of silence
// is not, since all silence is alike.
func TestSoughtSound(t *testing.T) {
	sound := newFilm(3, 40*time.Second).without(videoTag)[2:]
	silence := slices.Clone(sound)
	for i := range silence {
		silence[i].Body = []byte{0xAF, 1, 0x21}
	}
	for name, c := range map[string]struct {
		first, then film
		sought      bool
		err         error
	}{
		"the same": {sound, sound, true, nil},
		"another":  {sound, newFilm(4, 40*time.Second).without(videoTag)[2:], false, ErrAstray},
		"silence":  {silence, silence, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var starts []float64
			script := func(f film, n int) rtmptest.Script {
				return func(p *rtmptest.Peer) {
					start, _ := amf.AsNumber(append(p.AcceptPlay().Args, amf.Number(-2000))[1])
					starts = append(starts, start)
					p.UserControl(message.EventStreamIsRecorded, rtmptest.StreamID)
					p.Data(0, metadata(amf.Number(40))...)
					p.Audio(0, aacConfig(0).Body)
					for _, tg := range f[:n] {
						if float64(tg.Timestamp) >= start {
							p.Audio(tg.Timestamp, tg.Body)
						}
					}
					if n == len(f) {
						p.Status("status", "NetStream.Play.Complete")
						p.Linger()
					}
				}
			}
			path := filepath.Join(t.TempDir(), "sound.flv")
			record := func(scripts ...rtmptest.Script) Result { return resumed(t, path, scripts...) }
			record(script(c.first, len(c.first)/2))
			r := record(script(c.then, len(c.then)), script(c.then, len(c.then)))
			if sought := len(starts) == 3 && starts[2] > 0; sought != c.sought || !errors.Is(r.Err, c.err) {
				t.Fatalf("asked for %v: %v", starts, r.Err)
			}
			if n := r.Stats.Audio - 1; c.sought && int(n) != len(sound) {
				t.Errorf("%d sounds, want %d", n, len(sound))
			}
		})
	}
}
