package flvout

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

// salvage returns all tags that a Salvager finds, cloned.
func salvage(t testing.TB, b []byte) ([]Tag, *Salvager) {
	t.Helper()
	s := NewSalvager(bytes.NewReader(b), int64(len(b)))
	var tags []Tag
	for {
		tg, err := s.Next()
		if err == io.EOF {
			return tags, s
		}
		if err != nil {
			t.Fatal(err)
		}
		tg.Body = bytes.Clone(tg.Body)
		tags = append(tags, tg)
	}
}

func sameTags(a, b []Tag) bool {
	return slices.EqualFunc(a, b, func(a, b Tag) bool {
		return a.Type == b.Type && a.Timestamp == b.Timestamp && bytes.Equal(a.Body, b.Body)
	})
}

// counted counts what is read.
type counted struct {
	io.ReaderAt
	reads int
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	c.reads++
	return c.ReaderAt.ReadAt(b, at)
}

// TestSalvagerFar: garbage in which at every few bytes a tag seems to begin that
// ends far away costs few reads, and the tag behind it is found all the same, as
// is a large one behind a little of it.
func TestSalvagerFar(t *testing.T) {
	head := appendTag(appendHead(nil, true, true), avcFrame(0, 1, true))
	behind := appendTag(appendTag(nil, avcFrame(40, 2, false)), avcFrame(80, 3, false))
	large := appendTag(nil, Tag{video, 40, slices.Concat(avcFrame(40, 2, true).Body, make([]byte, 3<<20))})
	for name, c := range map[string]struct {
		unit  string
		size  int
		after []byte
	}{
		"large":          {"\x09\x50\x00\x00\x00\x00\x00\x00\x00\x00\x00\x17", 6 << 20, behind},
		"chained":        {"\x08\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xAF\x00\x00\x00\x00\x09\x50\x00\x00\x00\x00\x00\x00\x00\x00\x00\x17", 6 << 20, behind},
		"a little of it": {"\x09\x50\x00\x00\x00\x00\x00\x00\x00\x00\x00\x17", 40_000, slices.Concat(large, behind)},
	} {
		b := slices.Concat(head, bytes.Repeat([]byte(c.unit), c.size/len(c.unit)), c.after)
		if c.size > 1<<20 {
			b = append(b, make([]byte, 6<<20)...)
		}
		r := &counted{ReaderAt: bytes.NewReader(b)}
		s := NewSalvager(r, int64(len(b)))
		n := 0
		for ; ; n++ {
			if _, err := s.Next(); err != nil {
				break
			}
		}
		want := 3
		if len(c.after) > len(behind) {
			want = 4
		}
		if n != want || r.reads > maxLooks+len(b)/bytesPerLook+4*len(b)/window {
			t.Errorf("%s: got %d tags, want %d, with %d reads of %d bytes", name, n, want, r.reads, len(b))
		}
	}
}

