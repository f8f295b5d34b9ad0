package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// fed returns what a feed gives until its end. It is told of a lost server
// instead of being asked for the packets behind those with the numbers lost.
func fed(t testing.TB, f *feed, lost ...int) (list []flvout.Tag) {
	t.Helper()
	for {
		p, err := f.next(context.Background(), nil)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("after %d packets: %v", len(list), err)
		}
		if slices.Contains(lost, len(list)) {
			f.resume()
			lost = slices.DeleteFunc(lost, func(n int) bool { return n == len(list) })
			continue
		}
		list = append(list, flvout.Tag{Type: tag.TagType(p.Type), Timestamp: p.Timestamp, Body: bytes.Clone(p.Payload)})
	}
}

func opened(t testing.TB, rounds int, b []byte) *feed {
	t.Helper()
	f, err := openFeed(context.Background(), &Input{"x", bytes.NewReader(b)}, rounds)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// In a loop each track goes on as if there were no seam.
func TestFeedLoops(t *testing.T) {
	const rounds = 3
	for _, name := range []string{"bars.flv", "audio.flv", "video.flv"} {
		b := sample(t, name)
		once := tags(t, b)
		got := fed(t, opened(t, rounds, b))
		if last := once[len(once)-1]; flvout.Classify(last).Kind == flvout.KindEnd { // ffmpeg's last word
			once = once[:len(once)-1]
			got = got[:len(got)-1]
		}
		same(t, got[:len(once)], once)
		frames := slices.DeleteFunc(slices.Clone(once), func(t flvout.Tag) bool {
			return flvout.Classify(t).Kind != flvout.KindFrame
		})
		if want := len(once) + (rounds-1)*len(frames); len(got) != want {
			t.Errorf("%s: %d tags, want %d: a frame is missing, or a header repeated", name, len(got), want)
		}
		seam := got[len(once)].Timestamp
		for i, f := range frames {
			for k := 1; k < rounds; k++ {
				g := got[len(once)+(k-1)*len(frames)+i]
				if g.Timestamp != f.Timestamp+uint32(k)*seam || !bytes.Equal(g.Body, f.Body) {
					t.Fatalf("%s: round %d, frame %d of %d ms is at %d", name, k, i, f.Timestamp, g.Timestamp)
				}
			}
		}
		var end uint32 // where the longer track would have its next frame
		for _, typ := range []tag.TagType{audioTag, videoTag} {
			if track := only(frames, typ); len(track) > 0 {
				n := len(track)
				end = max(end, 2*track[n-1].Timestamp-track[n-2].Timestamp)
			}
		}
		if seam != end {
			t.Errorf("%s: the seam is at %d, want %d", name, seam, end)
		}
	}
}

// A file is read from where it stands, in each round.
func TestFeedStandsWithin(t *testing.T) {
	r := bytes.NewReader(append([]byte("no FLV "), flv(aacFrame(0, 1))...))
	_, _ = r.Seek(7, io.SeekStart)
	f, err := openFeed(t.Context(), &Input{"x", r}, 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, fed(t, f), []flvout.Tag{aacFrame(0, 1), aacFrame(40, 1)})
}

// Headers are repeated at the seam if what went before calls for it, with times
// that do not run back; the rest of the file is as it was.
func TestFeedSeam(t *testing.T) {
	cue := script(0, "onCuePoint")
	for name, test := range map[string]struct{ file, second []flvout.Tag }{
		"one frame": {
			[]flvout.Tag{avcFrame(7, 1, true)},
			[]flvout.Tag{avcFrame(47, 1, true)},
		},
		"late start": {
			[]flvout.Tag{avcConfig(0, 1), avcFrame(5000, 1, true), aacFrame(4990, 1), avcFrame(5100, 2, false)},
			[]flvout.Tag{avcFrame(5210, 1, true), aacFrame(5200, 1), avcFrame(5310, 2, false)},
		},
		"script data": {
			[]flvout.Tag{script(0, "onMetaData"), cue, aacFrame(0, 1), aacFrame(20, 2)},
			[]flvout.Tag{at(cue, 40), aacFrame(40, 1), aacFrame(60, 2)},
		},
		"another header within": {
			[]flvout.Tag{avcConfig(0, 1), avcFrame(0, 1, true), avcConfig(0, 2), avcFrame(40, 2, true), avcConfig(0, 2), avcFrame(80, 3, true)},
			[]flvout.Tag{avcConfig(120, 1), avcFrame(120, 1, true), avcConfig(120, 2), avcFrame(160, 2, true), avcFrame(200, 3, true)},
		},
		"an end of sequence": {
			[]flvout.Tag{avcConfig(0, 1), avcFrame(0, 1, true), avcEnd(0)},
			[]flvout.Tag{avcFrame(40, 1, true), avcEnd(40)},
		},
		"an end within": {
			[]flvout.Tag{avcConfig(0, 1), avcFrame(0, 1, true), avcEnd(0), avcConfig(40, 1), avcFrame(40, 2, true)},
			[]flvout.Tag{avcFrame(80, 1, true), avcEnd(80), avcConfig(120, 1), avcFrame(120, 2, true)},
		},
		"not to be decoded": {
			[]flvout.Tag{aacFrame(0, 1), avcFrame(0, 1, false), avcFrame(40, 2, true)},
			[]flvout.Tag{aacFrame(80, 1), avcFrame(120, 2, true)},
		},
		"a late last frame": {
			[]flvout.Tag{avcFrame(0, 1, true), aacFrame(10, 1), avcFrame(40, 2, false), avcFrame(8040, 3, false)},
			[]flvout.Tag{avcFrame(8080, 1, true), aacFrame(8090, 1), avcFrame(8120, 2, false), avcFrame(16_120, 3, false)},
		},
		"slides": {
			[]flvout.Tag{avcFrame(0, 1, true), avcFrame(5000, 2, true), avcFrame(10_000, 3, true)},
			[]flvout.Tag{avcFrame(15_000, 1, true), avcFrame(20_000, 2, true), avcFrame(25_000, 3, true)},
		},
		"wraps": {
			[]flvout.Tag{aacFrame(1<<32-40, 1), aacFrame(1<<32-20, 2), aacFrame(0, 3)},
			[]flvout.Tag{aacFrame(20, 1), aacFrame(40, 2), aacFrame(60, 3)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := slices.DeleteFunc(fed(t, opened(t, 1, flv(test.file...))), func(t flvout.Tag) bool {
				return flvout.Classify(t).Kind == flvout.KindEnd
			})
			got := fed(t, opened(t, 2, flv(test.file...)))
			same(t, got[:len(first)], first)
			same(t, got[len(first):], test.second)
		})
	}
}

// What no server can use is left out, and nothing else is.
func TestFeedLeavesOut(t *testing.T) {
	encrypted := avcFrame(0, 9, true)
	encrypted.Type |= 0x20
	amf3 := script(60, "onCuePoint")
	amf3.Type, amf3.Body = 15, append([]byte{0}, amf3.Body...)
	unknown := flvout.Tag{Type: videoTag, Timestamp: 60, Body: []byte{0x9F, 'x', 'x', 'x', 'x'}}
	want := []flvout.Tag{
		script(0, "onMetaData"), avcConfig(0, 1), aacConfig(0), script(0, "|RtmpSampleAccess"),
		aacFrame(0, 1), aacFrame(20, 2), avcFrame(40, 3, true), avcFrame(80, 4, false), amf3, unknown, avcEnd(80),
	}
	file := slices.Concat(
		[]flvout.Tag{encrypted, avcFrame(0, 1, false)}, want[:5],
		[]flvout.Tag{avcFrame(0, 2, false), {Type: audioTag}, {Type: videoTag, Body: []byte{0x57, 0}}}, want[5:],
		[]flvout.Tag{{Type: videoTag, Timestamp: 80, Body: []byte{0x17}}},
	)
	for _, in := range []Input{from(flv(file...)), piped(flv(file...))} {
		f, err := openFeed(t.Context(), &in, 1)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fed(t, f), want)
		if f.left != (LeftOut{2, 1, 1, 1, 1, 0}) || f.left.Total() != 6 {
			t.Errorf("left out: %+v", f.left)
		}
		f.close()
	}
	// Audio alone is left of video that never has a key frame.
	f := opened(t, 1, flv(avcConfig(0, 1), avcFrame(0, 1, false), aacFrame(0, 1), avcFrame(40, 2, false), aacFrame(20, 2)))
	same(t, fed(t, f, 2), []flvout.Tag{avcConfig(0, 1), aacFrame(0, 1), avcConfig(20, 1), aacFrame(20, 2)})
	if f.left.Undecodable != 2 || f.gate.total() != (Skipped{}) {
		t.Errorf("left out: %+v, skipped: %+v", f.left, f.gate.total())
	}
}

