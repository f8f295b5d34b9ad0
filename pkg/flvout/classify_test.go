package flvout

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/yutopp/go-flv/tag"
)

// unhex reads bytes as the tables of this package write them.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	audio = tag.TagTypeAudio
	video = tag.TagTypeVideo
	data  = tag.TagTypeScriptData
)

// vectors are tags as legacy and enhanced senders write them.
var vectors = []struct {
	name  string
	typ   tag.TagType
	body  string
	kind  Kind
	key   bool
	codec Codec
	// Tracks as "id codec cts payload".
	tracks []string
}{
	// E-RTMP v2, as its senders write it.
	{"HEVC key, CTS 80", video, "91 68766331 000050 000000022601", KindFrame, true, CodecHEVC,
		[]string{"0 hvc1 80 000000022601"}},
	{"HEVC inter, CTS -40", video, "A1 68766331 FFFFD8 000000020201", KindFrame, false, CodecHEVC,
		[]string{"0 hvc1 -40 000000020201"}},
	{"HEVC inter, X", video, "A3 68766331 000000020201", KindFrame, false, CodecHEVC,
		[]string{"0 hvc1 0 000000020201"}},
	{"MediaMTX, frame type 0, key", video, "83 68766331 000000022601", KindFrame, true, CodecHEVC,
		[]string{"0 hvc1 0 000000022601"}},
	{"MediaMTX, frame type 0, inter", video, "83 68766331 000000020201", KindFrame, false, CodecHEVC,
		[]string{"0 hvc1 0 000000020201"}},
	{"FFmpeg, metadata of frame type 5", video, "D4 68766331 020009 636F6C6F72496E666F 03 000009",
		KindColorInfo, false, CodecHEVC, []string{"0 hvc1 0 020009636f6c6f72496e666f03000009"}},
	{"OBS, metadata of frame type 0", video, "84 68766331 020009 636F6C6F72496E666F 06",
		KindColorInfo, false, CodecHEVC, []string{"0 hvc1 0 020009636f6c6f72496e666f06"}},
	{"seek command", video, "D1 00", KindCommand, false, 0, nil},
	{"ModEx of 3 bytes", video, "97 02 07A120 03 68766331 000000022601", KindFrame, true, CodecHEVC,
		[]string{"0 hvc1 0 000000022601"}},
	{"ModEx, unknown, then another", video, "A7 00 EE 17 02 000001 03 68766331 000000020201",
		KindFrame, false, CodecHEVC, []string{"0 hvc1 0 000000020201"}},
	{"ModEx of 256 bytes", video, "A7 FF 00FF" + strings.Repeat("00", 256) + "03 68766331 000000020201",
		KindFrame, false, CodecHEVC, []string{"0 hvc1 0 000000020201"}},
	{"one track, AVC key", video, "96 01 61766331 01 000000 000000026588", KindFrame, true, CodecAVC,
		[]string{"1 avc1 0 000000026588"}},
	{"many tracks, HEVC", video, "96 13 68766331 00 000006 000000022601 01 000006 000000022601",
		KindFrame, true, CodecHEVC, []string{"0 hvc1 0 000000022601", "1 hvc1 0 000000022601"}},
	{"many codecs, AV1 and HEVC", video,
		"96 21 61763031 00 000002 1200 68766331 01 000009 000028 000000022601",
		KindFrame, true, CodecAV1, []string{"0 av01 0 1200", "1 hvc1 40 000000022601"}},
	{"Opus 5.1, native order", audio, "94 4F707573 01 06 0000003F", KindConfig, false, CodecOpus,
		[]string{"0 Opus 0 01060000003f"}},
	{"Opus, custom order", audio, "94 4F707573 02 02 01 00", KindConfig, false, CodecOpus,
		[]string{"0 Opus 0 02020100"}},
	{"AAC, one track", audio, "95 01 6D703461 01 2110", KindFrame, false, CodecAAC,
		[]string{"1 mp4a 0 2110"}},
	{"Opus, many tracks", audio, "95 11 4F707573 00 000002 FC01 01 000002 FC02", KindFrame, false, CodecOpus,
		[]string{"0 Opus 0 fc01", "1 Opus 0 fc02"}},
	{"FFmpeg, AV1 without a configuration", video, "90 61763031", KindConfig, false, CodecAV1,
		[]string{"0 av01 0 "}},
	{"FFmpeg, AV1 configuration", video, "90 61763031 81040C00 0A0B00000024CF7F0DBFFF3008",
		KindConfig, false, CodecAV1, []string{"0 av01 0 81040c000a0b00000024cf7f0dbfff3008"}},

	{"MPEG-2 TS sequence start", video, "95 61763031 00", KindConfig, false, CodecAV1, nil},
	{"OBS, end of sequence of frame type 2", video, "A2 61766331", KindEnd, false, CodecAVC, nil},
	{"VP9 as CodedFramesX, frame type 0, key", video, "83 76703039 82498342", KindFrame, true, CodecVP9, nil},
	{"AV1, frame type 0, key", video, "81 61763031 1200 0A03 000000 3202 1000", KindFrame, true, CodecAV1, nil},
	{"AV1, frame type 0, inter", video, "81 61763031 1200 3202 3000", KindFrame, false, CodecAV1, nil},
	{"VP8, frame type 0, key", video, "83 76703038 500100 9D012A", KindFrame, true, CodecVP8, nil},
	{"VVC, frame type 0, key", video, "83 76766331 00000003 003900", KindFrame, true, CodecVVC, nil},
	{"AVC, frame type 0, key behind SPS", video, "83 61766331 00000002 6742 00000002 6588",
		KindFrame, true, CodecAVC, nil},
	{"video of a packet type to come", video, "9B 68766331 00", KindUnknown, false, CodecHEVC, nil},
	{"unknown FourCC", video, "91 7A7A7A7A 00", KindFrame, true, 0x7A7A7A7A, nil},
	{"ModEx beyond the message", video, "97 F0 00", KindUnknown, false, 0, nil},
	{"ModEx without end", video, "97" + strings.Repeat("000007", 40), KindUnknown, false, 0, nil},
	{"multitrack in multitrack", video, "96 06 61766331 00 00", KindUnknown, false, CodecAVC, nil},
	{"multitrack, a track too long", video, "96 11 61766331 00 00FFFF 00", KindFrame, true, CodecAVC, []string{}},
	{"multitrack of a type to come", video, "96 31 61766331 00 00", KindFrame, true, CodecAVC, []string{}},
	{"audio end of sequence", audio, "92 4F707573", KindEnd, false, CodecOpus, nil},
	{"AC-3 frame", audio, "91 61632D33 0B77", KindFrame, false, CodecAC3, nil},

	// FLV 10.1.
	{"AVC configuration", video, "17 00 000000 0164001F", KindConfig, false, CodecAVC, nil},
	{"AVC configuration of frame type 2", video, "27 00 000000 0164001F", KindConfig, false, CodecAVC, nil},
	{"AVC key", video, "17 01 000050 0000000165", KindFrame, true, CodecAVC, []string{"0 avc1 80 0000000165"}},
	{"AVC inter, CTS -1", video, "27 01 FFFFFF 00", KindFrame, false, CodecAVC, []string{"0 avc1 -1 00"}},
	{"AVC disposable", video, "37 01 000000 00", KindFrame, false, CodecAVC, nil},
	{"AVC end", video, "17 02 000000", KindEnd, false, CodecAVC, nil},
	{"AVC of a packet type to come", video, "17 03 000000", KindUnknown, false, CodecAVC, nil},
	{"AVC of 2 bytes", video, "17 01", KindMalformed, false, 0, nil},
	{"AVC seek command", video, "57 00", KindCommand, false, 0, nil},
	{"HEVC as codec 12", video, "1C 01 000000 0000000226", KindFrame, true, CodecHEVC, nil},
	{"Sorenson key", video, "12 00", KindFrame, true, 2, nil},
	{"VP6 inter", video, "24 00 00", KindFrame, false, 4, nil},
	{"AAC configuration", audio, "AF 00 1210", KindConfig, false, CodecAAC, nil},
	{"AAC frame", audio, "AF 01 2110", KindFrame, false, CodecAAC, []string{"0 mp4a 0 2110"}},
	{"AAC of one byte", audio, "AF", KindMalformed, false, 0, nil},
	{"MP3", audio, "2E FFFB", KindFrame, false, CodecMP3, nil},
	{"Speex of one byte", audio, "B6", KindFrame, false, 11, nil},
	{"silence", audio, "", KindEmpty, false, 0, nil},
	{"empty video", video, "", KindEmpty, false, 0, nil},

	{"onMetaData", data, "02 000A 6F6E4D65746144617461 08 00000000 000009", KindMetadata, false, 0, nil},
	{"@setDataFrame", data, "02 000D 40736574446174614672616D65 02 000A 6F6E4D65746144617461 08 00000000 000009",
		KindMetadata, false, 0, nil},
	{"onMetaData in a message of type 15", tagTypeScriptAMF3, "00 02 000A 6F6E4D65746144617461 08 00000000 000009",
		KindMetadata, false, 0, nil},
	{"|RtmpSampleAccess", data, "02 0011 7C52746D7053616D706C65416363657373 0100 0100", KindScript, false, 0, nil},
	{"script data that is none", data, "05", KindScript, false, 0, nil},
	{"encrypted video", video | tagFilterBit, "17 00", KindUnknown, false, 0, nil},
}

