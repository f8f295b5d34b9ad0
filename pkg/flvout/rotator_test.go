package flvout

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// A source makes a stream of H.264 and AAC with a key frame each gop ms.
type source struct {
	from, ms, gop uint32
	late          uint32 // by how much sound comes behind the pictures of its time
	lead          uint32 // from which on there is sound
	noAudio       bool
	noVideo       bool
	frame         int // bytes of a picture's body, about; a key frame has five times as many
}

// tags are the stream's, in the order in which a server sends them.
func (s source) tags() (list []Tag) {
	list = append(list, metadataFor(s), Tag{video, s.from, avcConfig}, Tag{audio, s.from, aacConfig})
	if s.noVideo {
		list = slices.Delete(list, 1, 2)
	}
	n, sounds := byte(0), uint32(0)
	for ts := uint32(0); ts < s.ms; ts += 40 {
		n++
		for ; !s.noAudio && sounds+s.late <= ts; sounds += 20 {
			if sounds >= s.lead {
				list = append(list, aacFrame(s.from+sounds, byte(sounds/20)))
			}
		}
		if !s.noVideo {
			f := avcFrame(s.from+ts, n, ts%s.gop == 0)
			size := s.frame
			if ts%s.gop == 0 {
				size *= 5
			}
			f.Body = append(f.Body, make([]byte, size)...)
			list = append(list, f)
		}
	}
	return list
}

func metadataFor(s source) Tag {
	b, _ := amf.Append(nil, amf.String(onMetaData), &amf.Object{Kind: amf.ECMAArray, Properties: []amf.Property{prop("encoder", amf.String(fmt.Sprint(s.gop)))}})
	return Tag{data, 0, b}
}

// A row is what a Rotator has written.
type row struct {
	files [][]byte
	whys  []Cut
	paths []string
	*Rotator
}

