package flvout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// A files is a sink that begins a new file when it is asked to, as a Rotator
// does: with the headers in force, ahead of the first frame.
type files struct {
	*Writer
	list    []*bytes.Buffer
	headers Headers
	fresh   bool
}

func newFiles() *files {
	f := new(files)
	f.next()
	return f
}

func (f *files) next() {
	b := new(bytes.Buffer)
	f.list, f.Writer, f.fresh = append(f.list, b), NewWriter(b), true
}

func (f *files) Split() error {
	err := f.Writer.Close()
	f.next()
	return err
}

func (f *files) WriteTag(t Tag) error {
	c := Classify(t)
	return f.write(t, &c)
}

func (f *files) write(t Tag, c *Class) error {
	f.headers.Put(t, c)
	if c.Kind == KindConfig || c.Kind == KindColorInfo {
		if f.fresh {
			return nil
		}
	} else if f.fresh && c.movesClock() {
		f.fresh = false
		t.Body = bytes.Clone(t.Body)
		for i := range f.headers.Len() {
			if err := f.Writer.WriteTag(f.headers.At(i)); err != nil {
				return err
			}
		}
	}
	return f.Writer.write(t, c)
}

// A spliced is what came of a stream: its files, what was told, and what was
// counted.
type spliced struct {
	files  [][]byte
	told   []string
	events []SpliceEvent
	fixed  Corrections
	stats  Stats
}