func TestClassify(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			body := unhex(t, v.body)
			c := Classify(Tag{Type: v.typ, Body: body})
			if c.Kind != v.kind || c.Key != v.key || c.Codec != v.codec {
				t.Errorf("got kind %d, key %t, codec %s; want %d, %t, %s",
					c.Kind, c.Key, c.Codec, v.kind, v.key, v.codec)
			}
			if got := trackList(&c); v.tracks != nil && strings.Join(got, "|") != strings.Join(v.tracks, "|") {
				t.Errorf("got tracks %q, want %q", got, v.tracks)
			}
		})
	}
}

func trackList(c *Class) (list []string) {
	for tr := range c.Tracks() {
		list = append(list, fmt.Sprintf("%d %s %d %x", tr.ID, tr.Codec, tr.CTS, tr.Payload))
	}
	return list
}

// TestClassifyTruncated cuts every vector at every byte.
func TestClassifyTruncated(t *testing.T) {
	for _, v := range vectors {
		body := unhex(t, v.body)
		for n := range len(body) {
			c := Classify(Tag{Type: v.typ, Body: body[:n:n]})
			if n == 0 && (v.typ == audio || v.typ == video) && c.Kind != KindEmpty {
				t.Errorf("%s, empty: got kind %d", v.name, c.Kind)
			}
			trackList(&c)
		}
	}
}

func TestClassifyAllocs(t *testing.T) {
	for _, v := range vectors {
		body := unhex(t, v.body)
		n := testing.AllocsPerRun(100, func() {
			c := Classify(Tag{Type: v.typ, Body: body})
			for tr := range c.Tracks() {
				_ = tr
			}
		})
		if n != 0 {
			t.Errorf("%s: got %v allocations, want 0", v.name, n)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, v := range vectors {
		f.Add(byte(v.typ), unhex(f, v.body))
	}
	f.Fuzz(func(t *testing.T, typ byte, body []byte) {
		c := Classify(Tag{Type: tag.TagType(typ), Body: body})
		size := 0
		for tr := range c.Tracks() {
			size += len(tr.Payload)
		}
		if size > len(body) {
			t.Errorf("%d bytes of payload in a body of %d", size, len(body))
		}
		if c.Key && c.Kind != KindFrame {
			t.Errorf("key, but kind %d", c.Kind)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	for _, v := range vectors {
		switch v.name {
		case "AVC inter, CTS -1", "HEVC inter, X", "AAC frame", "many codecs, AV1 and HEVC":
		default:
			continue
		}
		t := Tag{Type: v.typ, Body: unhex(b, v.body)}
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Classify(t)
			}
		})
	}
}