// offsets returns where the tags of an FLV file begin, and where it ends.
func offsets(t testing.TB, b []byte) (list []int) {
	t.Helper()
	at := headSize
	for _, tg := range scan(t, b) {
		list = append(list, at)
		at += tagHeaderSize + len(tg.Body) + trailerSize
	}
	return append(list, at)
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestSalvager damages a file in every way, one at a time.
func TestSalvager(t *testing.T) {
	good := sample(t, "bars.flv")
	tags, at := scan(t, good), offsets(t, good)
	m := len(tags) / 2 // the tag that is damaged
	last := len(tags) - 1
	without := func(n int) []Tag { return slices.Delete(slices.Clone(tags), n, n+1) }
	join := slices.Concat[[]byte]
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(good)
		f(b)
		return b
	}
	trailers := func(b []byte, value func(size int) uint32) {
		for i, tg := range tags {
			v := value(len(tg.Body))
			copy(b[at[i+1]-4:], []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
		}
	}
	lost := int64(at[m+1] - at[m])
	n := int64(len(tags))
	for _, c := range []struct {
		name string
		in   []byte
		want []Tag
		d    Damage
	}{
		{"good", good, tags, Damage{}},
		{"torn tag", good[:len(good)-7], tags[:last], Damage{Tail: int64(at[last+1]-at[last]) - 7, Torn: true}},
		{"torn header", good[:at[last]+5], tags[:last], Damage{Tail: 5, Torn: true}},
		{"stray bytes", join(good, []byte("stray")), tags, Damage{Tail: 5}},
		{"zeros behind", join(good, make([]byte, 2<<20)), tags, Damage{Tail: 2 << 20}},
		{"no last trailer", good[:len(good)-4], tags, Damage{NoTrailer: true}},
		{"half a trailer", good[:len(good)-2], tags, Damage{NoTrailer: true}},
		{"wrong trailer", edit(func(b []byte) { copy(b[at[m]-4:], "\xDE\xAD\xBE\xEF") }), tags, Damage{Trailers: 1}},
		{"two wrong trailers", edit(func(b []byte) {
			copy(b[at[m]-4:], "\xDE\xAD\xBE\xEF")
			copy(b[at[m+1]-4:], "\xDE\xAD\xBE\xEF")
		}), tags, Damage{Trailers: 2}},
		{"wrong last trailer", edit(func(b []byte) { copy(b[len(b)-4:], "\xDE\xAD\xBE\xEF") }), tags, Damage{Trailers: 1}},
		{"wrong first trailer", edit(func(b []byte) { b[headSize-1] = 1 }), tags, Damage{Trailers: 1}},
		{"trailers of 0", edit(func(b []byte) { trailers(b, func(int) uint32 { return 0 }) }), tags, Damage{Trailers: n}},
		{"trailers of the body", edit(func(b []byte) { trailers(b, func(n int) uint32 { return uint32(n) }) }),
			tags, Damage{Trailers: n}},
		{"trailers of 0, noise", join(edit(func(b []byte) { trailers(b, func(int) uint32 { return 0 }) })[:at[m]],
			noise(100), edit(func(b []byte) { trailers(b, func(int) uint32 { return 0 }) })[at[m]:]),
			tags, Damage{Trailers: n, Garbage: 100, Places: 1}},
		{"trailers of 0, torn", edit(func(b []byte) { trailers(b, func(int) uint32 { return 0 }) })[:len(good)-7], tags[:last],
			Damage{Trailers: n - 1, Tail: int64(at[last+1]-at[last]) - 7, Torn: true}},
		{"noise", join(good[:at[m]], noise(100), good[at[m]:]), tags, Damage{Garbage: 100, Places: 1}},
		{"much noise", join(good[:at[m]], noise(3<<20), good[at[m]:]), tags, Damage{Garbage: 3 << 20, Places: 1}},
		{"zeros", join(good[:at[m]], make([]byte, 1<<20+7), good[at[m]:]), tags, Damage{Garbage: 1<<20 + 7, Places: 1}},
		{"noise twice", join(good[:at[m]], noise(10), good[at[m]:at[last]], noise(20), good[at[last]:]), tags,
			Damage{Garbage: 30, Places: 2}},
		{"noise in a body", join(good[:at[m]+20], noise(9), good[at[m]+20:]), without(m), Damage{Garbage: lost + 9, Places: 1}},
		{"bytes missing in a body", join(good[:at[m]+20], good[at[m]+23:]), without(m), Damage{Garbage: lost - 3, Places: 1}},
		{"a wrong size", edit(func(b []byte) { b[at[m]+3] ^= 0x55 }), without(m), Damage{Garbage: lost, Places: 1}},
		{"a size beyond the end", edit(func(b []byte) { b[at[m]+1] = 0xFF }), without(m), Damage{Garbage: lost, Places: 1}},
		{"unknown type", join(good[:at[m]], appendTag(nil, Tag{11, 7, noise(300)}), good[at[m]:]), tags,
			Damage{Unknown: 1, UnknownBytes: 315}},
		{"encrypted", join(good[:at[m]], appendTag(nil, Tag{0x28, 7, noise(300)}), good[at[m]:]), tags,
			Damage{Unknown: 1, UnknownBytes: 315}},
		{"empty tags", join(good[:at[m]], appendTag(nil, Tag{audio, 7, nil}), good[at[m]:]),
			slices.Insert(slices.Clone(tags), m, Tag{audio, 7, nil}), Damage{}},
		{"stream ID", edit(func(b []byte) {
			for _, o := range at[:n] {
				b[o+10] = 1
			}
			copy(b[at[m]-4:], "\xDE\xAD\xBE\xEF")
		}), tags, Damage{StreamIDs: n, Trailers: 1}},
		{"stream ID, noise", join(edit(func(b []byte) {
			for _, o := range at[:n] {
				b[o+10] = 1
			}
		})[:at[m]], noise(50), good[at[m]:at[m+1]], edit(func(b []byte) {
			for _, o := range at[:n] {
				b[o+10] = 1
			}
		})[at[m+1]:]), without(m), Damage{StreamIDs: n - 1, Garbage: 50 + lost, Places: 1}},
		{"joined", join(good, good), slices.Concat(tags, tags), Damage{Joined: 1}},
		{"joined to a torn one", join(good[:at[last+1]-9], good), slices.Concat(tags[:last], tags),
			Damage{Joined: 1, Garbage: int64(at[last+1]-at[last]) - 9, Places: 1}},
		{"joined without a trailer", join(good[:len(good)-4], good), slices.Concat(tags, tags), Damage{Joined: 1, Trailers: 1}},
		{"long header", join(good[:8], []byte{13, 1, 2, 3, 4}, good[9:]), tags, Damage{LongHeader: true}},
		{"header too long", join(good[:8], []byte{200}, good[9:]), tags, Damage{NoHeader: true, LongHeader: true, Trailers: 1}},
		{"header beyond the end", join(good[:5], []byte{200}, good[6:]), tags,
			Damage{NoHeader: true, LongHeader: true}},
		{"no first trailer", join(good[:9], good[13:]), tags, Damage{NoHeader: true, Trailers: 1}},
		{"no header", good[headSize:], tags, Damage{NoHeader: true}},
		{"noise before the header", join(noise(9), good), tags, Damage{NoHeader: true, Garbage: 9, Places: 1}},
		{"zeros for a beginning", edit(func(b []byte) { clear(b[:at[1]+3]) }), tags[2:],
			Damage{NoHeader: true, Garbage: int64(at[2]), Places: 1}},
		{"noise", noise(1 << 20), nil, Damage{NoHeader: true, Tail: 1 << 20}},
		{"zeros", make([]byte, 1<<20), nil, Damage{NoHeader: true, Tail: 1 << 20}},
		{"a header", good[:headSize], nil, Damage{}},
		{"empty", nil, nil, Damage{NoHeader: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, s := salvage(t, c.in)
			if !sameTags(got, c.want) {
				t.Errorf("got %d tags, want %d", len(got), len(c.want))
			}
			if s.Damage() != c.d {
				t.Errorf("got  %+v\nwant %+v", s.Damage(), c.d)
			}
		})
	}
}

// TestSalvagerCut cuts a file at every offset: nothing but the torn tag is lost,
// and End is where it begins.
func TestSalvagerCut(t *testing.T) {
	whole := written(t, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2), avcFrame(40, 3, false))
	tags, at := scan(t, whole), offsets(t, whole)
	for n := headSize; n <= len(whole); n++ {
		want, end := 0, 0
		for want < len(tags) && at[want+1]-trailerSize <= n {
			want++
			end = min(at[want], n)
			if end < at[want] {
				end = at[want] - trailerSize
			}
		}
		got, s := salvage(t, whole[:n])
		if !sameTags(got, tags[:want]) || s.End() != int64(end) {
			t.Errorf("%d bytes: got %d tags up to %d, want %d up to %d", n, len(got), s.End(), want, end)
		}
	}
}

