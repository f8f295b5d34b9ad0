package flvout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/yutopp/go-flv"
	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// sample returns one of the files in testdata/flv.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "flv", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scan returns all the tags of an FLV file, cloned.
func scan(t testing.TB, b []byte) []Tag {
	t.Helper()
	var tags []Tag
	for s := NewScanner(bytes.NewReader(b)); ; {
		tg, err := s.Next()
		if errors.Is(err, io.EOF) {
			return tags
		}
		if err != nil {
			t.Fatalf("tag %d: %v", len(tags), err)
		}
		tg.Body = bytes.Clone(tg.Body)
		tags = append(tags, tg)
	}
}

// media returns the tags that are audio or video.
func media(tags []Tag) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return t.Type != audio && t.Type != video })
}

// writeAll writes tags and closes.
func writeAll(t testing.TB, w interface {
	TagWriter
	io.Closer
}, tags []Tag) {
	t.Helper()
	for i, tg := range tags {
		if err := w.WriteTag(tg); err != nil {
			t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// written returns what a Writer makes of tags.
func written(t testing.TB, tags ...Tag) []byte {
	t.Helper()
	var out bytes.Buffer
	writeAll(t, NewWriter(&out), tags)
	return out.Bytes()
}

// frames of H.264 and AAC, distinct by n.
func avcFrame(ts uint32, n byte, key bool) Tag {
	b := []byte{0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, n}
	if key {
		b[0], b[9] = 0x17, 0x65
	}
	return Tag{video, ts, b}
}

func aacFrame(ts uint32, n byte) Tag { return Tag{audio, ts, []byte{0xAF, 1, 0x21, 0x10, n}} }

var (
	avcConfig = []byte{0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1F, 0xFF}
	aacConfig = []byte{0xAF, 0, 0x12, 0x10}
)

// metadataTag is onMetaData with the given names and values.
func metadataTag(t testing.TB, kind amf.ObjectKind, pairs ...amf.Property) Tag {
	t.Helper()
	b, err := amf.Append(nil, amf.String(onMetaData), &amf.Object{Kind: kind, Properties: pairs})
	if err != nil {
		t.Fatal(err)
	}
	return Tag{data, 0, b}
}

func timestamps(tags []Tag) (ts []uint32) {
	for _, t := range tags {
		ts = append(ts, t.Timestamp)
	}
	return ts
}

// oracle reads an FLV file with go-flv and compares it with what the Scanner
// says. It is given the whole file in memory, since it misreads short reads, and
// onMetaData without an index, since it panics at an array in an ECMA array.
func oracle(t testing.TB, b []byte) {
	t.Helper()
	if tags := scan(t, b); len(tags) > 0 && tags[0].Type == data {
		size := tagHeaderSize + len(tags[0].Body) + trailerSize
		tags[0].Body = StreamMetadata(tags[0])
		b = append(appendTag(bytes.Clone(b[:headSize]), tags[0]), b[headSize+size:]...)
	}
	dec, err := flv.NewDecoder(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range scan(t, b) {
		var got tag.FlvTag
		if err := dec.Decode(&got); err != nil {
			t.Fatalf("go-flv: tag %d: %v", i, err)
		}
		if got.TagType != want.Type || got.Timestamp != want.Timestamp || got.StreamID != 0 {
			t.Fatalf("tag %d: go-flv reads type %d at %d, Scanner type %d at %d",
				i, got.TagType, got.Timestamp, want.Type, want.Timestamp)
		}
		var payload []byte
		switch d := got.Data.(type) {
		case *tag.AudioData:
			payload, err = io.ReadAll(d)
		case *tag.VideoData:
			payload, err = io.ReadAll(d)
		}
		if err != nil || !bytes.HasSuffix(want.Body, payload) {
			t.Fatalf("tag %d: go-flv reads payload %x (%v) of %x", i, payload, err, want.Body)
		}
		got.Close()
	}
	var end tag.FlvTag
	if err := dec.Decode(&end); !errors.Is(err, io.EOF) {
		t.Fatalf("go-flv: got %v behind the last tag, want EOF", err)
	}
}

// A probe is what ffprobe says of a file.
type probe struct {
	Streams []struct {
		Index     int    `json:"index"`
		CodecType string `json:"codec_type"`
		CodecName string `json:"codec_name"`
	} `json:"streams"`
	Packets []struct {
		StreamIndex int    `json:"stream_index"`
		CodecType   string `json:"codec_type"`
		DTS         int64  `json:"dts"`
		PTS         int64  `json:"pts"`
		Size        string `json:"size"`
		Flags       string `json:"flags"`
		Hash        string `json:"data_hash"`
	} `json:"packets"`
	Format struct {
		Duration string            `json:"duration"`
		Size     string            `json:"size"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

// ffprobe reads a file; "-" is b from a pipe. A word on stderr is a failure.
func ffprobe(t testing.TB, path string, b []byte) (p probe) {
	t.Helper()
	exe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatalf("%v: run scripts/test-deps.sh", err)
	}
	cmd := exec.Command(exe, "-v", "error", "-show_streams", "-show_packets", "-show_format",
		"-show_data_hash", "sha256", "-of", "json", path)
	cmd.Stdin = bytes.NewReader(b)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil || complaint.Len() > 0 {
		t.Fatalf("ffprobe %s: %v\n%s", path, err, &complaint)
	}
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// countPackets has ffprobe count the packets of each kind, which costs a third of
// what it takes to list them. A word on stderr is a failure.
func countPackets(t testing.TB, path string) map[string]int {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "json", path)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || complaint.Len() > 0 {
		t.Fatalf("ffprobe %s: %v\n%s\nIf it is missing, run scripts/test-deps.sh", path, err, &complaint)
	}
	var p struct {
		Streams []struct {
			Type    string `json:"codec_type"`
			Packets int    `json:"nb_read_packets,string"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, s := range p.Streams {
		count[s.Type] += s.Packets
	}
	return count
}

// runFFmpeg runs it and returns what it writes.
func runFFmpeg(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, &complaint)
	}
	return out.Bytes()
}

// wholeTags returns the tags of a file that may end in a torn one.
func wholeTags(t *testing.T, b []byte) (tags []Tag) {
	t.Helper()
	for s := NewScanner(bytes.NewReader(b)); ; {
		tg, err := s.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return tags
		}
		if err != nil {
			t.Fatal(err)
		}
		tg.Body = bytes.Clone(tg.Body)
		tags = append(tags, tg)
	}
}
