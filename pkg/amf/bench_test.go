package amf

import (
	"strings"
	"testing"
)

// metadata is what FFmpeg sends before the media.
var metadata = []Value{String("@setDataFrame"), String("onMetaData"), &Object{Kind: ECMAArray, Properties: props(
	"duration", Number(0),
	"width", Number(1920),
	"height", Number(1080),
	"videodatarate", Number(4000),
	"framerate", Number(25),
	"videocodecid", Number(7),
	"audiodatarate", Number(128),
	"audiosamplerate", Number(48000),
	"audiosamplesize", Number(16),
	"stereo", Boolean(true),
	"audiocodecid", Number(10),
	"encoder", String("Lavf61.7.100"),
	"filesize", Number(0),
)}}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst, _ = Append(dst[:0], metadata...)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkDecode(b *testing.B) {
	msg, err := Append(nil, metadata...)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		if _, err := Decode(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeNested(b *testing.B) {
	msg := []byte(strings.Repeat("\x03\x00\x01a", 1000000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(msg); err == nil {
			b.Fatal("no error")
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Format(metadata[2])
	}
}

// TestAppendAllocates nothing of its own.
func TestAppendAllocates(t *testing.T) {
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { dst, _ = Append(dst[:0], metadata...) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
