package flvout

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// BenchmarkInspect reads a file of 64 MB from memory.
func BenchmarkInspect(b *testing.B) {
	for _, c := range []struct {
		name         string
		video, sound int // bytes a frame
	}{{"4 Mbit", 20000, 370}, {"400 kbit", 2000, 370}} {
		b.Run(c.name, func(b *testing.B) {
			file := appendHead(nil, true, true)
			file = appendTag(file, Tag{video, 0, avcConfig})
			file = appendTag(file, Tag{audio, 0, aacConfig})
			noise := make([]byte, c.video)
			source := rand.NewChaCha8([32]byte{})
			_, _ = source.Read(noise)
			for ts := uint32(0); len(file) < 64<<20; ts += 40 {
				picture := append(avcFrame(0, 0, ts%2000 == 0).Body, noise...)
				file = appendTag(file, Tag{video, ts, picture})
				for n := range uint32(2) {
					file = appendTag(file, Tag{audio, ts + 20*n, append(aacFrame(0, 0).Body, noise[:c.sound]...)})
				}
			}
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := InspectFile(bytes.NewReader(file), int64(len(file))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