// rotate writes tags to a row of files. each is called before each tag.
func rotate(t testing.TB, o RotatorOptions, tags []Tag, each func(r *Rotator, i int)) row {
	t.Helper()
	dir := t.TempDir()
	var out row
	open := 0
	o.Open = func(n int) (*File, error) {
		open++
		return Create(filepath.Join(dir, fmt.Sprintf("%03d.flv", n)))
	}
	o.Done = func(f *File, why Cut) {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		out.whys = append(out.whys, why)
		if s := f.Stats(); s.Audio+s.Video > 0 {
			out.paths = append(out.paths, f.Name())
			out.files = append(out.files, readFile(t, f.Name()))
		}
	}
	r, err := NewRotator(o)
	if err != nil {
		t.Fatal(err)
	}
	out.Rotator = r
	for i, tg := range tags {
		if each != nil {
			each(r, i)
		}
		if err := r.WriteTag(tg); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if open != len(out.whys) {
		t.Errorf("%d files were opened, %d let go", open, len(out.whys))
	}
	return out
}

// frames are the tags that are frames of a type.
func frames(tags []Tag, typ byte) (list []Tag) {
	for _, tg := range tags {
		c := Classify(tg)
		if byte(tg.Type) == typ && c.movesClock() {
			list = append(list, tg)
		}
	}
	return list
}

// checkRow fails unless the files, each of which begins at 0 with all it needs,
// have the frames of tags, each once, at the distances that they had.
func checkRow(t *testing.T, files [][]byte, tags []Tag) {
	t.Helper()
	for _, typ := range []byte{byte(video), byte(audio)} {
		want := frames(tags, typ)
		n := 0
		for i, b := range files {
			got := frames(scan(t, b), typ)
			for j, tg := range got {
				if n >= len(want) {
					t.Fatalf("file %d has %d frames of type %d too many", i, len(got)-j, typ)
				}
				step := want[n].Timestamp - want[max(0, n-j)].Timestamp
				if !bytes.Equal(tg.Body, want[n].Body) || tg.Timestamp-got[0].Timestamp != step {
					t.Fatalf("file %d, frame %d of type %d: %d ms behind the first, want %d, or another body", i, j, typ, tg.Timestamp-got[0].Timestamp, step)
				}
				n++
			}
		}
		if n != len(want) {
			t.Errorf("%d frames of type %d, want %d", n, typ, len(want))
		}
	}
	for i, b := range files {
		oracle(t, b)
		all := scan(t, b)
		for _, typ := range []byte{byte(data), byte(video), byte(audio)} {
			if got, want := headerKinds(all, typ), headerKinds(scan(t, files[0]), typ); !slices.Equal(got, want) {
				t.Errorf("file %d: type %d begins with %v, in the first file with %v", i, typ, got, want)
			}
		}
		if earliest := slices.Min(timestamps(media(all))); earliest != 0 {
			t.Errorf("file %d begins at %d ms", i, earliest)
		}
		v := frames(all, byte(video))
		if len(v) > 0 {
			if c := Classify(v[0]); !c.Key {
				t.Errorf("file %d begins with no key frame", i)
			}
		}
	}
}

// starts are where the files begin in the stream, in ms, by their first frame.
func starts(t *testing.T, files [][]byte, tags []Tag) (at []uint32) {
	t.Helper()
	zero := tags[1].Timestamp
	n := 0
	typ := byte(video)
	if len(frames(tags, typ)) == 0 {
		typ = byte(audio)
	}
	want := frames(tags, typ)
	for _, b := range files {
		at = append(at, want[n].Timestamp-zero)
		n += len(frames(scan(t, b), typ))
	}
	return at
}

func TestRotatorTime(t *testing.T) {
	const minute = 60_000
	every := func(step uint32, n int) (at []uint32) {
		for i := range uint32(n) {
			at = append(at, i*step)
		}
		return at
	}
	for name, c := range map[string]struct {
		source
		limit time.Duration
		want  []uint32
	}{
		"a file":                  {source{ms: minute, gop: 2000}, time.Hour, every(0, 1)},
		"at key frames":           {source{ms: minute, gop: 2000}, 10 * time.Second, every(10_000, 6)},
		"behind the limit":        {source{ms: minute, gop: 4000}, 10 * time.Second, every(12_000, 5)},
		"shorter than a GOP":      {source{ms: minute, gop: 4000}, time.Second, every(4000, 15)},
		"late sound (44)":         {source{ms: 3 * minute, gop: 2000, late: 20}, 30 * time.Second, every(30_000, 6)},
		"sound a second late":     {source{ms: minute, gop: 2000, late: 1000}, 10 * time.Second, every(10_000, 6)},
		"crossing 2^32 (45)":      {source{from: 1<<32 - 25_000, ms: minute, gop: 2000, late: 20}, 10 * time.Second, every(10_000, 6)},
		"crossing 2^31":           {source{from: 1<<31 - 25_000, ms: minute, gop: 2000}, 10 * time.Second, every(10_000, 6)},
		"no sound":                {source{ms: minute, gop: 2000, noAudio: true}, 10 * time.Second, every(10_000, 6)},
		"sound alone":             {source{ms: minute, gop: 2000, noVideo: true}, 10 * time.Second, every(10_000, 6)},
		"sound that comes later":  {source{ms: minute, gop: 2000, lead: 25_000}, 10 * time.Second, every(10_000, 6)},
		"key frames a little off": {source{from: 3, ms: minute, gop: 1960}, 1970 * time.Millisecond, every(1960, 31)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tags := c.tags()
			out := rotate(t, RotatorOptions{Time: c.limit}, tags, nil)
			if got := starts(t, out.files, tags); !slices.Equal(got, c.want) {
				t.Errorf("the files begin at %v, want %v", got, c.want)
			}
			checkRow(t, out.files, tags)
			for i, why := range out.whys {
				if want := CutTime; i < len(out.whys)-1 && why != want {
					t.Errorf("file %d ends by %v, want %v", i, why, want)
				}
			}
			if d := out.Duration() - time.Duration(c.ms)*time.Millisecond; d < -time.Duration(c.late+20)*time.Millisecond || d > 20*time.Millisecond {
				t.Errorf("%v of media, want %d ms", out.Duration(), c.ms)
			}
		})
	}
}

// Each file is one that FFmpeg reads without a word.
func TestRotatorProbe(t *testing.T) {
	tags := scan(t, sample(t, "bars.flv"))
	out := rotate(t, RotatorOptions{Time: 3 * time.Second}, tags, nil)
	checkRow(t, out.files, tags)
	if len(out.files) != 4 {
		t.Errorf("%d files, want 4", len(out.files))
	}
	packets := 0
	for _, path := range out.paths {
		p := ffprobe(t, path, nil)
		packets += len(p.Packets)
		if len(p.Streams) != 2 || p.Packets[0].DTS != 0 {
			t.Errorf("%s: %d streams from %d on", path, len(p.Streams), p.Packets[0].DTS)
		}
	}
	path := filepath.Join(t.TempDir(), "bars.flv")
	if err := os.WriteFile(path, sample(t, "bars.flv"), 0o600); err != nil {
		t.Fatal(err)
	}
	if want := len(ffprobe(t, path, nil).Packets); packets != want {
		t.Errorf("%d packets, want %d", packets, want)
	}
}

