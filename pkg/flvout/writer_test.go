package flvout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// TestRoundTrip writes the samples as a server would send them, and compares
// what ffprobe reads: the same packets at the same times.
func TestRoundTrip(t *testing.T) {
	for name, flags := range map[string]byte{"bars.flv": 5, "audio.flv": 4, "video.flv": 1} {
		t.Run(name, func(t *testing.T) {
			in := sample(t, name)
			want := scan(t, in)
			out := written(t, want...)
			if out[4] != flags {
				t.Errorf("got flags %#x, want %#x", out[4], flags)
			}
			oracle(t, out)
			got := scan(t, out)
			if got[0].Type != data {
				t.Errorf("first tag is of type %d, want onMetaData", got[0].Type)
			}
			got, want = media(got), media(want)
			if len(got) != len(want) {
				t.Fatalf("got %d tags, want %d", len(got), len(want))
			}
			for i := range got {
				if got[i].Type != want[i].Type || !bytes.Equal(got[i].Body, want[i].Body) {
					t.Fatalf("tag %d differs", i)
				}
			}
			a, b := ffprobe(t, "-", in), ffprobe(t, "-", out)
			if !slices.Equal(a.Streams, b.Streams) || len(b.Packets) == 0 {
				t.Errorf("got streams %v, want %v", b.Streams, a.Streams)
			}
			shift := a.Packets[0].DTS // ffmpeg's samples begin behind an encoder's delay
			for i := range a.Packets {
				p := a.Packets[i]
				p.DTS -= shift
				p.PTS -= shift
				if b.Packets[i] != p {
					t.Fatalf("packet %d: got %v, want %v", i, b.Packets[i], p)
				}
			}
			if b.Format.Duration != "" {
				t.Errorf("got duration %s on a pipe, want none", b.Format.Duration)
			}
		})
	}
}

func TestWriterDrops(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	huge := make([]byte, maxBody+1)
	copy(huge, []byte{0x17, 1, 0, 0, 0})
	meta := metadataTag(t, 0, prop("width", amf.Number(320)))
	writeAll(t, w, []Tag{
		meta,
		meta, // again
		{data, 0, []byte("\x02\x00\x11|RtmpSampleAccess\x01\x00\x01\x00")},
		{data, 0, []byte("\x02\x00\x08onStatus\x05")},
		{audio, 0, nil},
		{video, 0, nil},
		{video | tagFilterBit, 0, nil},
		{video, 0, []byte{0x57, 0}},
		{video, 0, []byte{0xD1, 0}},
		{video, 0, []byte{0x17, 1}},
		{video, 0, huge},
		{tag.TagType(20), 0, []byte{1}},
		avcFrame(0, 1, true),
		aacFrame(0, 1),
		meta, // late
	})
	want := Dropped{Empty: 3, Command: 2, Malformed: 1, TooLarge: 1, Script: 4, Other: 1}
	if got := w.Stats().Dropped; got != want || got.Total() != 12 {
		t.Errorf("got %+v, %d in all; want %+v", got, got.Total(), want)
	}
	if s := w.Stats(); s.Audio != 1 || s.Video != 1 || s.KeyFrames != 1 || s.Bytes != 16 {
		t.Errorf("got %+v", s)
	}
	if got := scan(t, out.Bytes()); len(got) != 3 {
		t.Errorf("got %d tags, want onMetaData and two frames", len(got))
	}
}

// TestWriterLarge passes bodies around the size of the buffer, and the largest.
func TestWriterLarge(t *testing.T) {
	var tags []Tag
	for i, n := range []int{1, streamBufferSize - 16, streamBufferSize - 15, streamBufferSize - 14, streamBufferSize, 5, maxBody, 7} {
		b := bytes.Repeat([]byte{byte(i)}, n+5)[:max(n, 6)]
		copy(b, []byte{0x27, 1, 0, 0, 0})
		tags = append(tags, Tag{video, uint32(40 * i), b})
	}
	var out bytes.Buffer
	w := NewWriter(&out)
	writeAll(t, w, tags)
	got := scan(t, out.Bytes())
	if len(got) != len(tags) {
		t.Fatalf("got %d tags, want %d", len(got), len(tags))
	}
	for i := range got {
		if !bytes.Equal(got[i].Body, tags[i].Body) || got[i].Timestamp != tags[i].Timestamp {
			t.Errorf("tag %d differs", i)
		}
	}
	if w.Size() != int64(out.Len()) {
		t.Errorf("got size %d, want %d", w.Size(), out.Len())
	}
	oracle(t, out.Bytes())
}

// wholeOnly fails a test if it is ever given part of a tag, but for the writes of
// a large one.
type wholeOnly struct {
	t      *testing.T
	begun  bool
	writes int
}

