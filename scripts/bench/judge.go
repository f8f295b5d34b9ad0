//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
	"github.com/rtmpull/rtmpull/scripts/internal/measured"
)

// A verdict is what ffmpeg finds in the files that a program has made.
type verdict struct {
	files        int
	video, audio int      // packets that are wanted, each counted as often as it is
	faults       []string // what else is to be said
}

// wanted is what a case is to come to.
type wanted struct {
	flvtest.Want
	packets map[string]int // how many of each
}

// wantedOf knows packets as ffprobe shows them: without FLV's own headers.
func wantedOf(c flvtest.Case, good []flvtest.Tag) wanted {
	w := wanted{c.Want, map[string]int{}}
	if w.Media == nil { // or more than one outcome is right: what is there once
		w.Media = flvtest.Media(good)
		w.Video, w.Audio = flvtest.Frames(w.Media)
	}
	for _, t := range w.Media {
		if !t.Frame() {
			continue
		}
		payload := t.Body[2:]
		if t.Type == flvtest.Video {
			payload = t.Body[5:]
		}
		sum := sha256.Sum256(payload)
		w.packets[hex.EncodeToString(sum[:])]++
	}
	return w
}

// judge reads all FLV files in a directory, one after the other.
func judge(dir string, w wanted) (verdict, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.flv"))
	if err != nil {
		return verdict{}, err
	}
	slices.Sort(paths)
	v := verdict{files: len(paths)}
	var twice, strange, back, phantoms, complaints int
	seen := map[string]int{}
	for _, path := range paths {
		p, err := probed(path)
		if err != nil {
			return v, err
		}
		phantoms += p.phantoms
		back += p.back
		for _, k := range p.packets {
			seen[k.hash]++
			switch n := w.packets[k.hash]; {
			case n == 0:
				strange++
			case seen[k.hash] > n:
				twice++
			case k.video:
				v.video++
			default:
				v.audio++
			}
		}
		n, err := measured.Complaints(path)
		if err != nil {
			return v, err
		}
		complaints += n
		if len(paths) == 1 {
			v.faults = append(v.faults, p.times(w)...)
		}
	}
	for _, f := range []struct {
		n         int
		one, more string
	}{
		{twice, "twice", "twice"},
		{strange, "foreign", "foreign"},
		{back, "step back in time", "steps back in time"},
		{phantoms, "phantom stream", "phantom streams"},
		{complaints, "decoding error", "decoding errors"},
	} {
		switch {
		case f.n == 1:
			v.faults = append(v.faults, "1 "+f.one)
		case f.n > 1:
			v.faults = append(v.faults, fmt.Sprintf("%d %s", f.n, f.more))
		}
	}
	return v, nil
}

// A probe is what ffprobe says of a file.
type probe struct {
	packets  []packet
	phantoms int // streams that the stream did not have
	back     int // packets before their predecessor
	// In ms: from the first packet to the last of video, or else of audio; and
	// what the file, or its end, says of its duration, 0 if nothing.
	last, duration int64
}

type packet struct {
	video bool
	hash  string
}

// probed runs ffprobe. A file that it cannot open has no packets.
func probed(path string) (p probe, err error) {
	out, err := quiet("ffprobe", "-v", "quiet", "-show_packets", "-show_data_hash", "sha256", "-show_format", "-of", "json", path)
	if err != nil {
		return p, err
	}
	var said struct {
		Packets []struct {
			Stream int    `json:"stream_index"`
			Type   string `json:"codec_type"`
			DTS    int64  `json:"dts"`
			Hash   string `json:"data_hash"`
		} `json:"packets"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return p, fmt.Errorf("ffprobe %s: %w", path, err)
	}
	if d, err := strconv.ParseFloat(said.Format.Duration, 64); err == nil {
		p.duration = int64(d * 1000)
	}
	last := map[string]int64{}
	index, phantoms := map[string]int{}, map[int]bool{} // streams
	var first int64
	for i, k := range said.Packets {
		if i == 0 {
			first = k.DTS
		}
		if _, ok := index[k.Type]; !ok && (k.Type == "video" || k.Type == "audio") {
			index[k.Type] = k.Stream
		}
		if stream, ok := index[k.Type]; (!ok || stream != k.Stream) && !phantoms[k.Stream] {
			phantoms[k.Stream] = true
			p.phantoms++
		}
		if k.DTS < last[k.Type] {
			p.back++
		}
		last[k.Type] = k.DTS
		p.packets = append(p.packets, packet{k.Type == "video", strings.TrimPrefix(k.Hash, "SHA256:")})
	}
	p.last = last["video"] - first
	if _, ok := last["video"]; !ok {
		p.last = last["audio"] - first
	}
	return p, nil
}

// times tells what is wrong with the time line.
func (p probe) times(w wanted) (faults []string) {
	if w.Last == 0 || len(p.packets) == 0 {
		return nil
	}
	// Programs differ in whether a duration has the last frame in it.
	near := func(a, b int64) bool { return max(a-b, b-a) <= int64(w.Slack)+250 }
	if !near(p.last, int64(w.Last)) && p.last > 0 {
		faults = append(faults, fmt.Sprintf("ends at %d s", p.last/1000))
	}
	switch {
	case p.duration == 0:
		faults = append(faults, "no duration")
	case !near(p.duration, int64(w.Duration)) && near(p.last, int64(w.Last)):
		faults = append(faults, fmt.Sprintf("says %d s", p.duration/1000))
	}
	return faults
}

// quiet is what a program prints, though it fails.
func quiet(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return nil, err
	}
	return out.Bytes(), nil
}