// Of what is left out in each round the first counts.
func TestFeedCountsOnce(t *testing.T) {
	file := flv(avcFrame(0, 1, false), avcConfig(0, 1), avcFrame(0, 2, true), flvout.Tag{Type: audioTag}, avcFrame(40, 3, false))
	f := opened(t, 3, file)
	if got := fed(t, f); len(got) != 7 || f.left != (LeftOut{Undecodable: 1, Empty: 1}) {
		t.Errorf("%d tags, left out: %+v", len(got), f.left)
	}
}

// Media in forms that are not known are media.
func TestFeedUnknown(t *testing.T) {
	unknown := func(ts uint32, n byte) flvout.Tag {
		return flvout.Tag{Type: videoTag, Timestamp: ts, Body: []byte{0x9F, 'x', 'x', 'x', 'x', n}}
	}
	list := []flvout.Tag{script(0, "onMetaData"), unknown(0, 1), unknown(40, 2), unknown(80, 3)}
	f := opened(t, 2, flv(list...))
	if len(f.held) != 2 {
		t.Errorf("%d tags are read ahead", len(f.held))
	}
	same(t, fed(t, f, 3), slices.Concat(list[:3], // a new server is sent all it can be
		[]flvout.Tag{at(list[0], 80), unknown(80, 3), unknown(120, 1), unknown(160, 2), unknown(200, 3)}))
	// Where there are key frames, they are waited for.
	list = []flvout.Tag{avcFrame(0, 1, true), unknown(0, 1), unknown(40, 2), avcFrame(40, 2, false), unknown(80, 3), avcFrame(80, 3, true), unknown(120, 4)}
	same(t, fed(t, opened(t, 1, flv(list...)), 2), slices.Concat(list[:2], list[5:]))
}

