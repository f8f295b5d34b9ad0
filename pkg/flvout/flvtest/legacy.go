package flvtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// legacyRows are streams of the codecs that FLV had before AVC and AAC, which
// have no sequence headers. Their frames are random; Encode makes real ones.
func legacyRows() []row {
	rows := []row{
		{"51-hevc", "HEVC as codec 12", Repair | Live, func(m *maker) Case {
			k := m.enhancedVideo("hvc1")
			c := m.video("hvc1")
			k.headers = [][]byte{slices.Concat([]byte{0x1C, 0, 0, 0, 0}, c.config)}
			k.end = []byte{0x1C, 2, 0, 0, 0}
			k.frame = func(i int) []byte {
				if i%50 == 0 {
					return slices.Concat([]byte{0x1C, 1, 0, 0, 80}, c.payload(m, true))
				}
				return slices.Concat([]byte{0x2C, 1, 0, 0, 40}, c.payload(m, false))
			}
			return m.synthetic(k, m.aac(23))
		}},
	}
	for _, c := range []struct {
		id, name string
		codec    byte
		begin    []byte // of each frame
	}{
		{"51-h263", "Sorenson H.263", 2, []byte{0, 0, 0x84}},
		{"51-flashsv", "Screen Video", 3, []byte{0x10, 0x60, 0x10, 0x36}},
		{"51-vp6", "VP6", 4, []byte{0x2A}},
		{"51-vp6a", "VP6 with alpha", 5, []byte{0x2A, 0, 0, 8}},
		{"51-flashsv2", "Screen Video 2", 6, []byte{0x10, 0x60, 0x10, 0x36}},
	} {
		rows = append(rows, row{c.id, c.name + " with MP3", Repair | Live, func(m *maker) Case {
			return m.synthetic(track{typ: Video, every: 40, frame: func(i int) []byte {
				first := 0x20 | c.codec
				if i%50 == 0 {
					first = 0x10 | c.codec
				}
				return slices.Concat([]byte{first}, c.begin, m.noise(16))
			}}, plain(m, 0x2E, 26))
		}})
	}
	for _, c := range []struct {
		id, name string
		first    byte
		every    uint32
	}{
		{"51-adpcm", "ADPCM", 0x1A, 92},
		{"51-mp3", "MP3", 0x2E, 26},
		{"51-pcm", "PCM, little-endian", 0x3E, 46},
		{"51-nelly", "Nellymoser", 0x6A, 12},
		{"51-alaw", "G.711 A-law", 0x72, 128},
		{"51-mulaw", "G.711 µ-law", 0x82, 128},
		{"51-speex", "Speex", 0xB6, 20},
	} {
		rows = append(rows, row{c.id, c.name + " alone", Repair | Live, func(m *maker) Case {
			return m.synthetic(plain(m, c.first, c.every))
		}})
	}
	return rows
}

// plain is sound of a codec without headers.
func plain(m *maker, first byte, every uint32) track {
	return track{typ: Audio, every: every, frame: func(int) []byte { return append([]byte{first}, m.noise(24)...) }}
}

// encoder is how ffmpeg makes what is in a case; nil: it has no encoder.
func encoder(id string) []string {
	return map[string][]string{
		"51-h263":     {"-f", "lavfi", "-i", "testsrc2=size=96x54:rate=25", "-c:v", "flv"},
		"51-flashsv":  {"-f", "lavfi", "-i", "testsrc2=size=96x54:rate=25", "-c:v", "flashsv"},
		"51-flashsv2": {"-f", "lavfi", "-i", "testsrc2=size=96x54:rate=25", "-c:v", "flashsv2"},
		"51-adpcm":    {"-f", "lavfi", "-i", "sine=sample_rate=22050", "-c:a", "adpcm_swf"},
		"51-mp3":      {"-f", "lavfi", "-i", "sine=sample_rate=44100", "-c:a", "libmp3lame"},
		"51-pcm":      {"-f", "lavfi", "-i", "sine=sample_rate=44100", "-c:a", "pcm_s16le"},
		"51-nelly":    {"-f", "lavfi", "-i", "sine=sample_rate=22050", "-c:a", "nellymoser"},
		"51-alaw":     {"-f", "lavfi", "-i", "sine=sample_rate=8000", "-c:a", "pcm_alaw"},
		"51-mulaw":    {"-f", "lavfi", "-i", "sine=sample_rate=8000", "-c:a", "pcm_mulaw"},
		"51-speex":    {"-f", "lavfi", "-i", "sine=sample_rate=16000", "-c:a", "libspeex"},
	}[id]
}

// Encode is a file of two seconds of a legacy codec that ffmpeg makes, in a
// third of a second; id is that of its case. It fails the test if ffmpeg is
// missing, or has no encoder for it, as for VP6.
func Encode(t testing.TB, id string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "legacy.flv")
	args := slices.Concat([]string{"-nostdin", "-v", "error"}, encoder(id),
		[]string{"-t", "2", "-fflags", "+bitexact", path})
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil { //nolint:gosec // our own table
		t.Fatalf("%s: ffmpeg: %v: %s (see scripts/test-deps.sh)", id, err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
