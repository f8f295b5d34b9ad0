package flvout

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// enhancedVideo and enhancedAudio make tags of Enhanced RTMP.
func enhancedVideo(frame, packet byte, codec Codec, body []byte) Tag {
	return Tag{video, 0, append(binary.BigEndian.AppendUint32([]byte{0x80 | frame<<4 | packet}, uint32(codec)), body...)}
}

func enhancedAudio(packet byte, codec Codec, body []byte) Tag {
	return Tag{audio, 0, append(binary.BigEndian.AppendUint32([]byte{0x90 | packet}, uint32(codec)), body...)}
}

// box finds a box of an MP4 file by its type and returns what is in it.
func box(t testing.TB, file []byte, typ string) []byte {
	t.Helper()
	i := bytes.Index(file, []byte(typ))
	if i < 4 {
		t.Fatalf("no %s", typ)
	}
	return file[i+4 : i-4+int(binary.BigEndian.Uint32(file[i-4:]))]
}

// TestEnhancedParameters takes the records from files of other formats, since
// FLV had none for these codecs when the FFmpeg of many systems was made.
func TestEnhancedParameters(t *testing.T) { checkEnhancedParameters(t, madeParameters) }

func checkEnhancedParameters(t *testing.T, dir string) {
	for _, k := range []struct {
		pattern, box string
		codec        Codec
		files        int
	}{
		{"hevc-*.mp4", "hvcC", CodecHEVC, 4},
		{"av1*.mp4", "av1C", CodecAV1, 3},
		{"vp9*.mp4", "vpcC", CodecVP9, 2},
	} {
		eachOf(t, dir, k.pattern, k.files, func(t *testing.T, path, name string) {
			b := contents(t, path)
			record, mdat := box(t, b, k.box), box(t, b, "mdat")
			want, _ := streams(t, path)
			compareEnhanced(t, "header and frame", name, k.codec, want, []Tag{enhancedVideo(1, 0, k.codec, record), enhancedVideo(1, 3, k.codec, mdat)})
			if k.codec == CodecVP9 {
				want.Width, want.Height = 0, 0
			}
			compareEnhanced(t, "header alone", name, k.codec, want, []Tag{enhancedVideo(0, 0, k.codec, record)})
		})
	}
}

// compareEnhanced compares what tags say with what ffprobe says of the file.
func compareEnhanced(t *testing.T, how, name string, codec Codec, want stream, tags []Tag) {
	t.Helper()
	got := parametersOf(tags, true)
	if got.Width != want.Width || got.Height != want.Height {
		t.Errorf("%s: got %dx%d, want %dx%d", how, got.Width, got.Height, want.Width, want.Height)
	}
	if want.Profile == "Rext" { // FFmpeg's word for all of them
		want.Profile = "Main 4:2:2 10"
	}
	if got.Profile != want.Profile {
		t.Errorf("%s: got profile %q, want %q", how, got.Profile, want.Profile)
	}
	level := ""
	switch codec {
	case CodecHEVC:
		level = strconv.Itoa(want.Level/30) + "." + strconv.Itoa(want.Level%30/3)
	case CodecAV1:
		level = strconv.Itoa(2+want.Level/4) + "." + strconv.Itoa(want.Level%4)
	}
	if level != "" && got.Level != level {
		t.Errorf("%s: got level %q, want %q", how, got.Level, level)
	}
	depth := 8
	if strings.HasSuffix(name, "-10") {
		depth = 10
	}
	if got.BitDepth != depth {
		t.Errorf("%s: got %d bits, want %d", how, got.BitDepth, depth)
	}
	if rate := fraction(want.Rate); codec == CodecHEVC && (got.FrameRate < rate*0.999 || got.FrameRate > rate*1.001) {
		t.Errorf("%s: got %v frames per second, want %v", how, got.FrameRate, rate)
	}
}

// TestInBandParameters: who joins late may get no header, and the key frame has
// the parameter sets.
func TestInBandParameters(t *testing.T) { checkInBandParameters(t, madeParameters) }

