package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// TestRecoverRaw: --raw counts for what is left of the recording before, too: when
// it is damaged, and so written anew, the timestamps are still the server's.
func TestRecoverRaw(t *testing.T) {
	name := filepath.Join(t.TempDir(), "show.flv")
	part, err := flvout.FileOptions{Raw: true}.Create(name + ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		v := flvout.Tag{Type: tag.TagTypeVideo, Timestamp: 100_000 + uint32(i%20*40), Body: []byte{0x12, 0, 0, byte(i)}}
		if err := part.WriteTag(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name + ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	const tagSize = 11 + 4 + 4
	end := len(b) - 20*tagSize
	b = append(append(b[:end:end], make([]byte, 100)...), b[end:]...)
	if err := os.WriteFile(name+partSuffix, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f := outputFlags{raw: true}
	if done, err := f.recover(name + partSuffix); err != nil || done.Name != name {
		t.Fatalf("got %+v, %v", done, err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for s := flvout.NewScanner(file); ; {
		tg, err := s.Next()
		if err != nil {
			break
		}
		if tg.Type != tag.TagTypeVideo {
			continue
		}
		if want := 100_000 + uint32(n%20*40); tg.Timestamp != want {
			t.Errorf("frame %d: got %d ms, want %d", n, tg.Timestamp, want)
		}
		n++
	}
	if n != 40 {
		t.Errorf("got %d frames, want 40", n)
	}
}
