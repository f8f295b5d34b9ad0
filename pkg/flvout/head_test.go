package flvout

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// strictReader reads AMF0 as mpegts.js does: it knows neither null nor long
// strings, and stops at what it does not know.
type strictReader struct{ b []byte }

func (r *strictReader) take(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *strictReader) text() string {
	return string(r.take(int(binary.BigEndian.Uint16(r.take(2)))))
}

func (r *strictReader) value(t testing.TB) any {
	switch marker := r.take(1)[0]; marker {
	case 0:
		return math.Float64frombits(binary.BigEndian.Uint64(r.take(8)))
	case 1:
		return r.take(1)[0] != 0
	case 2:
		s := r.text()
		if len(s) >= 1024 {
			t.Errorf("a string of %d bytes, at which FFmpeg stops", len(s))
		}
		return s
	case 3, 8:
		m := map[string]any{}
		if marker == 8 {
			r.take(4)
		}
		for !bytes.HasPrefix(r.b, []byte{0, 0, 9}) {
			name := r.text()
			if _, ok := m[name]; ok || len(name) >= 1024 {
				t.Errorf("%.20s comes again, or has %d bytes", name, len(name))
			}
			m[name] = r.value(t)
		}
		r.take(3)
		return m
	case 10:
		a := []any{}
		for range binary.BigEndian.Uint32(r.take(4)) {
			a = append(a, r.value(t))
		}
		return a
	default:
		t.Fatalf("marker %d", marker)
		return nil
	}
}

// readStrictly reads a body of onMetaData to its last byte.
func readStrictly(t testing.TB, body []byte) map[string]any {
	t.Helper()
	r := strictReader{body}
	if name := r.value(t); name != onMetaData {
		t.Fatalf("got %v", name)
	}
	m := r.value(t).(map[string]any)
	if len(r.b) > 0 {
		t.Errorf("%d bytes behind the metadata", len(r.b))
	}
	if n := binary.BigEndian.Uint32(body[headFieldsOffset-4:]); int(n) != len(m) {
		t.Errorf("got a count of %d for %d fields", n, len(m))
	}
	return m
}

// testSummary sums up key frames 1 s and 1000 bytes apart.
func testSummary(room, keys int, sound bool) *summary {
	s := newSummary(room)
	add := func(t Tag, at int64) {
		c := Classify(t)
		s.add(t, &c, at)
	}
	add(Tag{video, 0, avcConfig}, 500)
	for i := range keys {
		add(avcFrame(uint32(i*1000), 1, true), int64(1000*(i+1)))
		add(avcFrame(uint32(i*1000)+500, 1, false), int64(1000*(i+1)+500))
	}
	if sound {
		add(Tag{audio, 10, aacConfig}, 100)
		add(aacFrame(10, 1), 200)
	}
	return s
}

// TestHeadLength writes heads of every length and with indexes of all sizes: the
// body has the length that was chosen before anything was known.
func TestHeadLength(t *testing.T) {
	const room = 20
	for _, n := range []int{0, 1, 2, room - 1} {
		for extra := range 2 * amfNumberSize {
			m := ParseMetadata(metadataTag(t, amf.ECMAArray,
				prop("encoder", amf.String(strings.Repeat("x", extra))), prop("width", amf.Number(640)),
				prop("hasAudio", amf.Boolean(true)), prop("stereo", amf.Number(7))))
			for _, late := range []bool{false, true} {
				h := newHead(m, room)
				s := testSummary(room, n, late)
				open := h.append(nil, newSummary(room), true, true, 0, false)
				b := h.finish(s, 12345)
				if len(b) != len(open) || int64(len(b)) != h.size() {
					t.Fatalf("got %d bytes for %d at first, want %d", len(b), len(open), h.size())
				}
				tags := scan(t, b)
				if len(tags) != 1 || len(tags[0].Body) != h.body {
					t.Fatalf("got %d tags", len(tags))
				}
				fields := readStrictly(t, tags[0].Body)
				if fields["filesize"] != 12345.0 || fields["encoder"] != strings.Repeat("x", extra) || fields["hasAudio"] != late {
					t.Errorf("got %v", fields)
				}
				if at := binary.BigEndian.Uint32(b[len(b)-4:]); int(at) != tagHeaderSize+h.body {
					t.Errorf("got trailer %d", at)
				}
				got, err := ReadIndex(tags[0].Body)
				want := s.index.Entries()
				if len(want) < minKeyframes {
					want = nil
				}
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%d key frames: got %v, %v; want %v", n, got, err, want)
				}
				other := head{extra: h.extra, meta: m}
				if !other.fit(h.body) || other.room != room || other.fit(h.body-keyframesSize-room*indexEntrySize-1) {
					t.Errorf("got room %d", other.room)
				}
				oracle(t, b)
			}
		}
	}
}

