//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// cmdProbe fails unless ffprobe reads a file without complaint and finds
// packets in all of its streams. Of how many streams and of what kind can be
// told: probe FILE [audio] [video].
func cmdProbe(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 0, "probe FILE [audio] [video]")
	cmd := exec.Command("ffprobe", "-v", "error", "-count_packets",
		"-show_entries", "stream=codec_type,nb_read_packets", "-of", "json", ts.MkAbs(args[0]))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		ts.Fatalf("ffprobe %s: %v\n%s", args[0], err, stderr.String())
	}
	var found struct {
		Streams []struct {
			Type    string `json:"codec_type"`
			Packets int    `json:"nb_read_packets,string"`
		} `json:"streams"`
	}
	ts.Check(json.Unmarshal(out, &found))
	kinds := []string{}
	for _, s := range found.Streams {
		if s.Packets == 0 {
			ts.Fatalf("%s has a stream of %s without packets", args[0], s.Type)
		}
		kinds = append(kinds, s.Type)
	}
	slices.Sort(kinds)
	if want := args[1:]; len(kinds) == 0 || len(want) > 0 && !slices.Equal(kinds, want) {
		ts.Fatalf("%s has streams %v, want %v", args[0], kinds, want)
	}
}

// cmdTags fails unless a recording has the media of another file, tag for tag:
// all of it, the beginning of it, or a part out of it, times shifted to 0.
func cmdTags(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 3, "tags all|beginning|part RECORDING SAMPLE")
	got, want := readTags(ts, args[1]), readTags(ts, args[2])
	if len(got) == 0 {
		ts.Fatalf("%s has no media", args[1])
	}
	if got[0].ts != 0 {
		ts.Fatalf("%s begins at %d ms, want 0", args[1], got[0].ts)
	}
	got, want = withoutEnd(got), withoutEnd(want)
	switch args[0] {
	case "part": // sequence headers come again
		header := func(t scriptTag) bool { return t.config }
		got, want = slices.DeleteFunc(got, header), slices.DeleteFunc(want, header)
		at := slices.IndexFunc(want, func(t scriptTag) bool { return t.body == got[0].body })
		if at < 0 {
			ts.Fatalf("%s begins with what is not in %s", args[1], args[2])
		}
		shift := want[at].ts - got[0].ts
		want = want[at:]
		for i := range want {
			want[i].ts -= shift
		}
		want = want[:min(len(got), len(want))]
	case "beginning":
		want = want[:min(len(got), len(want))]
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			ts.Fatalf("tag %d of %s:\ngot  %v\nwant %v", i, args[1], got[i], want[i])
		}
	}
	if len(got) != len(want) {
		ts.Fatalf("%s has %d tags, want %d", args[1], len(got), len(want))
	}
}

// withoutEnd takes off the end of the video's sequence: files are given one where
// the recording ends, and a pipe none.
func withoutEnd(tags []scriptTag) []scriptTag {
	if last := len(tags) - 1; tags[last].end {
		return tags[:last]
	}
	return tags
}

// cmdSample writes one of flvtest's bad streams to a file.
func cmdSample(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 2, "sample ID FILE")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), flvtest.Get(scriptT(ts), args[0]).File, 0o600))
}

// cmdJoined fails unless the frames of several recordings, one behind the other,
// are those of another file, at the same distances within each; and each begins at
// 0 with a key frame.
func cmdJoined(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) >= 2, "joined SAMPLE RECORDING...")
	for _, kind := range []byte{8, 9} {
		want := framesOf(readTags(ts, args[0]), kind)
		for _, file := range args[1:] {
			all := readTags(ts, file)
			if len(all) == 0 || all[0].ts != 0 {
				ts.Fatalf("%s does not begin at 0", file)
			}
			got := framesOf(all, kind)
			if len(got) == 0 || len(got) > len(want) {
				ts.Fatalf("%s has %d frames of type %d, and %d are left", file, len(got), kind, len(want))
			}
			if kind == 9 && !got[0].key {
				ts.Fatalf("%s does not begin with a key frame", file)
			}
			for i, tg := range got {
				if tg.body != want[i].body || tg.ts-got[0].ts != want[i].ts-want[0].ts {
					ts.Fatalf("frame %d of %s:\ngot  %v\nwant %v", i, file, tg, want[i])
				}
			}
			want = want[len(got):]
		}
		if len(want) > 0 {
			ts.Fatalf("%d frames of type %d are lost", len(want), kind)
		}
	}
}

func framesOf(tags []scriptTag, kind byte) []scriptTag {
	return slices.DeleteFunc(slices.Clone(tags), func(t scriptTag) bool { return t.kind != kind || !t.frame })
}

// A scriptTag is a tag of audio or video.
type scriptTag struct {
	kind   byte
	ts     int64
	config bool
	end    bool // of a sequence
	frame  bool
	key    bool
	body   string
}

func (t scriptTag) String() string {
	return fmt.Sprintf("type %d, %d ms, %d bytes %.16x", t.kind, t.ts, len(t.body), t.body)
}

func readTags(ts *testscript.TestScript, file string) []scriptTag {
	s := flvout.NewScanner(strings.NewReader(ts.ReadFile(file)))
	var tags []scriptTag
	for {
		t, err := s.Next()
		if errors.Is(err, io.EOF) {
			return tags
		}
		if err != nil {
			ts.Fatalf("%s: %v", file, err)
		}
		c := flvout.Classify(t)
		if t.Type == 8 || t.Type == 9 {
			tags = append(tags, scriptTag{
				kind: byte(t.Type), ts: int64(t.Timestamp), body: string(t.Body),
				config: c.Kind == flvout.KindConfig, end: c.Kind == flvout.KindEnd, frame: c.Kind == flvout.KindFrame, key: c.Key,
			})
		}
	}
}