func (w *wholeOnly) Write(b []byte) (int, error) {
	rest := b
	if !w.begun {
		rest = b[headSize:]
	}
	w.begun = true
	w.writes++
	for len(rest) > 0 {
		var ok bool
		if _, rest, ok = cutTag(rest); !ok {
			w.t.Errorf("write %d ends in a torn tag", w.writes)
			break
		}
	}
	return len(b), nil
}

func TestWriterWritesWholeTags(t *testing.T) {
	sink := &wholeOnly{t: t}
	w := NewWriter(sink)
	body := make([]byte, 3000)
	for i := range 2000 {
		copy(body, []byte{0x27, 1})
		if err := w.WriteTag(Tag{video, uint32(i), body[:5+i]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if sink.writes < 32 || sink.writes > 40 {
		t.Errorf("got %d writes for 2 MB, want about 32", sink.writes)
	}
}

// full takes n bytes and then no more.
type full struct {
	bytes.Buffer
	n   int
	err error
}

func (f *full) Write(b []byte) (int, error) {
	if room := f.n - f.Len(); len(b) > room {
		n, _ := f.Buffer.Write(b[:max(room, 0)])
		return n, f.err
	}
	return f.Buffer.Write(b)
}

// TestWriterFull stops the output after every number of bytes, in a stream that
// is flushed now and then and has one tag larger than the buffer.
func TestWriterFull(t *testing.T) {
	tags := []Tag{{video, 0, avcConfig}, {audio, 0, aacConfig}, avcFrame(10, 1, true), aacFrame(0, 1)}
	for i := range uint32(12) {
		tags = append(tags, avcFrame(50+40*i, byte(i), i == 6), aacFrame(23*i, byte(i)))
	}
	large := make([]byte, streamBufferSize)
	copy(large, avcFrame(0, 0, true).Body)
	tags = append(tags, Tag{video, 600, large}, avcFrame(640, 9, false))
	whole := written(t, tags...)

	ends := []int{headSize}
	for _, tg := range scan(t, whole) {
		ends = append(ends, ends[len(ends)-1]+tagHeaderSize+len(tg.Body)+trailerSize)
	}
	inLarge := len(whole) - streamBufferSize/2
	for n := 0; n < len(whole); n++ {
		switch n { // inside the large tag one offset is like another
		case 1500:
			n = inLarge
		case inLarge + 10:
			n = len(whole) - 300
		}
		sink := &full{n: n, err: syscall.ENOSPC}
		w := NewWriter(sink)
		cut := int64(-1)
		w.onFail = func(n int64) { cut = n }
		var err error
		for i, tg := range tags {
			if err = w.WriteTag(tg); err == nil && i%5 == 0 {
				err = w.Flush()
			}
			if err != nil {
				break
			}
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d bytes: got %v, want ENOSPC", n, err)
		}
		want := 0
		for _, e := range ends {
			if e <= n {
				want = e
			}
		}
		if cut != int64(want) || w.Size() != cut {
			t.Fatalf("%d bytes: cut at %d, size %d, want %d", n, cut, w.Size(), want)
		}
		if !bytes.Equal(sink.Bytes(), whole[:n]) {
			t.Fatalf("%d bytes: something else was written", n)
		}
		checkTally(t, w, whole[:want])
	}
}

// checkTally compares a Writer's counters with those of the file.
func checkTally(t *testing.T, w *Writer, file []byte) {
	t.Helper()
	var want tally
	if len(file) > 0 {
		at := int64(headSize)
		for _, tg := range scan(t, file) {
			c := Classify(tg)
			want.add(tg, &c, at)
			at += int64(tagHeaderSize + len(tg.Body) + trailerSize)
		}
	}
	if w.all.tally != want {
		t.Fatalf("got %+v, want %+v", w.all.tally, want)
	}
}

func TestWriterErrorsStick(t *testing.T) {
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pw.Close()
	pr.Close()
	w := NewWriter(pw)
	w.path = "pipe"
	var first error
	for i := range uint32(100) {
		if first = w.WriteTag(avcFrame(100*i, 0, true)); first != nil {
			break
		}
	}
	e, ok := errors.AsType[*Error](first)
	if !ok || !errors.Is(first, syscall.EPIPE) || e.Op != "write" || e.Path != "pipe" {
		t.Fatalf("got %v, want EPIPE", first)
	}
	if got, want := first.Error(), "flvout: write pipe: broken pipe"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, err := range map[string]error{
		"WriteTag": w.WriteTag(aacFrame(0, 0)), "Flush": w.Flush(), "Begin": w.Begin()} {
		if err != first {
			t.Errorf("%s: got %v, want the same error", name, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close: got %v, want nil, since the error was told", err)
	}
	if w.Size() != 0 || w.Stats().Video != 0 || w.Duration() != 0 {
		t.Errorf("got %d bytes, %+v, %v; want nothing", w.Size(), w.Stats(), w.Duration())
	}
}

func TestWriterShortWrite(t *testing.T) {
	w := NewWriter(&full{n: 5}) // no error of its own
	if err := w.WriteTag(avcFrame(0, 0, true)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v, want a short write", err)
	}
}

func TestWriterClosed(t *testing.T) {
	w := NewWriter(io.Discard)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteTag(aacFrame(0, 0)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestDuration counts the last frame too.
func TestDuration(t *testing.T) {
	for _, c := range []struct {
		name string
		tags []Tag
		want string
	}{
		{"nothing", nil, "0s"},
		{"one frame", []Tag{avcFrame(7, 0, true)}, "40ms"},
		{"25 fps", []Tag{avcFrame(7, 0, true), avcFrame(47, 0, false), avcFrame(87, 0, false)}, "120ms"},
		{"a gap ahead of the last", []Tag{avcFrame(0, 0, true), avcFrame(40, 0, false), avcFrame(1040, 0, false)},
			"1.08s"},
		{"a header does not count", []Tag{avcFrame(0, 0, true), avcFrame(40, 0, false), {video, 9000, avcConfig}},
			"80ms"},
		{"the longer track", []Tag{avcFrame(0, 0, true), avcFrame(40, 0, false), aacFrame(100, 0), aacFrame(123, 0)},
			"146ms"},
	} {
		w := NewWriter(io.Discard)
		writeAll(t, w, c.tags)
		if got := w.Duration().String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestWriterAllocs is the promise of no allocation a tag in the steady state.
func TestWriterAllocs(t *testing.T) {
	w := NewWriter(io.Discard)
	frame, sound := avcFrame(0, 1, false), aacFrame(0, 1)
	frame.Body = append(frame.Body, make([]byte, 4000)...)
	large := frame
	large.Body = append(bytes.Clone(frame.Body), make([]byte, streamBufferSize)...)
	write := func(tags ...Tag) {
		for _, tg := range tags {
			if err := w.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(frame, sound)
	for name, tags := range map[string][]Tag{"frames": {frame, sound}, "large": {large},
		"dropped": {{video, 0, nil}, {data, 0, []byte{2, 0, 1, 'x'}}}} {
		if n := testing.AllocsPerRun(1000, func() { write(tags...) }); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, n)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	for _, size := range []int{200, 4 << 10, 64 << 10, 1 << 20} {
		body := make([]byte, size)
		copy(body, []byte{0x27, 1})
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		defer null.Close()
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := NewWriter(null)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for ts := uint32(0); b.Loop(); ts++ {
				if err := w.WriteTag(Tag{video, ts, body}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleWriter() {
	var pipe bytes.Buffer // or os.Stdout
	w := NewWriter(&pipe)
	for _, t := range []Tag{
		{tag.TagTypeVideo, 5010, []byte{0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65}},
		{tag.TagTypeAudio, 5000, []byte{0xAF, 1, 0x21}},
	} {
		if err := w.WriteTag(t); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	s := NewScanner(&pipe)
	for {
		t, err := s.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(t.Type, t.Timestamp, len(t.Body))
	}
	// Output:
	// 9 10 10
	// 8 0 3
	// EOF
}

// TestAvailableBuffer writes the same tags twice, once with bodies that are built
// in the room that the Writer lends, and with a Flush in between now and then.
func TestAvailableBuffer(t *testing.T) {
	var plain, lent bytes.Buffer
	a, b := NewWriter(&plain), NewWriter(&lent)
	inPlace := 0
	for i := range 2000 {
		body := append([]byte{0x27, 1, 0, 0, 0}, bytes.Repeat([]byte{byte(i)}, i*37%9000)...)
		typ := tag.TagTypeVideo
		if i%3 == 0 {
			body[0], typ = 0xaf, tag.TagTypeAudio
		}
		tg := Tag{Type: typ, Timestamp: uint32(i * 10), Body: body}
		if err := a.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
		if room := b.AvailableBuffer(len(body)); room != nil {
			if len(room) != 0 || cap(room) != len(body) {
				t.Fatalf("room for %d bytes: %d of %d", len(body), len(room), cap(room))
			}
			tg.Body = append(room, body...)
			inPlace++
		}
		if i%7 == 0 {
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.WriteTag(tg); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if inPlace < 1900 {
		t.Errorf("only %d bodies were built in place", inPlace)
	}
	if !bytes.Equal(plain.Bytes(), lent.Bytes()) {
		t.Error("what was built in place differs from what was copied")
	}
	if NewWriter(&lent).AvailableBuffer(10) != nil {
		t.Error("room before the header is written")
	}
	if a.AvailableBuffer(10) != nil {
		t.Error("room after Close")
	}
}