// TestHeadFields is what is told of what.
func TestHeadFields(t *testing.T) {
	server := ParseMetadata(metadataTag(t, amf.ECMAArray,
		prop("width", amf.Number(640)), prop("videocodecid", amf.String("avc1")), prop("framerate", amf.Number(29.97)),
		prop("audiosamplerate", amf.Number(8000)), prop("audiocodecid", amf.Number(10)), prop("stereo", amf.Boolean(true)),
		prop("hasVideo", amf.Boolean(false)), prop("encoder", amf.String("e")), prop("duration", amf.Number(1)),
		prop("spacer", amf.Number(1)), prop("Level", amf.Number(3))))
	frames := func(n int, step uint32) (tags []Tag) {
		for i := range n {
			tags = append(tags, avcFrame(uint32(i)*step/3, byte(i), i%10 == 0))
		}
		return tags
	}
	for _, c := range []struct {
		name string
		meta *Metadata
		tags []Tag
		want map[string]any // nil: not there
	}{
		{"video", nil, frames(61, 100), map[string]any{"duration": 2.033, "lasttimestamp": 2.0, "lastkeyframetimestamp": 2.0,
			"lastkeyframelocation": 60000.0, "videocodecid": 7.0, "framerate": 30.0, "hasVideo": true, "hasAudio": false,
			"hasMetadata": true, "hasKeyframes": true, "canSeekToEnd": true, "videosize": 61.0 * 22, "datasize": 61.0 * 22,
			"audiosize": nil, "audiocodecid": nil, "stereo": nil, "width": nil}},
		{"what the server says", server, frames(9, 100), map[string]any{"width": 640.0, "framerate": 29.97, "videocodecid": 7.0,
			"audiosamplerate": nil, "stereo": nil, "hasVideo": true, "canSeekToEnd": false, "encoder": "e", "Level": 3.0}},
		{"what it says is not so", server, frames(9, 300), map[string]any{"framerate": 10.0}},
		{"AAC of 44100 Hz, mono", server, []Tag{{audio, 0, []byte{0xAF, 0, 0x12, 0x08}}, aacFrame(0, 1), aacFrame(23, 1)}, map[string]any{
			"audiosamplerate": 44100.0, "audiosamplesize": 16.0, "stereo": false, "audiocodecid": 10.0, "lastkeyframetimestamp": nil,
			"lastkeyframelocation": nil, "width": nil, "videosize": nil, "hasVideo": false, "audiodatarate": 2.435}},
		{"Opus", nil, []Tag{{audio, 0, []byte("\x91Opus12345678")}}, map[string]any{"audiocodecid": float64(CodecOpus)}},
		{"HEVC", nil, []Tag{{video, 0, []byte("\x93hvc112345678")}}, map[string]any{"videocodecid": float64(CodecHEVC)}},
	} {
		s := newSummary(8)
		for i, tg := range c.tags {
			class := Classify(tg)
			s.add(tg, &class, int64(i)*1000)
		}
		h := newHead(c.meta, 8)
		fields := readStrictly(t, scan(t, h.finish(s, 1))[0].Body)
		for name, want := range c.want {
			if got := fields[name]; got != want {
				t.Errorf("%s: %s: got %v, want %v", c.name, name, got, want)
			}
		}
	}
}