func checkInBandParameters(t *testing.T, dir string) {
	for name, codec := range map[string]Codec{"in-band-avc.h264": CodecAVC, "in-band-hevc.hevc": CodecHEVC} {
		var frame []byte // start codes become lengths
		b := bytes.ReplaceAll(contents(t, filepath.Join(dir, name)), []byte{0, 0, 0, 1}, []byte{0, 0, 1})
		for unit := range bytes.SplitSeq(b, []byte{0, 0, 1}) {
			if len(unit) > 0 {
				frame = append(binary.BigEndian.AppendUint32(frame, uint32(len(unit))), unit...)
			}
		}
		got := parametersOf([]Tag{enhancedVideo(1, 3, codec, frame)}, true)
		if got.Width != 318 || got.Height != 178 || got.FrameRate != 25 || got.Profile == "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestParametersByHand: headers that no encoder at hand makes.
func TestParametersByHand(t *testing.T) {
	legacy := func(typ byte, s string) Tag {
		if typ == 8 {
			return Tag{audio, 0, unhex(t, s)}
		}
		return Tag{video, 0, unhex(t, s)}
	}
	for _, c := range []struct {
		name string
		tag  Tag
		want Parameters
	}{
		{"HE-AAC, told openly", legacy(8, "af00 2b92 0800"), Parameters{Profile: "HE-AAC", SampleRate: 44100, Channels: 2}},
		{"HE-AACv2, told openly", legacy(8, "af00 eb8a 0800"), Parameters{Profile: "HE-AACv2", SampleRate: 44100, Channels: 2}},
		{"HE-AAC, told behind", legacy(8, "af00 1390 56e5 a0"), Parameters{Profile: "HE-AAC", SampleRate: 44100, Channels: 2}},
		{"HE-AACv2, told behind", legacy(8, "af00 1388 56e5 a548 80"), Parameters{Profile: "HE-AACv2", SampleRate: 44100, Channels: 2}},
		{"AAC, rate in full", legacy(8, "af00 1780 5622 10"), Parameters{Profile: "LC", SampleRate: 44100, Channels: 2}},
		{"AAC Main", legacy(8, "af00 0990"), Parameters{Profile: "Main", SampleRate: 48000, Channels: 2}},
		{"AAC-ELD", legacy(8, "af00 f8e6 4000"), Parameters{Profile: "ELD", SampleRate: 48000, Channels: 2}},
		{"AAC, 7.1 of a later layout", legacy(8, "af00 11e0"), Parameters{Profile: "LC", SampleRate: 48000, Channels: 8}},
		{"AAC, layout in full", legacy(8, "af00 13000588050001088000"), Parameters{Profile: "LC", SampleRate: 24000, Channels: 6}},
		{"HE-AAC, layout in full", legacy(8, "af00 1300058805000108800056e598"), Parameters{Profile: "HE-AAC", SampleRate: 48000, Channels: 6}},
		{"AAC, empty", legacy(8, "af00"), Parameters{}},
		{"AAC frame", legacy(8, "af01 2110"), Parameters{}},
		{"Opus head", enhancedAudio(0, CodecOpus, unhex(t, "4f70757348656164 01 06 3801 80bb0000 0000 00")), Parameters{SampleRate: 48000, Channels: 6}},
		{"Opus, empty head", enhancedAudio(0, CodecOpus, nil), Parameters{SampleRate: 48000}},
		{"Opus frame, stereo", enhancedAudio(1, CodecOpus, []byte{0xFC, 1}), Parameters{SampleRate: 48000, Channels: 2}},
		{"Opus layout", enhancedAudio(4, CodecOpus, unhex(t, "01 06 0000003F")), Parameters{Channels: 6}},
		{"FLAC, bare", enhancedAudio(0, CodecFLAC, unhex(t, "1000 1000 00000e 00123a 0ac442f0 00056220"+strings.Repeat("00", 16))), Parameters{SampleRate: 44100, Channels: 2, BitDepth: 16}},
		{"FLAC, whole", enhancedAudio(0, CodecFLAC, unhex(t, "664c6143 80000022 1000 1000 00000e 00123a 0bb803f0 00056220"+strings.Repeat("00", 16))), Parameters{SampleRate: 48000, Channels: 2, BitDepth: 32}},
		{"AC-3", enhancedAudio(1, CodecAC3, unhex(t, "0b77 1234 1e 40 e1 00")), Parameters{SampleRate: 48000, Channels: 6}},
		{"E-AC-3", enhancedAudio(1, CodecEAC3, unhex(t, "0b77 01ff 3f 87 00 00")), Parameters{SampleRate: 48000, Channels: 6}},
		{"MP3, MPEG-2.5", enhancedAudio(1, CodecMP3, unhex(t, "ffe3 48c4")), Parameters{SampleRate: 8000, Channels: 1}},
		{"MP3 8 kHz, torn", legacy(8, "ee ff"), Parameters{SampleRate: 8000, Channels: 1}},
		{"VP6", legacy(9, "14 02 3018 0000 1e28 1e28"), Parameters{Width: 640, Height: 478, BitDepth: 8}},
		{"VP6 with alpha", legacy(9, "15 00 000123 30 06 1e28 1e28"), Parameters{Width: 640, Height: 480, BitDepth: 8}},
		{"VP6, inter", legacy(9, "24 00 b0 18 1e28 1e28"), Parameters{}},
		{"VP8", enhancedVideo(1, 1, CodecVP8, unhex(t, "100200 9d012a 4001 b400")), Parameters{Profile: "Profile 0", Width: 320, Height: 180, BitDepth: 8}},
		{"VVC", enhancedVideo(1, 0, CodecVVC, unhex(t, "ff 0015 1f 01 0253 80 00 0780 0438 1900 00")), Parameters{Profile: "Main 10", Level: "5.1", Width: 1920, Height: 1080, FrameRate: 25, BitDepth: 8}},
		{"H.264, the record alone", legacy(9, "17 00 000000 01 42c0 0b ff"), Parameters{Profile: "Constrained Baseline", Level: "1.1"}},
		{"H.264, 1b", legacy(9, "17 00 000000 01 4210 0b ff"), Parameters{Profile: "Baseline", Level: "1b"}},
		{"H.264, torn behind the size", legacy(9, "17 00 000000 01 64000d ff e1 000e 6764000dacd941419f9fff01a701"), Parameters{Profile: "High", Level: "1.3", Width: 320, Height: 180, BitDepth: 8}},
		{"H.265, sub-layers", enhancedVideo(1, 3, CodecHEVC, unhex(t, "00000041 4201 02 02200000030090000003000003003c c000 02200000030090000003000003003c a00a080b9d48d965662b349272bc09a80810102000000300200000030301")), Parameters{Profile: "Main 10", Level: "2.0", Width: 318, Height: 178, FrameRate: 24, BitDepth: 10}},
		{"H.265, torn behind the size", enhancedVideo(1, 3, CodecHEVC, unhex(t, "00000020 4201 02 02200000030090000003000003003c 0000 a00a080b9d48d965662b3492")), Parameters{Profile: "Main 10", Level: "2.0", Width: 318, Height: 178, BitDepth: 10}},
		{"H.264, torn", legacy(9, "17 00 000000 01 64001f ff e1 0017 6764001f"), Parameters{Profile: "High", Level: "3.1"}},
	} {
		k := Classify(c.tag)
		got := ReadParameters(c.tag, &k)
		got.Codec, got.Name = 0, ""
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestNoParameters: a tag that is no codec's says nothing.
func TestNoParameters(t *testing.T) {
	for _, tg := range []Tag{{}, {video, 0, nil}, {audio, 0, nil}, {data, 0, []byte{2, 0, 0}}, {video, 0, []byte{0x52, 0}}, {audio, 0, []byte{0x95, 0}}} {
		c := Classify(tg)
		if got := ReadParameters(tg, &c); got.SampleRate+got.Channels+got.Width+got.BitDepth != 0 || got.Profile != "" {
			t.Errorf("%x: got %+v", tg.Body, got)
		}
	}
}

// FuzzParameters: whatever comes, what is said can be true.
func FuzzParameters(f *testing.F) {
	for _, s := range []string{
		"17 00 000000 01 64001f ff e1 0017 6764001f", "af00 2b92 0800", "14 02 3018 0000 1e28 1e28",
		"2e fffb 9064 00", "12 000084 0102 0304 0506",
		"90 61763031 81040C00 0A0B00000024CF7F0DBFFF3008", "91 61763031 0A0B00000024CF7F0DBFFF3008",
		"90 68766331 01016000000090000000000078f000fcfdf8f800000f01210001002a420101016000000300900000030000030078a0",
		"90 76766331 ff00151f01025380000780043819 0000", "90 76703039 01000000 00150808080800",
		"91 76703039 824983420013f00b3000", "94 4F707573 01 06 0000003F", "91 61632d33 0b7712341e40e100", "91 65632d33 0b7701ff3f870000",
		"17 00 000000 01 64000d ff e1 0028 6764000dacd941419f9fff01a70140100000030010000003032602001e840007a12930c01e28532c",
		"93 68766331 00000041 4201 02 02200000030090000003000003003c c000 02200000030090000003000003003c a00a080b9d48d965662b349272bc09a80810102000000300200000030301",
		"af00 1388 56e5 a548 80", "90 664c6143 1000100000000e00123a0ac442f000056220",
	} {
		f.Add(unhex(f, s), false)
		f.Add(unhex(f, s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, isVideo bool) {
		tg := Tag{audio, 0, body}
		if isVideo {
			tg.Type = video
		}
		c := Classify(tg)
		p := ReadParameters(tg, &c)
		switch {
		case p.Width < 0 || p.Height < 0 || p.Width > 16384 || p.Height > 16384 || (p.Width == 0) != (p.Height == 0),
			!(p.FrameRate >= 0 && p.FrameRate <= 500),
			p.SampleRate < 0 || p.SampleRate > 768000 || p.Channels < 0 || p.Channels > 64,
			p.BitDepth < 0 || p.BitDepth > 32:
			t.Errorf("got %+v", p)
		}
	})
}
