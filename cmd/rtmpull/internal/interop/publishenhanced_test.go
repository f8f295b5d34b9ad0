//go:build interop

package interop

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// enhanced is an FLV of Enhanced RTMP: 4 s of video in a codec that has a FourCC,
// and Opus. FFmpeg 5.1 cannot make one, so what is in the frames is noise.
func enhanced(fourCC string) []flvout.Tag {
	noise := rand.New(rand.NewPCG(1, 2))
	body := func(head string, size int) []byte {
		b := []byte(head)
		for range size {
			b = append(b, byte(noise.Uint32()))
		}
		return b
	}
	video := func(ts int, body []byte) flvout.Tag {
		return flvout.Tag{Type: tag.TagTypeVideo, Timestamp: uint32(ts), Body: body}
	}
	audio := func(ts int, body []byte) flvout.Tag {
		return flvout.Tag{Type: tag.TagTypeAudio, Timestamp: uint32(ts), Body: body}
	}
	const inter, interX, interNano = "\xA1", "\xA3", "\xA7\x02\x07\xA1\x20\x03" // half a millisecond later
	cts := ""
	if fourCC == "hvc1" {
		cts = "\x00\x00\x50"
	}
	tags := []flvout.Tag{
		video(0, body("\x90"+fourCC, 40)), // SequenceStart
		video(0, []byte("\xD4"+fourCC+"\x02\x00\x09colorInfo\x03\x00\x00\x09")),
		audio(0, body("\x90OpusOpusHead", 11)),
	}
	for i := range 100 {
		ts := 40 * i
		switch {
		case i%25 == 0: // more than any server's chunk
			tags = append(tags, video(ts, body("\x91"+fourCC+cts, 70_000)))
		case i%3 == 0:
			tags = append(tags, video(ts, body(interNano+fourCC, 900)))
		case i%3 == 1:
			tags = append(tags, video(ts, body(interX+fourCC, 4096)))
		default:
			tags = append(tags, video(ts, body(inter+fourCC+cts, 1+i)))
		}
		tags = append(tags, audio(ts, body("\x91Opus", 160)), audio(ts+20, body("\x91Opus", 161)))
	}
	return tags
}

// writeFLV writes tags byte by byte, and not as flvout would.
func writeFLV(t *testing.T, file string, tags []flvout.Tag) {
	t.Helper()
	b := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, tag := range tags {
		size, ts := len(tag.Body), tag.Timestamp
		b = append(b, byte(tag.Type), byte(size>>16), byte(size>>8), byte(size),
			byte(ts>>16), byte(ts>>8), byte(ts), byte(ts>>24), 0, 0, 0)
		b = append(b, tag.Body...)
		b = binary.BigEndian.AppendUint32(b, uint32(11+size))
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readFLV returns the audio and video of a file.
func readFLV(t *testing.T, file string) (tags []flvout.Tag) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for scanner := flvout.NewScanner(bytes.NewReader(data)); ; {
		next, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return tags
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if next.Type != tag.TagTypeScriptData {
			next.Body = slices.Clone(next.Body)
			tags = append(tags, next)
		}
	}
}

// TestPublishEnhanced publishes what is newer than FLV's codecs, and pulls it
// from servers that pass on what they do not know.
func TestPublishEnhanced(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *peertest.Server{
		"node-media-server 4": peertest.NodeMediaServer4,
		"lal":                 peertest.Lal,
	} {
		for _, fourCC := range []string{"hvc1", "av01", "vp09"} {
			t.Run(name+" "+fourCC, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				source, file := filepath.Join(dir, "source.flv"), filepath.Join(dir, "show.flv")
				want := enhanced(fourCC)
				writeFLV(t, source, want)

				url := start(t).URL("live", "show")
				pull := rtmpull(t, file, url)
				peertest.WaitOutput(t, pull, "started stream_id=")
				ends(t, publish(t, source, url, "--speed", "4"), 0)
				peertest.WaitTimestamp(t, pull, file+".part", int64(want[len(want)-1].Timestamp))
				pull.Stop()

				got := readFLV(t, file)
				if c := flvout.Classify(got[len(got)-1]); c.Kind == flvout.KindEnd {
					got = got[:len(got)-1] // the recording's own
				}
				for i := range min(len(got), len(want)) {
					if g, w := got[i], want[i]; g.Type != w.Type || g.Timestamp != w.Timestamp || !bytes.Equal(g.Body, w.Body) {
						t.Fatalf("tag %d: got %s, want %s", i, show(g), show(w))
					}
				}
				if len(got) != len(want) {
					t.Errorf("got %d tags, want %d", len(got), len(want))
				}
			})
		}
	}
}

func show(t flvout.Tag) string {
	return fmt.Sprintf("type %d at %d ms, %d bytes: % .16x", t.Type, t.Timestamp, len(t.Body), t.Body)
}