// TestSalvagerLarge reads bodies around the sizes that the window holds, with
// right trailers and with none.
func TestSalvagerLarge(t *testing.T) {
	var want []Tag
	for i, n := range []int{5, maxLent - 40, maxLent - 11, maxLent, window - 20, 7, window, 3 * window, 1, maxBody, 9, 9, 9} {
		b := noise(n)
		b[0] = 0x27
		want = append(want, Tag{video, uint32(i), b})
	}
	in := appendHead(nil, false, true)
	wrong := bytes.Clone(in)
	for _, tg := range want {
		in = appendTag(in, tg)
		wrong = appendTag(wrong, tg)
		clear(wrong[len(wrong)-trailerSize:])
	}
	for _, b := range [][]byte{in, wrong} {
		if got, s := salvage(t, b); !sameTags(got, want) {
			t.Errorf("got %d tags, %+v", len(got), s.Damage())
		}
	}
}

// TestSalvagerReadError: the error of reading sticks and is no end.
func TestSalvagerReadError(t *testing.T) {
	good := sample(t, "bars.flv")
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		r    io.ReaderAt
		want error
	}{
		"error":   {brokenAt{bytes.NewReader(good), broken}, broken},
		"shorter": {bytes.NewReader(good[:100_000]), io.ErrUnexpectedEOF},
	} {
		s := NewSalvager(c.r, int64(len(good)))
		var err error
		for err == nil {
			_, err = s.Next()
		}
		if _, again := s.Next(); !errors.Is(err, c.want) || again != err {
			t.Errorf("%s: got %v, then %v, want %v", name, err, again, c.want)
		}
	}
}

// brokenAt reads well up to an offset.
type brokenAt struct {
	r   io.ReaderAt
	err error
}

func (b brokenAt) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > 100_000 {
		return 0, b.err
	}
	return b.r.ReadAt(p, off)
}