// Metadata is sent up to the length that it can have, and remembered up to one
// that it should.
func TestFeedLongMetadata(t *testing.T) {
	for _, test := range []struct {
		size int
		sent int // twice, once, or not at all, and two frames
		left int64
	}{
		{maxMetadata, 4, 0},
		{maxMetadata + 1, 3, 0},
		{message.MaxMetaData, 3, 0},
		{message.MaxMetaData + 1, 2, 1},
		{1<<24 - 1, 2, 1},
	} {
		meta := script(0, "onMetaData")
		meta.Body = append(meta.Body, make([]byte, test.size-len(meta.Body))...)
		f := opened(t, 1, flv(meta, aacFrame(0, 1), aacFrame(20, 2)))
		got := fed(t, f, 2) // the last frame, if the metadata is sent
		if len(got) != test.sent || f.left != (LeftOut{TooLong: test.left}) || len(f.own.file) > maxMetadata {
			t.Errorf("%d bytes: %d tags, left out: %+v; %d bytes are kept", test.size, len(got), f.left, len(f.own.file))
		}
		for _, tg := range got {
			if n := len(message.AppendDataFrame(nil, tg.Body)); n > 1<<24-1 {
				t.Errorf("%d bytes: %d are to be sent", test.size, n)
			}
		}
	}
}

