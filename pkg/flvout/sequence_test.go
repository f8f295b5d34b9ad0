package flvout

import (
	"bytes"
	"encoding/hex"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// ex is an enhanced video or audio body: first byte, FourCC, the rest.
func ex(b byte, fourCC, rest string) []byte { return append([]byte{b}, fourCC+rest...) }

// TestFileCodecs records frames of every codec: they stay as they are, the index
// finds the key frames, and the sequence is ended as the codec has it.
func TestFileCodecs(t *testing.T) {
	v := func(ts uint32, body []byte) Tag { return Tag{video, ts, body} }
	a := func(ts uint32, body []byte) Tag { return Tag{audio, ts, body} }
	legacy := func(b byte) []Tag {
		return []Tag{v(0, []byte{0x10 | b, 1, 2}), v(40, []byte{0x20 | b, 3, 4}), v(80, []byte{0x10 | b, 5, 6})}
	}
	enhanced := func(fourCC, header string) []Tag {
		var tags []Tag
		if header != "" {
			tags = append(tags, v(0, ex(0x90, fourCC, header)))
		}
		return append(tags, v(0, ex(0x91, fourCC, "\x00\x00\x00key")), v(40, ex(0xA3, fourCC, "inter")), v(80, ex(0x93, fourCC, "key")))
	}
	sound := func(body ...[]byte) (tags []Tag) {
		ts := uint32(0)
		for _, b := range body {
			tags = append(tags, a(ts, b))
			if c := Classify(tags[len(tags)-1]); c.Kind == KindFrame {
				ts += 20
			}
		}
		return tags
	}
	for _, c := range []struct {
		name string
		tags []Tag
		end  string
		keys []uint32 // of the index; nil: there is none
	}{
		{"AVC", []Tag{v(0, avcConfig), avcFrame(0, 1, true), avcFrame(40, 2, false), avcFrame(80, 3, true)}, "1702000000", []uint32{0, 0, 80}},
		{"AVC that ends by itself", []Tag{v(0, avcConfig), avcFrame(0, 1, true), avcFrame(40, 3, true), v(40, []byte{0x17, 2, 0, 0, 0})}, "", []uint32{0, 0, 40}},
		{"AVC that goes on behind its end", []Tag{v(0, avcConfig), avcFrame(0, 1, true), v(0, []byte{0x17, 2, 0, 0, 0}), avcFrame(40, 3, true)}, "1702000000", []uint32{0, 0, 40}},
		{"AVC without a header", []Tag{avcFrame(0, 1, true), avcFrame(40, 3, true)}, "1702000000", []uint32{0, 0, 40}},
		{"HEVC, codec ID 12", []Tag{v(0, []byte{0x1C, 0, 0, 0, 0, 1}), v(0, []byte{0x1C, 1, 0, 0, 0, 1}), v(40, []byte{0x1C, 1, 0, 0, 0, 2})}, "1c02000000", []uint32{0, 0, 40}},
		{"hvc1", enhanced("hvc1", "config"), "92" + hex.EncodeToString([]byte("hvc1")), []uint32{0, 0, 80}},
		{"avc1", enhanced("avc1", "config"), "92" + hex.EncodeToString([]byte("avc1")), []uint32{0, 0, 80}},
		{"vvc1", enhanced("vvc1", "config"), "92" + hex.EncodeToString([]byte("vvc1")), []uint32{0, 0, 80}},
		{"av01", enhanced("av01", "config"), "92" + hex.EncodeToString([]byte("av01")), []uint32{0, 0, 80}},
		{"vp09", enhanced("vp09", "config"), "92" + hex.EncodeToString([]byte("vp09")), []uint32{0, 0, 80}},
		{"vp08", enhanced("vp08", ""), "92" + hex.EncodeToString([]byte("vp08")), []uint32{0, 0, 80}},
		{"ModEx", []Tag{v(0, []byte("\x97\x02\x00\x00\x01\x00hvc1cfg")), v(0, []byte("\x97\x02\x00\x00\x01\x03hvc1key")), v(40, []byte("\x97\x02\x00\x00\x01\x03hvc1key"))},
			"92" + hex.EncodeToString([]byte("hvc1")), []uint32{0, 0, 40}},
		{"one track", []Tag{v(0, []byte("\x96\x00avc1\x00cfg")), v(0, []byte("\x96\x01avc1\x00\x00\x00\x00key")), v(40, []byte("\x96\x01avc1\x00\x00\x00\x00key"))}, "", []uint32{0, 0, 40}},
		{"many tracks", []Tag{v(0, []byte("\x96\x13avc1\x00\x00\x00\x03key\x01\x00\x00\x03key")), v(40, []byte("\x96\x13avc1\x00\x00\x00\x03key\x01\x00\x00\x03key"))}, "", []uint32{0, 0, 40}},
		{"many codecs", []Tag{v(0, []byte("\x96\x23avc1\x00\x00\x00\x03keyav01\x01\x00\x00\x03key")), v(40, []byte("\x96\x23avc1\x00\x00\x00\x03keyav01\x01\x00\x00\x03key"))}, "", []uint32{0, 0, 40}},
		{"Sorenson H.263", legacy(2), "", []uint32{0, 0, 80}},
		{"Screen video", legacy(3), "", []uint32{0, 0, 80}},
		{"VP6", legacy(4), "", []uint32{0, 0, 80}},
		{"VP6 with alpha", legacy(5), "", []uint32{0, 0, 80}},
		{"Screen video 2", legacy(6), "", []uint32{0, 0, 80}},
		{"Opus", sound(ex(0x90, "Opus", "OpusHead"), ex(0x91, "Opus", "1"), ex(0x91, "Opus", "2")), "", []uint32{0, 0}},
		{"FLAC", sound(ex(0x90, "fLaC", "info"), ex(0x91, "fLaC", "1")), "", []uint32{0, 0}},
		{"AC-3", sound(ex(0x91, "ac-3", "1"), ex(0x91, "ac-3", "2")), "", []uint32{0, 0}},
		{"E-AC-3", sound(ex(0x91, "ec-3", "1"), ex(0x91, "ec-3", "2")), "", []uint32{0, 0}},
		{"enhanced AAC", sound(ex(0x90, "mp4a", "\x12\x10"), ex(0x91, "mp4a", "1")), "", []uint32{0, 0}},
		{"enhanced MP3", sound(ex(0x91, ".mp3", "1"), ex(0x91, ".mp3", "2")), "", []uint32{0, 0}},
		{"AAC", sound(aacConfig, []byte{0xAF, 1, 2}), "", []uint32{0, 0}},
		{"MP3", sound([]byte{0x2E, 1}, []byte{0x2E, 2}), "", []uint32{0, 0}},
		{"Nellymoser", sound([]byte{0x6A, 1}), "", []uint32{0, 0}},
		{"Speex", sound([]byte{0xB6, 1}), "", []uint32{0, 0}},
		{"G.711 A-law", sound([]byte{0x72, 1}), "", []uint32{0, 0}},
		{"G.711 mu-law", sound([]byte{0x82, 1}), "", []uint32{0, 0}},
		{"PCM", sound([]byte{0x3E, 1}), "", []uint32{0, 0}},
		{"ADPCM", sound([]byte{0x1A, 1}), "", []uint32{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.flv")
			f := create(t, path)
			writeAll(t, f, c.tags)
			b := readFile(t, path)
			tags := scan(t, b)
			got := media(tags)
			for i, tg := range c.tags {
				if !bytes.Equal(got[i].Body, tg.Body) || got[i].Timestamp != tg.Timestamp {
					t.Errorf("tag %d: got %x at %d, want %x at %d", i, got[i].Body, got[i].Timestamp, tg.Body, tg.Timestamp)
				}
			}
			end := ""
			if got = got[len(c.tags):]; len(got) > 0 {
				end = hex.EncodeToString(got[0].Body)
				if last := c.tags[len(c.tags)-1]; len(got) > 1 || got[0].Type != video || got[0].Timestamp != last.Timestamp {
					t.Errorf("got %v behind the last frame", got)
				}
			}
			if end != c.end {
				t.Errorf("got %q at the end, want %q", end, c.end)
			}
			entries, err := ReadIndex(tags[0].Body)
			var times []uint32
			for _, e := range entries {
				times = append(times, e.Time)
			}
			if err != nil || !slices.Equal(times, c.keys) {
				t.Errorf("got an index of %v, %v; want %v", times, err, c.keys)
			}
			fields := readStrictly(t, tags[0].Body)
			if fields["lasttimestamp"] != float64(c.tags[len(c.tags)-1].Timestamp)/1000 {
				t.Errorf("got %v", fields)
			}
			want := byte(4)
			if c.tags[0].Type == video {
				want = 1
			}
			if b[4] != want {
				t.Errorf("got flags %d, want %d", b[4], want)
			}
		})
	}
}

// TestFileRaw keeps the timestamps that came.
func TestFileRaw(t *testing.T) {
	f, err := FileOptions{Raw: true}.Create(filepath.Join(t.TempDir(), "a.flv"))
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, f, []Tag{{video, 7, avcConfig}, avcFrame(90_000, 1, true), aacFrame(89_990, 1), {audio, 0, aacConfig}, avcFrame(80_000, 2, true)})
	tags := scan(t, readFile(t, f.Name()))
	if got, want := timestamps(tags), []uint32{0, 7, 90_000, 89_990, 0, 80_000, 80_000}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestFileLate: audio that comes, with its header, ten seconds into the file.
func TestFileLate(t *testing.T) {
	tags := []Tag{metadataTag(t, amf.ECMAArray, prop("width", amf.Number(640))), {video, 0, avcConfig}}
	for i := range uint32(500) {
		tags = append(tags, avcFrame(1000+40*i, byte(i), i%50 == 0))
		if i == 250 {
			tags = append(tags, Tag{audio, 0, aacConfig})
		}
		if i >= 250 {
			tags = append(tags, aacFrame(1000+40*i+1, byte(i)))
		}
	}
	f := create(t, filepath.Join(t.TempDir(), "a.flv"))
	writeAll(t, f, tags)
	b := readFile(t, f.Name())
	got := scan(t, b)
	fields := readStrictly(t, got[0].Body)
	if b[4] != 5 || fields["hasAudio"] != true || fields["audiosamplerate"] != 44100.0 || fields["width"] != 640.0 {
		t.Errorf("got flags %d and %v", b[4], fields)
	}
	for i, tg := range media(tags) {
		if c := Classify(tg); c.Kind == KindFrame && media(got)[i].Timestamp != tg.Timestamp-1000 {
			t.Fatalf("tag %d: got %d ms for %d", i, media(got)[i].Timestamp, tg.Timestamp)
		}
	}
	entries, err := ReadIndex(got[0].Body)
	if err != nil || len(entries) != 11 {
		t.Errorf("got %d entries, %v", len(entries), err)
	}
	checkIndex(t, b, entries, false)
}

// TestFileLarge: a key frame that just fits into a tag, and one that does not.
func TestFileLarge(t *testing.T) {
	big := func(ts uint32, n int) Tag {
		b := make([]byte, n)
		copy(b, avcFrame(0, 1, true).Body)
		return Tag{video, ts, b}
	}
	f := create(t, filepath.Join(t.TempDir(), "a.flv"))
	writeAll(t, f, []Tag{{video, 0, avcConfig}, big(0, 15_900_000), big(40, maxBody+1), big(80, maxBody), aacFrame(80, 1)})
	if d := f.Stats().Dropped; d != (Dropped{TooLarge: 1}) {
		t.Errorf("got %+v", d)
	}
	b := readFile(t, f.Name())
	if got := timestamps(media(scan(t, b))); !slices.Equal(got, []uint32{0, 0, 80, 80, 80}) {
		t.Errorf("got %v", got)
	}
	tg, _, _ := cutTag(b[headSize:])
	entries, err := ReadIndex(tg.Body)
	if err != nil || len(entries) != 3 {
		t.Errorf("got %v, %v", entries, err)
	}
	checkIndex(t, b, entries, false)
}
