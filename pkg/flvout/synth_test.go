package flvout

import (
	"bytes"
	"strings"
	"testing"
)

// TestMakeHeader makes sequence headers of what stands in key frames.
func TestMakeHeader(t *testing.T) {
	const (
		sps, pps = "00000005 6764001F AC", "00000003 68EBE3"
		slice    = "00000004 65888400"
		record   = "01 64001F FF E1 0005 6764001FAC 01 0003 68EBE3"
	)
	for name, c := range map[string]struct{ frame, want string }{
		"SPS and PPS":         {"17 01 000050" + sps + pps + slice, "17 00 000000" + record},
		"behind a delimiter":  {"17 01 000000 00000002 09F0" + sps + pps + slice, "17 00 000000" + record},
		"twice":               {"17 01 000000" + sps + pps + sps + pps + slice, "17 00 000000" + record},
		"two PPS":             {"17 01 000000" + sps + pps + "00000003 68EBE4" + slice, "17 00 000000 01 64001F FF E1 0005 6764001FAC 02 0003 68EBE3 0003 68EBE4"},
		"enhanced":            {"91 61766331 000050" + sps + pps + slice, "90 61766331" + record},
		"enhanced, X":         {"93 61766331" + sps + pps + slice, "90 61766331" + record},
		"no PPS":              {"17 01 000000" + sps + slice, ""},
		"none":                {"17 01 000000" + slice, ""},
		"a short SPS":         {"17 01 000000 00000002 6764" + pps, ""},
		"a long SPS":          {"17 01 000000 00002000 67" + strings.Repeat("00", 0x1FFF) + pps, ""},
		"a frame cut short":   {"17 01 000000" + sps + "00FFFFFF 68EBE3", "17 00 000000" + record},
		"HEVC":                {"91 68766331 000000" + sps + pps, ""},
		"AVC of several":      {"96 01 61766331 01 000000" + sps + pps, ""},
		"units without bytes": {"17 01 000000 00000000 00000000" + sps + pps, "17 00 000000" + record},
	} {
		t.Run(name, func(t *testing.T) {
			tg := Tag{video, 40, unhex(t, c.frame)}
			class := Classify(tg)
			h, ok := makeHeader(tg, &class)
			if ok != (c.want != "") || !bytes.Equal(h.Body, unhex(t, c.want)) {
				t.Fatalf("got %x, want %s", h.Body, c.want)
			}
			if class := Classify(h); ok && (class.Kind != KindConfig || class.Codec != CodecAVC || h.Timestamp != 40) {
				t.Errorf("it is of kind %d, codec %s, at %d", class.Kind, class.Codec, h.Timestamp)
			}
		})
	}
}

// TestNALSize reads frames whose NAL unit lengths are not of four bytes.
func TestNALSize(t *testing.T) {
	for name, c := range map[string]struct {
		codec  Codec
		record string
		frame  string // of frame type 0
		size   int
		key    bool
	}{
		"AVC, 2 bytes":     {CodecAVC, "0164001FFD", "81 61766331 000000 0002 6742 0003 658800", 2, true},
		"AVC, 2, inter":    {CodecAVC, "0164001FFD", "81 61766331 000000 0002 6742 0003 418800", 2, false},
		"AVC, 1":           {CodecAVC, "0164001FFC", "81 61766331 000000 02 6742 03 658800", 1, true},
		"AVC, cut short":   {CodecAVC, "0164", "81 61766331 000000 00000003 658800", 4, true},
		"HEVC, 2":          {CodecHEVC, strings.Repeat("00", 21) + "F9", "83 68766331 0003 260100", 2, true},
		"VVC, 2":           {CodecVVC, "FA", "83 76766331 0003 003900", 2, true},
		"AV1 has no units": {CodecAV1, "81040C00", "81 61763031 1200 0A03 000000 3202 1000", 4, true},
		"VP9 has none":     {CodecVP9, "", "83 76703039 82498342", 4, true},
		"marked as key":    {CodecAVC, "0164001FFD", "91 61766331 000000 0002 4142", 2, true},
		"marked as inter":  {CodecAVC, "0164001FFD", "A1 61766331 000000 0003 658800", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			size := nalSize(c.codec, unhex(t, c.record))
			class := Classify(Tag{Type: video, Body: unhex(t, c.frame)})
			class.setNALSize(size)
			if size != c.size || class.Key != c.key {
				t.Errorf("size %d, key %t; want %d, %t", size, class.Key, c.size, c.key)
			}
		})
	}
}