// splice sends a live case through a Splicer.
func splice(t testing.TB, tags []flvtest.Tag, o SplicerOptions) (r spliced) {
	t.Helper()
	out := newFiles()
	o.Event = func(e SpliceEvent) {
		r.events = append(r.events, e)
		r.told = append(r.told, e.Kind.String())
	}
	s := NewSplicer(out, o)
	for i, tg := range tags {
		if tg.Rejoin {
			if err := s.Rejoin(); err != nil {
				t.Fatal(err)
			}
		}
		s.Arrived(tg.Arrival)
		body := lend(s, tg.Body)
		if err := s.WriteTag(Tag{tg.Type, tg.Timestamp, body}); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, b := range out.list {
		r.files = append(r.files, b.Bytes())
	}
	r.fixed, r.stats = s.Corrections(), s.Stats()
	return r
}

// lend puts a body where the connection puts it: into the sink's buffer, if
// there is room.
func lend(s Sink, body []byte) []byte {
	if b := s.AvailableBuffer(len(body)); b != nil {
		return append(b, body...)
	}
	return body
}

// split returns the tags of all files, which must be right.
func (r *spliced) split(t testing.TB) (tags []flvtest.Tag) {
	t.Helper()
	for i, b := range r.files {
		list, err := flvtest.Split(b)
		if err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		tags = append(tags, list...)
	}
	return tags
}

// TestSplicerCases sends all streams of flvtest through a Splicer, and judges
// what comes out by flvtest, go-flv and ffprobe.
func TestSplicerCases(t *testing.T) {
	// What is told of each case; nothing of the others.
	told := map[string]string{
		"09":   "clock jumped",
		"09g":  "gap",
		"10":   "clock jumped",
		"11":   "clock wrapped at 2^24 ms",
		"14":   "header changed, header changed",
		"15":   "header missing",
		"15b":  "header missing",
		"15s":  "header made",
		"17":   "repeat dropped",
		"17b":  "rejoined, repeat dropped",
		"17b0": "rejoined, repeat dropped",
		"17d":  "rejoined",
		"17e":  "header changed, header changed, rejoined",
	}
	for c := range flvtest.Cases(t, flvtest.Live) {
		if c.ID == "43" {
			continue // nine thousand key frames: nothing to splice
		}
		t.Run(c.ID, func(t *testing.T) {
			r := splice(t, c.Tags, SplicerOptions{})
			if got := strings.Join(r.told, ", "); got != told[c.ID] {
				t.Errorf("%s: told %q, want %q", c.Name, got, told[c.ID])
			}
			if len(r.files) != c.Want.Files {
				t.Errorf("%s: %d files, want %d", c.Name, len(r.files), c.Want.Files)
			}
			got := r.split(t)
			video, audio := flvtest.Frames(got)
			if c.Want.Video >= 0 && video != c.Want.Video || c.Want.Audio >= 0 && audio != c.Want.Audio {
				t.Errorf("%s: got %d and %d frames, want %d and %d", c.Name, video, audio, c.Want.Video, c.Want.Audio)
			}
			if c.Want.Media != nil && c.Want.Files == 1 {
				if err := flvtest.Compare(flvtest.Media(got), c.Want.Media, c.Want.Slack); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			}
			t.Logf("%+v %v", r.fixed, r.events)
		})
	}
}

// TestSplicerOutput lets ffprobe and go-flv read what comes out.
func TestSplicerOutput(t *testing.T) {
	for _, c := range []struct {
		id             string
		packets, files int // of all files
		last           int64
	}{
		{"09g", 1500 + 2585, 1, 89_960},
		{"10", 1500 + 2585, 1, 59_960},
		{"11", 1500 + 2585, 1, 59_960},
		{"12b", 1500 + 2585, 1, 59_960},
		{"15s", 1500 + 2585, 1, 59_960},
		{"16", 1450 + 2505, 1, 58_040},
		{"17b", 1500 + 2585, 1, 59_960},
		{"34", 1500 + 2585, 1, 60_000},
	} {
		t.Run(c.id, func(t *testing.T) {
			r := splice(t, flvtest.Get(t, c.id).Tags, SplicerOptions{})
			oracle(t, r.files[0])
			p := ffprobe(t, "-", r.files[0])
			if len(p.Packets) != c.packets || len(p.Streams) != 2 {
				t.Errorf("%d packets in %d streams, want %d in 2", len(p.Packets), len(p.Streams), c.packets)
			}
			var last [2]int64
			for i, k := range p.Packets {
				n := 0
				if k.CodecType == "video" {
					n = 1
				}
				if k.DTS < last[n] {
					t.Fatalf("packet %d: %s goes back from %d to %d", i, k.CodecType, last[n], k.DTS)
				}
				last[n] = k.DTS
			}
			if d := last[1] - c.last; d < -60 || d > 60 {
				t.Errorf("the last picture is at %d ms, want %d", last[1], c.last)
			}
		})
	}
}

// TestSplicerSplits: each of the files of a stream whose parameters change can be
// read by itself.
func TestSplicerSplits(t *testing.T) {
	r := splice(t, flvtest.Get(t, "14").Tags, SplicerOptions{})
	if len(r.files) != 2 {
		t.Fatalf("%d files", len(r.files))
	}
	for i, video := range []int{500, 500} {
		p := ffprobe(t, "-", r.files[i])
		n := 0
		for _, k := range p.Packets {
			if k.CodecType == "video" {
				n++
			}
		}
		if n != video || len(p.Streams) != 2 {
			t.Errorf("file %d: %d pictures in %d streams, want %d in 2", i, n, len(p.Streams), video)
		}
		oracle(t, r.files[i])
	}
	one := splice(t, flvtest.Get(t, "14").Tags, SplicerOptions{OnChange: ChangeKeep})
	if v, _ := flvtest.Frames(one.split(t)); len(one.files) != 1 || v != 1000 {
		t.Errorf("kept: %d files, %d pictures", len(one.files), v)
	}
}

// TestSplicerKeepsPresentation: frames whose decoding is put off are shown when
// they were to be.
func TestSplicerKeepsPresentation(t *testing.T) {
	c := flvtest.Get(t, "34")
	r := splice(t, c.Tags, SplicerOptions{})
	shown := func(tags []flvtest.Tag) (list []int64) {
		for _, tg := range tags {
			if tg.Type == video && tg.Frame() {
				list = append(list, int64(tg.Timestamp)+int64(tg.CTS()))
			}
		}
		return list
	}
	got, want := shown(r.split(t)), shown(c.Tags)
	if len(got) != len(want) {
		t.Fatalf("%d pictures, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i]-got[0] != want[i]-want[0] {
			t.Fatalf("picture %d is shown at %d ms, want %d", i, got[i]-got[0], want[i]-want[0])
		}
	}
	if r.fixed.Raised == 0 {
		t.Error("nothing was put off")
	}
}

// TestSplicerEnhancedPresentation does it to enhanced frames, of which some have
// no composition time, and some have several.
func TestSplicerEnhancedPresentation(t *testing.T) {
	var got []string
	out := newLog()
	s := NewSplicer(bodyLog{out, &got}, SplicerOptions{})
	for i, body := range []string{
		"\x90hvc1head", "\x91hvc1\x00\x00\x50key", "\xA1hvc1\x00\x00\x0Aone", "\xA3hvc1two", "\xA6\x01hvc1\x00\x00\x00\x0Athree",
		"\xA7\x00\x00\x01hvc1\x00\x00\x0Afive", "\x2C\x01\x80\x00\x00six", "\x2C\x01\x00\x00\x00seven",
	} {
		ts := uint32(1000)
		if i > 1 {
			ts = 980
		}
		if err := s.WriteTag(Tag{video, ts, []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"\x90hvc1head", "\x91hvc1\x00\x00\x50key", "\xA1hvc1\xFF\xFF\xF6one", "\xA3hvc1two", "\xA6\x01hvc1\x00\x00\x00\x0Athree",
		"\xA7\x00\x00\x01hvc1\xFF\xFF\xF6five", "\x2C\x01\x80\x00\x00six", "\x2C\x01\xFF\xFF\xECseven",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A bodyLog is a sink that notes bodies.
type bodyLog struct {
	*log
	bodies *[]string
}

func (l bodyLog) write(t Tag, _ *Class) error {
	*l.bodies = append(*l.bodies, string(t.Body))
	return nil
}

// TestSplicerRaw leaves all as it is but for headers that repeat, and what no
// file can hold.
func TestSplicerRaw(t *testing.T) {
	for _, id := range []string{"09", "10", "12", "17", "34"} {
		c := flvtest.Get(t, id)
		r := splice(t, c.Tags, SplicerOptions{Raw: true})
		if err := flvtest.Compare(flvtest.Media(r.split(t)), flvtest.Media(c.Tags), 0); err != nil && id != "10" && id != "17" {
			t.Errorf("%s: %v", id, err)
		}
		if v, a := flvtest.Frames(r.split(t)); v+a != len(flvtest.Media(c.Tags))-2 || len(r.events) != 0 {
			t.Errorf("%s: %d and %d frames of %d tags, told %v", id, v, a, len(c.Tags), r.told)
		}
	}
}

// TestSplicerWithoutArrival: a file's gaps stay, and all else is mended.
func TestSplicerWithoutArrival(t *testing.T) {
	for _, c := range []struct {
		id   string
		last uint32
	}{{"09", 89_960}, {"09g", 89_960}, {"10", 59_960}, {"11", 59_960}, {"17", 59_960}, {"17b0", 59_960}} {
		out := newFiles()
		s := NewSplicer(out, SplicerOptions{})
		for _, tg := range flvtest.Get(t, c.id).Tags {
			if tg.Rejoin {
				if err := s.Rejoin(); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.WriteTag(Tag{tg.Type, tg.Timestamp, tg.Body}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var last uint32
		for _, tg := range scan(t, out.list[0].Bytes()) {
			if tg.Type == video {
				last = tg.Timestamp
			}
		}
		if d := int32(last - c.last); d < -60 || d > 60 {
			t.Errorf("%s: the last picture is at %d ms, want %d", c.id, last, c.last)
		}
	}
}

// TestSplicerRemembers continues a file of 31 s: with a server that sends the
// last seconds again, and with one that does not.
func TestSplicerRemembers(t *testing.T) {
	tags := good(t)
	cut := slices.IndexFunc(tags, func(t flvtest.Tag) bool { return t.Timestamp > 31_000 })
	for _, from := range []uint32{28_000, 34_000} {
		out := newFiles()
		s := NewSplicer(out, SplicerOptions{})
		for _, tg := range tags[:cut] {
			s.remember(Tag{tg.Type, tg.Timestamp, tg.Body})
		}
		if err := s.Rejoin(); err != nil {
			t.Fatal(err)
		}
		rest := slices.Concat(tags[:3], retime(tags[keyAt(tags, from):], 777, 0))
		for _, tg := range rest {
			if err := s.WriteTag(Tag{tg.Type, tg.Timestamp, tg.Body}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		want := tags[cut:]
		if from > 31_000 {
			want = tags[keyAt(tags, from):]
		}
		got, err := flvtest.Split(out.list[0].Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []flvtest.Tag{tags[1], tags[2]} { // they are in force already, and not written
			want = append([]flvtest.Tag{h}, want...)
			got = append([]flvtest.Tag{h}, got...)
		}
		if err := flvtest.Compare(flvtest.Media(got), flvtest.Media(want), 0); err != nil || len(out.list) != 1 {
			t.Errorf("again from %d: %v", from, err)
		}
	}
}

// TestSplicerFails: errors of the sink stick, and Close closes it all the same.
func TestSplicerFails(t *testing.T) {
	failure := errors.New("full")
	for _, c := range [][]any{
		{avcHead, keyed(0, 1), keyed(40, 2)},
		{aacHead, aacFrame(0, 1), begin{}, aacFrame(20, 2)},
		{avcHead, aacHead, aacFrame(0, 1)},
	} {
		out := newLog()
		out.fail = failure
		if _, _, err := play(t, out, &out.lines, SplicerOptions{}, c...); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
	}
	s := NewSplicer(newLog(), SplicerOptions{})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for _, err := range []error{s.WriteTag(avcHead), s.Rejoin(), s.Begin()} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// TestSplicerDrops counts what is left out.
func TestSplicerDrops(t *testing.T) {
	s := NewSplicer(NewWriter(io.Discard), SplicerOptions{})
	for _, tg := range []Tag{
		{audio, 0, nil}, {video, 0, nil}, {video, 0, []byte{0x57, 0}}, {video, 0, []byte{0x17, 1}},
		{data, 0, []byte("\x02\x00\x0bonJoinPoint")}, {data, 0, nil}, {7, 0, []byte("x")},
		{video, 0, make([]byte, maxBody+1)},
	} {
		if err := s.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	want := Dropped{Empty: 2, Command: 1, Malformed: 1, TooLarge: 1, Script: 2, Other: 1}
	if got := s.Stats().Dropped; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestSplicerAllocs: the steady state allocates nothing, nor does it for frames
// whose decoding is put off, and those of several tracks.
func TestSplicerAllocs(t *testing.T) {
	minute := func(change func(tg flvtest.Tag) []byte) (headers, frames []Tag) {
		for _, tg := range good(t) {
			body := change(tg)
			switch {
			case tg.Type == data:
			case tg.Frame():
				frames = append(frames, Tag{tg.Type, tg.Timestamp, body})
			default:
				headers = append(headers, Tag{tg.Type, tg.Timestamp, body})
			}
		}
		return headers, frames
	}
	tracks := func(tg flvtest.Tag) []byte {
		n := len(tg.Body) - 5
		switch {
		case tg.Type == audio:
			return tg.Body
		case tg.Header():
			return append([]byte{0x96, 0x10, 'v', 'p', '0', '9', 1, byte(n >> 16), byte(n >> 8), byte(n)}, tg.Body[5:]...)
		}
		first := byte(0xA6)
		if tg.Key() {
			first = 0x96
		}
		return append([]byte{first, 0x11, 'v', 'p', '0', '9', 1, byte(n >> 16), byte(n >> 8), byte(n)}, tg.Body[5:]...)
	}
	same := func(tg flvtest.Tag) []byte { return tg.Body }
	for name, c := range map[string]struct {
		body func(flvtest.Tag) []byte
		ts   func(i int, ts uint32) uint32
	}{
		"plain":          {same, nil},
		"put off":        {same, func(i int, ts uint32) uint32 { return ts + uint32(i%3)*80 }},
		"several tracks": {tracks, nil},
	} {
		headers, frames := minute(c.body)
		s := NewSplicer(NewWriter(io.Discard), SplicerOptions{})
		for _, h := range headers {
			if err := s.WriteTag(h); err != nil {
				t.Fatal(err)
			}
		}
		i, base := 0, uint32(0)
		step := func() {
			tg := frames[i]
			if c.ts != nil {
				tg.Timestamp = c.ts(i, tg.Timestamp)
			}
			s.Arrived(ms(int64(base + tg.Timestamp)))
			tg.Timestamp += base
			tg.Body = lend(s, tg.Body)
			if err := s.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
			if i++; i == len(frames) {
				i, base = 0, base+60_000
			}
		}
		for range 1000 {
			step()
		}
		if n := testing.AllocsPerRun(3*len(frames), step); n != 0 {
			t.Errorf("%s: %v allocations a tag", name, n)
		}
		st, fix := s.Stats(), s.Corrections()
		if fix.Repeats+fix.Jumps+fix.Gaps != 0 || st.Frames == 0 || (fix.Raised > 0) != (name == "put off") {
			t.Errorf("%s: %+v", name, fix)
		}
	}
}

// BenchmarkSplicer writes frames of a size to a Writer, with a Splicer in front
// and without.
func BenchmarkSplicer(b *testing.B) {
	for _, size := range []int{200, 4 << 10, 64 << 10} {
		for _, spliced := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/spliced=%t", size, spliced), func(b *testing.B) {
				w := NewWriter(io.Discard)
				var out Sink = w
				arrived := func(time.Duration) {}
				if spliced {
					s := NewSplicer(w, SplicerOptions{})
					out, arrived = s, s.Arrived
				}
				frames := make([]Tag, 100) // that have just come, and so are in the cache
				rnd := rand.New(rand.NewPCG(1, 2))
				for i := range frames {
					body := make([]byte, size)
					for j := range body {
						body[j] = byte(rnd.Uint32())
					}
					if frames[i] = (Tag{audio, 0, body}); i%2 == 0 {
						frames[i].Type = video
						copy(body, "\x27\x01\x00\x00\x50")
						if i%100 == 0 {
							body[0] = 0x17
						}
					} else {
						copy(body, "\xAF\x01")
					}
				}
				_ = out.WriteTag(avcHead)
				_ = out.WriteTag(aacHead)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.ResetTimer()
				for i, ts := 0, uint32(0); b.Loop(); i, ts = (i+1)%len(frames), ts+20 {
					arrived(ms(int64(ts)))
					frames[i].Timestamp = ts
					if err := out.WriteTag(frames[i]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestSplicerManyTracks sends thousands of headers, each of another pair of
// tracks, and then frames of some bytes a track, as many as fit: it does not take
// long.
func TestSplicerManyTracks(t *testing.T) {
	s := NewSplicer(NewWriter(io.Discard), SplicerOptions{OnChange: ChangeKeep})
	write := func(ts uint32, body []byte) {
		t.Helper()
		if err := s.WriteTag(Tag{audio, ts, body}); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	for i := range 8 {
		for j := range 255 - i {
			write(0, append([]byte("\x95\x10mp4a"), byte(i), 0, 0, 2, 0x12, 0x10, byte(i+j+1), 0, 0, 2, 0x12, 0x10))
		}
	}
	if n := s.pending.Len(); n > maxHeaders {
		t.Errorf("%d headers are held", n)
	}
	one := append([]byte("\x95\x11fLaC"), bytes.Repeat([]byte{7, 0, 0, 0}, 1<<20)...)
	many := append([]byte("\x95\x21"), bytes.Repeat([]byte("fLaC\x07\x00\x00\x00"), 1<<19)...)
	for ts := range uint32(20) {
		write(ts, one)
		write(ts, many)
	}
	write(20, aacConfig)
	write(2600, []byte("\xAF\x01frame"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("it takes %v", d)
	}
	if s.Corrections().Undecodable != 40 {
		t.Errorf("got %+v", s.Corrections())
	}
}

// TestSplicerPictureOrder breaks a stream with B-frames off at any of its frames,
// and lets the publisher begin again at 0, on a new connection or on the same: what
// it sends then is shown behind all that was there.
func TestSplicerPictureOrder(t *testing.T) {
	tags := good(t)
	again, far := keyAt(tags, 10_000), keyAt(tags, 30_000)
	for cut := again; cut < again+30; cut++ {
		for _, rejoin := range []bool{true, false} {
			second := slices.Concat(tags[:3], retime(tags[far:far+200], ^uint32(30_000)+1, 0))
			second = inBurst(second, tags[cut].Arrival+7*time.Second)
			second[0].Rejoin = rejoin
			r := splice(t, slices.Concat(tags[:cut], second), SplicerOptions{})
			latest, earliest := int64(0), int64(math.MaxInt64)
			before, _ := flvtest.Frames(tags[:cut])
			for _, tg := range flvtest.Media(r.split(t)) {
				if tg.Type != video || !tg.Frame() {
					continue
				}
				c := Classify(Tag{tg.Type, tg.Timestamp, tg.Body})
				at := int64(tg.Timestamp) + int64(c.CTS)
				if before > 0 {
					before--
					latest = max(latest, at)
					continue
				}
				earliest = min(earliest, at)
			}
			if d := earliest - latest; d < 20 || d > 500 {
				t.Errorf("cut %d, a new connection %t: the first picture is shown %d ms behind the last", cut, rejoin, d)
			}
		}
	}
}