func TestSalvagerAllocs(t *testing.T) {
	in := sample(t, "bars.flv")
	s := NewSalvager(bytes.NewReader(in), int64(len(in)))
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(600, func() {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// A countingAt counts what is read, in bytes and calls.
type countingAt struct {
	r            io.ReaderAt
	bytes, calls int64
}

func (c *countingAt) ReadAt(p []byte, off int64) (int, error) {
	c.calls++
	c.bytes += int64(len(p))
	return c.r.ReadAt(p, off)
}

// hostile files are made to be searched for ever: all over headers that announce
// sizes of every kind and are not what they seem.
func hostile(n int) map[string][]byte {
	fill := func(pattern ...[]byte) []byte {
		p := slices.Concat(pattern...)
		b := bytes.Repeat(p, n/len(p)+1)[:n]
		copy(b, appendHead(nil, true, true))
		return b
	}
	header := func(size int) []byte { return append(appendTagHeader(nil, Tag{Type: audio}, size), 0xAF) }
	whole := appendTag(nil, aacFrame(0, 0))
	return map[string][]byte{
		"small":           fill(header(20)),
		"half a window":   fill(header(maxLent - 27)),
		"more":            fill(header(maxLent)),
		"large":           fill(header(2 << 20)),
		"dense":           fill(bytes.Repeat([]byte{8}, 8), []byte{0, 0, 0, 0xAF}),
		"one whole":       fill(whole, header(maxLent-40), []byte{1}),
		"one whole, more": fill(whole, header(window), []byte{1}),
		"two chained":     fill(header(2<<20), make([]byte, 3)),
		"signatures":      fill([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")),
		"zeros":           make([]byte, n),
	}
}

// TestSalvagerHostile: the work follows the file's size.
func TestSalvagerHostile(t *testing.T) {
	const n = 4 << 20
	for name, in := range hostile(n) {
		r := &countingAt{r: bytes.NewReader(in)}
		s := NewSalvager(r, n)
		var err error
		tags := 0
		for ; err == nil; tags++ {
			_, err = s.Next()
		}
		if r.bytes > 12*n || r.calls > n || err != io.EOF {
			t.Errorf("%s: read %d bytes in %d calls for %d tags, %v", name, r.bytes, r.calls, tags, err)
		}
	}
}

func FuzzSalvager(f *testing.F) {
	good := written(f, Tag{video, 0, avcConfig}, avcFrame(0, 1, true), aacFrame(0, 2))
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(slices.Concat(good, good))
	f.Add(slices.Concat(good[:60], []byte("noise"), good[60:]))
	f.Add(sample(f, "audio.flv")[:2000])
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x0D\x01\x02\x03\x04\x00\x00\x00\x00\x28\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, in []byte) {
		tags, s := salvage(t, in)
		d := s.Damage()
		n := d.Garbage + d.Tail + d.UnknownBytes
		for _, tg := range tags {
			n += tagHeaderSize + int64(len(tg.Body))
		}
		if n > int64(len(in)) || s.End() > int64(len(in)) || int64(cap(s.body)) > int64(len(in)) {
			t.Fatalf("got %d bytes in %d tags and %+v of %d", n, len(tags), d, len(in))
		}
		// What a Scanner reads without a word is no damage.
		plain := NewScanner(iotest.DataErrReader(bytes.NewReader(in)))
		whole := true
		for i := 0; ; i++ {
			tg, err := plain.Next()
			if err != nil {
				whole = err == io.EOF && i == len(tags)
				break
			}
			if i >= len(tags) || !sameTags(tags[i:i+1], []Tag{tg}) {
				whole = false
				break
			}
		}
		if d == (Damage{}) && len(tags) > 0 && !whole {
			t.Fatalf("no damage in %d tags, but a Scanner reads others", len(tags))
		}
		// All that was found is found again, whatever was between.
		out := appendHead(nil, true, true)
		for _, tg := range tags {
			out = appendTag(out, tg)
		}
		if again, s := salvage(t, out); !sameTags(again, tags) || s.Damage() != (Damage{}) {
			t.Fatalf("got %d tags of %d again, %+v", len(again), len(tags), s.Damage())
		}
	})
}

func BenchmarkSalvager(b *testing.B) {
	one := sample(b, "bars.flv")
	var in []byte
	for len(in) < 64<<20 {
		in = append(in, one[len(in[:min(len(in), headSize)]):]...)
	}
	dense := hostile(8 << 20)
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"bars", in}, {"noise", noise(8 << 20)}, {"zeros", make([]byte, 8<<20)},
		{"small", dense["small"]}, {"dense", dense["dense"]}, {"large", dense["large"]}, {"wholes", dense["one whole"]},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			r := bytes.NewReader(c.in)
			for b.Loop() {
				s := NewSalvager(r, int64(len(c.in)))
				for {
					if _, err := s.Next(); err != nil {
						break
					}
				}
			}
		})
	}
}