// No file is larger than the limit, but for the first whose pictures are larger
// than any before.
func TestRotatorSize(t *testing.T) {
	tags := source{ms: 60_000, gop: 2000, frame: 1000, late: 200}.tags()
	out := rotate(t, RotatorOptions{Size: 500_000}, tags, nil)
	checkRow(t, out.files, tags)
	for i, b := range out.files[:len(out.files)-1] {
		if len(b) > 500_000 || len(b) < 400_000 || out.whys[i] != CutSize {
			t.Errorf("file %d has %d bytes and ends by %v", i, len(b), out.whys[i])
		}
	}
	// A limit that is smaller than anything: a file for each key frame.
	out = rotate(t, RotatorOptions{Size: 1}, source{ms: 10_000, gop: 2000}.tags(), nil)
	if len(out.files) != 5 {
		t.Errorf("%d files, want 5", len(out.files))
	}
	sound := source{ms: 60_000, noVideo: true}.tags()
	out = rotate(t, RotatorOptions{Size: 20_000}, sound, nil)
	checkRow(t, out.files, sound)
	for i, b := range out.files[:len(out.files)-1] {
		if len(b) > 20_000 || len(b) < 19_800 {
			t.Errorf("file %d of sound has %d bytes", i, len(b))
		}
	}
}

// The clock that is told cuts, not that of the stream.
func TestRotatorAlign(t *testing.T) {
	tags := source{ms: 60_000, gop: 2000}.tags()
	zero := 7 * time.Second
	next := func(at time.Duration) time.Duration { return at.Truncate(20*time.Second) + 20*time.Second }
	out := rotate(t, RotatorOptions{Align: next}, tags, func(r *Rotator, i int) {
		r.Arrived(zero + time.Duration(tags[i].Timestamp)*time.Millisecond)
	})
	checkRow(t, out.files, tags)
	if got, want := starts(t, out.files, tags), []uint32{0, 14_000, 34_000, 54_000}; !slices.Equal(got, want) {
		t.Errorf("the files begin at %v, want %v", got, want)
	}
	if !slices.Equal(out.whys, []Cut{CutClock, CutClock, CutClock, CutEnd}) {
		t.Errorf("they end by %v", out.whys)
	}
}

// An hour by the stream and one by the clock are the same hour, though the two run
// differently: no file of some seconds lies in between.
func TestRotatorTimeAndAlign(t *testing.T) {
	tags := source{ms: 115_000, gop: 1000}.tags()
	next := func(at time.Duration) time.Duration { return at.Truncate(20*time.Second) + 20*time.Second }
	for speed, want := range map[int64][]uint32{
		1000: {0, 20_000, 40_000, 60_000, 80_000, 100_000},
		1010: {0, 20_000, 40_000, 60_000, 80_000, 100_000},
		990:  {0, 21_000, 41_000, 61_000, 81_000, 102_000},
	} {
		out := rotate(t, RotatorOptions{Time: 20 * time.Second, Align: next}, tags, func(r *Rotator, i int) {
			r.Arrived(time.Duration(int64(tags[i].Timestamp)*speed) * time.Microsecond)
		})
		if got := starts(t, out.files, tags); !slices.Equal(got, want) {
			t.Errorf("at %d: the files begin at %v, want %v", speed, got, want)
		}
	}
}

// If no key frame comes the file is cut all the same, and the next one begins
// with its first key frame.
func TestRotatorNoKey(t *testing.T) {
	tags := source{ms: 200_000, gop: 100_000, frame: 10}.tags()
	out := rotate(t, RotatorOptions{Time: 30 * time.Second}, tags, nil)
	if want := []Cut{CutNoKey, CutTime, CutNoKey, CutEnd}; !slices.Equal(out.whys, want) {
		t.Errorf("the files end by %v, want %v", out.whys, want)
	}
	written := 0
	for i, b := range out.files {
		all := scan(t, b)
		v := frames(all, byte(video))
		written += len(v)
		if all[0].Timestamp != 0 || len(frames(all, byte(audio))) == 0 {
			t.Errorf("file %d", i)
		}
	}
	if lost := out.Stats().Dropped.NoKey; lost == 0 || written+int(lost) != 5000 {
		t.Errorf("%d pictures written and %d dropped, want 5000", written, lost)
	}
	// The limit is far below what the encoder gives: nothing is lost.
	tags = source{ms: 120_000, gop: 20_000}.tags()
	out = rotate(t, RotatorOptions{Time: 5 * time.Second}, tags, nil)
	checkRow(t, out.files, tags)
	if len(out.files) != 6 {
		t.Errorf("%d files, want 6", len(out.files))
	}
}

