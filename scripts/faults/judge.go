//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/scripts/internal/measured"
)

// An origin is where a packet comes from.
type origin struct {
	sample string
	video  bool
	at     time.Duration // in the sample
}

// origins knows the packets of the samples by their hashes.
func origins(samples map[string]string) (map[string]origin, error) {
	known := map[string]origin{}
	for name, path := range samples {
		packets, err := probe(path)
		if err != nil {
			return nil, err
		}
		for _, p := range packets {
			known[p.hash] = origin{name, p.video, p.dts}
		}
	}
	return known, nil
}

// A packet is one of a file.
type packet struct {
	video bool
	dts   time.Duration
	hash  string
}

// probe lists the packets of a file in their order. There are none in one that
// ffprobe cannot open.
func probe(path string) (list []packet, err error) {
	cmd := exec.Command("ffprobe", "-v", "quiet", "-show_packets", "-show_data_hash", "md5",
		"-show_entries", "packet=codec_type,dts,data_hash", "-of", "json", path)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return nil, err
	}
	var said struct {
		Packets []struct {
			Type string `json:"codec_type"`
			DTS  int64  `json:"dts"` // ms, in FLV
			Hash string `json:"data_hash"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		return nil, fmt.Errorf("ffprobe %s: %w", path, err)
	}
	for _, p := range said.Packets {
		if p.Type == "video" || p.Type == "audio" {
			list = append(list, packet{p.Type == "video", time.Duration(p.DTS) * time.Millisecond, p.Hash})
		}
	}
	return list, nil
}

// A recorded packet is known: by its origin, and by when it was published.
type recorded struct {
	origin
	dts  time.Duration // in the file
	wall time.Time
	run  int
}

// A verdict is what there is in the files of a recorder.
type verdict struct {
	files      int
	media      time.Duration // of pictures, or of sound if that is what goes on
	last       time.Time     // when the last of it was published
	gap        time.Duration // in which there is none between its first and last, by the wall clock
	lost       time.Duration // of it, in which there is no sound either
	hole       time.Duration // what of it the time lines leave open
	back       time.Duration // by which they go back, all steps together
	leap       time.Duration // by which they go forward without a cause
	squeezed   int           // packets with no time between them
	apart      time.Duration // by which sound and picture are displaced at most
	twice      int           // packets that are there again
	foreign    int           // packets that nobody published
	mixed      bool          // two sizes of picture in one file
	complaints int           // ffmpeg's lines when it decodes the files
}

// judge reads all files in a recorder's directory. Media is pictures, or sound.
func judge(dir string, video bool, known map[string]origin, runs []run) (v verdict, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return v, err
	}
	var all []recorded
	seen := map[string]bool{}
	for _, path := range paths {
		packets, err := probe(path)
		if err != nil {
			return v, err
		}
		v.files++
		var file []recorded
		for _, p := range packets {
			o, ok := known[p.hash]
			switch {
			case !ok:
				v.foreign++
				continue
			case seen[p.hash]:
				v.twice++
			}
			seen[p.hash] = true
			r := recorded{origin: o, dts: p.dts}
			r.wall, r.run = published(o, runs)
			file = append(file, r)
		}
		v.timeline(file)
		all = append(all, file...)
		n, err := measured.Complaints(path)
		if err != nil {
			return v, err
		}
		v.complaints += n
	}
	v.total(all, video)
	return v, nil
}

// published tells when a packet was, and in which run.
func published(o origin, runs []run) (time.Time, int) {
	for i, r := range slices.Backward(runs) {
		if r.sample == o.sample && o.at >= r.offset-fineSlack {
			return r.base.Add(o.at - r.offset), i
		}
	}
	return time.Time{}, -1
}

// total counts what there is of a track, whatever the files say of its times.
func (v *verdict) total(all []recorded, video bool) {
	var track []recorded
	for _, r := range all {
		if r.video == video {
			track = append(track, r)
		}
	}
	if len(track) == 0 {
		return
	}
	each := sampleTime
	if video {
		each = frameTime
	}
	v.media = time.Duration(len(track)) * each
	v.gap, v.last = gaps(track)
	v.lost, _ = gaps(slices.Clone(all))
}

// gaps adds up the times in which there is no packet. It sorts them by the clock on
// the wall, and returns the last one's time.
func gaps(list []recorded) (sum time.Duration, last time.Time) {
	slices.SortFunc(list, func(a, b recorded) int { return a.wall.Compare(b.wall) })
	for i := 1; i < len(list); i++ {
		if d := list[i].wall.Sub(list[i-1].wall); d > someTime {
			sum += d
		}
	}
	return sum, list[len(list)-1].wall
}

// flaws are what is wrong with the files, in words. To miss what was published
// is none.
func (v verdict) flaws() (list []string) {
	say := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	say(v.back > 0, "goes back by %s", tenths(v.back))
	say(v.leap > 0, "leaps by %s", tenths(v.leap))
	say(v.squeezed > 2, "%d packets squeezed", v.squeezed)
	say(v.apart > fineSlack, "sound and picture %s apart", tenths(v.apart))
	say(v.twice > 0, "%d packets twice", v.twice)
	say(v.foreign == 1, "1 torn packet")
	say(v.foreign > 1, "%d packets of nobody's", v.foreign)
	say(v.mixed, "two sizes in one file")
	say(v.complaints == 1, "1 decoding error")
	say(v.complaints > 1, "%d decoding errors", v.complaints)
	return list
}

// cell is a verdict in a table.
func (v verdict) cell() string {
	if v.media == 0 {
		if v.files > 0 {
			return "an empty file"
		}
		return "no file"
	}
	words := []string{tenths(v.media)}
	if v.files > 1 {
		words[0] += fmt.Sprintf(" in %d files", v.files)
	}
	switch {
	case v.gap == 0:
	case v.files > 1 || v.back > 0 || v.gap-v.hole < 2*slack:
		words = append(words, "gap "+tenths(v.gap))
	case v.hole < someTime:
		words = append(words, "gap "+tenths(v.gap)+" closed up")
	default:
		words = append(words, fmt.Sprintf("gap %s of which %s left open", tenths(v.gap), tenths(v.hole)))
	}
	return strings.Join(append(words, v.flaws()...), ", ")
}

func tenths(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