// More is not read ahead of a pipe than a bound, and then it goes on.
func TestFeedHolds(t *testing.T) {
	big := script(0, "big")
	big.Body = append(big.Body, make([]byte, maxHeld/4)...)
	list := []flvout.Tag{big, big, big, big, big, big, aacFrame(0, 1)}
	r := bytes.NewReader(flv(list...))
	f, err := openFeed(t.Context(), &Input{"-", io.MultiReader(r)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if got := len(f.held); got != 4 {
		t.Errorf("%d tags are held", got)
	}
	same(t, fed(t, f), list)

	f = opened(t, 1, flv(list[:6]...))
	for range 6 {
		if _, err := f.next(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.next(t.Context(), nil); !errors.Is(err, errNoMedia) {
		t.Errorf("at the end: %v", err)
	}
	if _, err := openFeed(t.Context(), &Input{"-", io.MultiReader(bytes.NewReader(flv(list...)))}, 2); !errors.Is(err, errOneWay) {
		t.Errorf("a pipe in a loop: %v", err)
	}
}

// Wherever a server is lost, the next one gets a stream that it can begin with.
func TestFeedResumes(t *testing.T) {
	b := sample(t, "bars.flv")
	const rounds = 2
	whole := fed(t, opened(t, rounds, b))
	headers := tags(t, b)[:3]                    // onMetaData and both sequence headers
	for n := 0; n < len(whole); n += 1 + n/100 { // everywhere at first, then in steps
		got := fed(t, opened(t, rounds, b), n)
		same(t, got[:n], whole[:n])
		k := slices.IndexFunc(whole[n:], func(t flvout.Tag) bool { return flvout.Classify(t).Key })
		if k < 0 {
			if len(got) > n {
				t.Errorf("lost at %d: %d tags after the last key frame", n, len(got)-n)
			}
			continue
		}
		var want []flvout.Tag
		for _, h := range headers {
			want = append(want, at(h, whole[n+k].Timestamp))
		}
		same(t, got[n:], append(want, whole[n+k:]...))
	}
}

// Lost again while the headers are repeated, the stream begins with them again.
func TestFeedResumesTwice(t *testing.T) {
	list := short()
	want := []flvout.Tag{script(500, "onMetaData"), avcConfig(500, 1), aacConfig(500), avcFrame(500, 5, true)}
	for lost := range 4 {
		f := opened(t, 1, flv(list...))
		got := fed(t, f, 10, 10+lost) // the second loss is of the headers, or the key frame
		same(t, got[10:10+lost], want[:lost])
		if got := got[10+lost:]; lost > 0 {
			same(t, got[:4], want)
		}
		if s := f.gate.total(); s.Frames != 3 {
			t.Errorf("skipped: %+v", s)
		}
	}
}

// Of each track the header in force is repeated, however it came.
func TestFeedHeaders(t *testing.T) {
	const fourCC = "hvc1"
	video := func(body string) flvout.Tag { return flvout.Tag{Type: videoTag, Body: []byte(body)} }
	base, key, colour := video("\x90"+fourCC+"base"), video("\x91"+fourCC+"\x00\x00\x00key"), video("\xD4"+fourCC+"colour")
	second, third := video("\x96\x00"+fourCC+"\x01second"), video("\x96\x00"+fourCC+"\x01third")
	opus := flvout.Tag{Type: audioTag, Body: []byte("\x90Opushead")}
	layout := flvout.Tag{Type: audioTag, Body: []byte("\x94Opuslayout")}
	meta, cue := script(0, "onMetaData"), script(0, "onCuePoint")
	f := opened(t, 1, flv(base, second, meta, opus, layout, colour, key, third, cue, avcFrame(0, 1, false), avcConfig(0, 1), at(avcFrame(0, 2, true), 80)))
	got := fed(t, f, 7) // and then the base is of another codec, with no colours
	want := []flvout.Tag{base, second, meta, opus, layout, colour, key}
	same(t, got[:len(want)], want)
	for i := range got {
		got[i].Timestamp = 0
	}
	same(t, got[len(want):], []flvout.Tag{meta, opus, layout, third, avcConfig(0, 1), avcFrame(0, 2, true)})
}

// In a loop a header is repeated if one for some of its tracks came between.
func TestFeedHeadersOfTracks(t *testing.T) {
	many := func(ids string) flvout.Tag {
		b := []byte("\x96\x10hvc1")
		for _, id := range ids {
			b = append(b, byte(id), 0, 0, 1, 'x')
		}
		return flvout.Tag{Type: videoTag, Body: b}
	}
	layout := flvout.Tag{Type: audioTag, Body: []byte("\x97\x02\x00\x00\x00\x04Opuslayout")} // behind ModEx
	opus := flvout.Tag{Type: audioTag, Body: []byte("\x90Opushead")}
	file := []flvout.Tag{many("\x01\x02"), many("\x01\x03"), opus, layout, avcFrame(0, 1, true)}
	frame := at(avcFrame(0, 1, true), 40)
	same(t, fed(t, opened(t, 2, flv(file...))), append(slices.Clone(file), at(file[0], 40), at(file[1], 40), frame))
	again := slices.Clone(file)
	same(t, fed(t, opened(t, 1, flv(file...)), 4)[4:], again)
}

// Tracks of one stream wait for key frames of their own.
func TestFeedTracks(t *testing.T) {
	one := func(frame, id byte) flvout.Tag {
		return flvout.Tag{Type: videoTag, Body: []byte{frame | 6, 0x01, 'a', 'v', '0', '1', id, 1, 2}}
	}
	const key, inter = 0x90, 0xA0
	f := opened(t, 1, flv(one(inter, 0), one(key, 0), one(inter, 1), one(inter, 0), one(key, 200), one(inter, 200), one(inter, 1), one(key, 1), one(inter, 1)))
	same(t, fed(t, f), []flvout.Tag{one(key, 0), one(inter, 0), one(key, 200), one(inter, 200), one(key, 1), one(inter, 1)})
	if f.left.Undecodable != 3 {
		t.Errorf("left out: %+v", f.left)
	}
}

// Video that is over is not waited for.
func TestFeedResumesWithoutVideo(t *testing.T) {
	list := []flvout.Tag{avcConfig(0, 1), aacConfig(0), avcFrame(0, 1, true)}
	for i := range uint32(20) {
		list = append(list, aacFrame(1000*i, byte(i)))
	}
	f := opened(t, 1, flv(list...))
	got := fed(t, f, 6)
	same(t, got, slices.Concat(list[:6], []flvout.Tag{avcConfig(11_000, 1), aacConfig(11_000)}, list[14:]))
	if s := f.gate.total(); s.Frames != 8 || s.Time.Seconds() != 8 {
		t.Errorf("skipped: %+v", s)
	}
}