// A room that was lent in one file is not overwritten by the headers of the next.
func TestRotatorLends(t *testing.T) {
	tags := source{ms: 10_000, gop: 1000, frame: 50, late: 60}.tags()
	for i := 100; i < len(tags); i += 50 { // headers in the middle
		config := append(bytes.Clone(avcConfig), byte(i))
		tags = slices.Insert(tags, i, Tag{video, tags[i].Timestamp, config})
	}
	lent := slices.Clone(tags)
	out := rotate(t, RotatorOptions{Time: 3 * time.Second}, lent, func(r *Rotator, i int) {
		if room := r.AvailableBuffer(len(tags[i].Body)); room != nil {
			lent[i].Body = append(room, tags[i].Body...)
		}
	})
	for _, typ := range []byte{byte(video), byte(audio)} {
		var got []Tag
		for _, b := range out.files {
			got = append(got, frames(scan(t, b), typ)...)
		}
		want := frames(tags, typ)
		if !slices.EqualFunc(got, want, func(a, b Tag) bool { return bytes.Equal(a.Body, b.Body) }) {
			t.Errorf("type %d: %d frames differ from %d", typ, len(got), len(want))
		}
	}
}

// A file that cannot be opened ends the row; what was written is complete.
func TestRotatorOpenFails(t *testing.T) {
	broken := errors.New("broken")
	dir := t.TempDir()
	r, err := NewRotator(RotatorOptions{Time: time.Second, Open: func(n int) (*File, error) {
		if n == 1 {
			return nil, broken
		}
		return Create(filepath.Join(dir, "a.flv"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	tags := source{ms: 5000, gop: 1000}.tags()
	n := 0
	for ; err == nil; n++ {
		err = r.WriteTag(tags[n])
	}
	if !errors.Is(err, broken) || !errors.Is(r.Flush(), broken) || r.AvailableBuffer(5) != nil {
		t.Errorf("got %v, want %v", err, broken)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a.flv"}) || r.Name() != filepath.Join(dir, "a.flv") {
		t.Errorf("left %v, %s", got, r.Name())
	}
	checkRow(t, [][]byte{readFile(t, r.Name())}, tags[:n-1])
	if _, err := NewRotator(RotatorOptions{Open: func(int) (*File, error) { return nil, broken }}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestRotatorAllocs(t *testing.T) {
	dir := t.TempDir()
	r, err := NewRotator(RotatorOptions{Time: time.Hour, Size: 1 << 40, Open: func(int) (*File, error) { return Create(filepath.Join(dir, "a.flv")) }})
	if err != nil {
		t.Fatal(err)
	}
	tags := source{ms: 20_000, gop: 1000, late: 20}.tags()
	write := func(tg Tag) {
		if err := r.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	for _, tg := range tags[:200] {
		write(tg)
	}
	i := 200
	if n := testing.AllocsPerRun(1000, func() { write(tags[i]); i++ }); n != 0 {
		t.Errorf("%v allocations a tag, want 0", n)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// No file is so long that players take its timestamps for negative.
func TestRotatorLongest(t *testing.T) {
	const step = 500_000 // ms
	var tags []Tag
	for ts := int64(0); ts < 3<<31; ts += step {
		tags = append(tags, avcFrame(uint32(ts), byte(len(tags)), true))
	}
	out := rotate(t, RotatorOptions{}, tags, nil)
	n := 0
	for i, b := range out.files {
		v := frames(scan(t, b), byte(video))
		n += len(v)
		if last := v[len(v)-1].Timestamp; last >= 1<<31 {
			t.Errorf("file %d is %d ms long", i, last)
		}
	}
	if n != len(tags) || len(out.files) != 3 {
		t.Errorf("%d frames in %d files, want %d in 3", n, len(out.files), len(tags))
	}
	if got := out.Duration(); got < time.Duration(len(tags)-1)*step*time.Millisecond {
		t.Errorf("%v of media", got)
	}
}