// TestHeadCheckpoint finds the same fields in every head that is still open.
func TestHeadCheckpoint(t *testing.T) {
	h := newHead(nil, 8)
	for _, s := range []*summary{newSummary(8), testSummary(8, 5, true)} {
		b := h.append(nil, s, true, false, 99, false)
		patch := checkpoint(nil, &testSummary(8, 7, false).tally, 4321)
		copy(b[headBody+headFieldsOffset:], patch)
		fields := readStrictly(t, scan(t, b)[0].Body)
		for name, want := range map[string]float64{"duration": 7, "filesize": 4321, "lasttimestamp": 6.5,
			"lastkeyframetimestamp": 6, "lastkeyframelocation": 7000} {
			if fields[name] != want {
				t.Errorf("%s: got %v, want %v", name, fields[name], want)
			}
		}
	}
}

// TestHeadTooLong leaves out a server's fields that would not fit into a tag.
func TestHeadTooLong(t *testing.T) {
	m := &Metadata{}
	for i := range 20_000 {
		m.fields.Properties = append(m.fields.Properties, prop(fmt.Sprint(i), amf.String(strings.Repeat("x", 900))))
	}
	h := newHead(m, MaxIndexEntries)
	if h.body > maxBody || h.count != 0 || h.room != MaxIndexEntries {
		t.Errorf("got a body of %d bytes with %d fields", h.body, h.count)
	}
}

// looped records a sample several times over, and returns the file's path.
func looped(t testing.TB, o FileOptions, name string, rounds int, step uint32) string {
	t.Helper()
	f, err := o.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	tags := scan(t, sample(t, name))
	for r := range uint32(rounds) {
		for _, tg := range tags {
			if c := Classify(tg); r > 0 && c.Kind != KindFrame {
				continue
			}
			tg.Timestamp += r * step
			if err := f.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

var bytesRead = regexp.MustCompile(`Statistics: (\d+) bytes read`)

// seek has ffmpeg decode a frame at so many seconds, and returns how much it read
// for that.
func seek(t testing.TB, path string, at float64, options ...string) int {
	t.Helper()
	args := append([]string{"-v", "debug", "-ss", fmt.Sprint(at), "-i", path, "-frames", "1"}, options...)
	out, err := exec.Command("ffmpeg", append(args, "-f", "null", "-")...).CombinedOutput()
	m := bytesRead.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// checkFLV has flvmeta look for errors.
func checkFLV(t testing.TB, path string) {
	t.Helper()
	exe, err := exec.LookPath("flvmeta")
	if err != nil {
		t.Fatalf("%v: run scripts/test-deps.sh", err)
	}
	if out, err := exec.Command(exe, "-C", "-l", "error", path).CombinedOutput(); err != nil {
		t.Errorf("flvmeta: %v\n%s", err, out)
	}
}

// TestSeek lets ffmpeg seek in files of ten minutes and more.
func TestSeek(t *testing.T) {
	for _, name := range []string{"bars.flv", "video.flv", "audio.flv"} {
		path := looped(t, FileOptions{}, name, 60, 10_089)
		checkFLV(t, path)
		for _, at := range []float64{1, 300, 590} {
			if n := seek(t, path, at); n > 1<<20 {
				t.Errorf("%s: read %d bytes for %v s", name, n, at)
			}
		}
		tg, _, _ := cutTag(readFile(t, path)[headSize:])
		body := tg.Body
		readStrictly(t, body)
		entries, err := ReadIndex(body)
		if err != nil {
			t.Fatal(err)
		}
		checkIndex(t, readFile(t, path), entries, name == "audio.flv")
	}
}

// checkIndex looks whether an index tells the truth: its first entry is the
// sequence header, or the same as the next, which is the first key frame, and the
// others are key frames at rising times.
func checkIndex(t testing.TB, b []byte, entries []IndexEntry, sound bool) {
	t.Helper()
	for i, e := range entries {
		tg, _, ok := cutTag(b[e.Position:])
		c := Classify(tg)
		want := i == 0 && c.Kind == KindConfig || (i > 0 || e == entries[1]) && c.Kind == KindFrame && (c.Key || sound)
		if !ok || tg.Timestamp != e.Time || !want {
			t.Fatalf("entry %d, %v: type %d at %d, kind %d", i, e, tg.Type, tg.Timestamp, c.Kind)
		}
		if i > 1 && e.Time <= entries[i-1].Time {
			t.Fatalf("entry %d: %d ms come after %d", i, e.Time, entries[i-1].Time)
		}
	}
}
