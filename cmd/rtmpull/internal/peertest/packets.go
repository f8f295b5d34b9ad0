package peertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// NoTime stands for a pts or dts that ffprobe does not know.
const NoTime = math.MinInt64

// A Packet is a coded picture or piece of sound, as ffprobe sees it.
type Packet struct {
	Type  string // "video", "audio"
	PTS   int64  // ms
	DTS   int64  // ms
	Size  int
	Flags string // ffprobe's: K is a key frame, D discarded, C corrupt
	Hash  string // MD5 of the data
}

// Key reports whether decoding can begin here.
func (p Packet) Key() bool { return strings.Contains(p.Flags, "K") }

func (p Packet) String() string {
	return fmt.Sprintf("%s pts=%d dts=%d size=%d flags=%s %s", p.Type, p.PTS, p.DTS, p.Size, p.Flags, p.Hash)
}

// same reports whether p and q carry the same bytes.
func (p Packet) same(q Packet) bool { return p.Type == q.Type && p.Size == q.Size && p.Hash == q.Hash }

// since returns p with its times relative to anchor's dts.
func (p Packet) since(anchor Packet) Packet {
	if p.PTS != NoTime {
		p.PTS -= anchor.DTS
	}
	if p.DTS != NoTime {
		p.DTS -= anchor.DTS
	}
	return p
}

// Packets lists the packets of a media file in the order of the file.
func Packets(t testing.TB, file string) []Packet {
	t.Helper()
	return parsePackets(t, file, ffprobe(t, listPackets(file)...))
}

// Probe is Packets of a file that may be damaged: it returns what ffprobe complains of.
func Probe(t testing.TB, file string) (packets []Packet, complaints string) {
	t.Helper()
	out, said, err := runFFprobe(t, listPackets(file)...)
	if err != nil {
		return nil, said + err.Error()
	}
	return parsePackets(t, file, out), said
}

func listPackets(file string) []string {
	return []string{"-show_packets", "-show_data_hash", "MD5", "-of", "json", file}
}

func parsePackets(t testing.TB, file string, out []byte) []Packet {
	t.Helper()
	var probed struct {
		Packets []struct {
			Type  string `json:"codec_type"`
			PTS   string `json:"pts_time"`
			DTS   string `json:"dts_time"`
			Size  int    `json:"size,string"`
			Flags string `json:"flags"`
			Hash  string `json:"data_hash"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out, &probed); err != nil {
		t.Fatalf("peertest: ffprobe %s: %v", file, err)
	}
	packets := make([]Packet, len(probed.Packets))
	for i, p := range probed.Packets {
		packets[i] = Packet{p.Type, milliseconds(p.PTS), milliseconds(p.DTS), p.Size, p.Flags, p.Hash}
	}
	return packets
}

// milliseconds reads ffprobe's seconds. Its integers are in a unit that
// depends on the format.
func milliseconds(s string) int64 {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return NoTime
	}
	return int64(math.Round(seconds * 1000))
}

// ProbeSilently fails the test if ffprobe finds anything to complain of while
// it reads the whole file.
func ProbeSilently(t testing.TB, file string) {
	t.Helper()
	ffprobe(t, "-count_packets", file)
}

// ffprobe returns its stdout. It is an error if it says anything on stderr.
func ffprobe(t testing.TB, args ...string) []byte {
	t.Helper()
	out, said, err := runFFprobe(t, args...)
	if err != nil || said != "" {
		t.Fatalf("peertest: ffprobe %v: %v\n%s", args, err, said)
	}
	return out
}

func runFFprobe(t testing.TB, args ...string) (out []byte, said string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, "ffprobe"), append([]string{"-v", "error"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	return out, stderr.String(), err
}

// Align finds where two recordings of one stream, begun at different moments,
// meet: got[g] and want[w] are the same video key frame, or audio packet if
// there is no video in either, and at least one of them the first of its file.
// If the stream loops, it meets where the two overlap most.
func Align(got, want []Packet) (g, w int, ok bool) {
	anchor := func(p Packet) bool { return p.Type == "video" && p.Key() }
	if !hasVideo(got) && !hasVideo(want) {
		anchor = func(p Packet) bool { return p.Type == "audio" }
	}
	best := 0
	consider := func(i, j int) {
		if overlap := min(len(got)-i, len(want)-j); i >= 0 && j >= 0 && overlap > best {
			g, w, best = i, j, overlap
		}
	}
	if i := index(got, anchor); i >= 0 {
		consider(i, index(want, func(p Packet) bool { return anchor(p) && p.same(got[i]) }))
	}
	if j := index(want, anchor); j >= 0 {
		consider(index(got, func(p Packet) bool { return anchor(p) && p.same(want[j]) }), j)
	}
	return g, w, best > 0
}

func hasVideo(packets []Packet) bool {
	return index(packets, func(p Packet) bool { return p.Type == "video" }) >= 0
}

func index(packets []Packet, match func(Packet) bool) int {
	for i, p := range packets {
		if match(p) {
			return i
		}
	}
	return -1
}

// EqualFromFirstKey fails the test unless got and want, two recordings of one
// stream that began and ended at different moments, agree wherever they
// overlap, and do so over at least n packets: in data, flags, and pts and dts
// relative to the packet that Align finds, to the millisecond.
//
// Each track is compared by itself, since how tracks interleave is the
// server's affair.
func EqualFromFirstKey(t testing.TB, got, want []Packet, n int) {
	t.Helper()
	if err := compare(got, want, n); err != nil {
		t.Fatal(err)
	}
}

// CompareFromFirstKey is EqualFromFirstKey for those who go on when they differ.
func CompareFromFirstKey(got, want []Packet, n int) error { return compare(got, want, n) }

func compare(got, want []Packet, n int) error {
	g, w, ok := Align(got, want)
	if !ok {
		return fmt.Errorf("no key frame in common: got %s, want %s", summary(got), summary(want))
	}
	overlap := 0
	for _, track := range []string{"video", "audio"} {
		gots, wants := from(got[g:], got[g], track), from(want[w:], want[w], track)
		if (len(gots) == 0) != (len(wants) == 0) {
			return fmt.Errorf("%s: got %d packets, want %d", track, len(gots), len(wants))
		}
		for i := range min(len(gots), len(wants)) {
			if gots[i] != wants[i] {
				return fmt.Errorf("%s packet %d after the first common key frame (got's %d, want's %d), times since then:\ngot  %v\nwant %v%s",
					track, i, g, w, gots[i], wants[i], explain(gots, wants, i))
			}
			overlap++
		}
	}
	if overlap < n {
		return fmt.Errorf("only %d packets in common, want at least %d: got %s, want %s", overlap, n, summary(got), summary(want))
	}
	return nil
}

// EqualPackets fails the test unless got and want are the same packets, none
// more and none less, with the same times, pts and dts, not only relative ones.
// Each track is compared by itself.
func EqualPackets(t testing.TB, got, want []Packet) {
	t.Helper()
	if err := equal(got, want); err != nil {
		t.Fatal(err)
	}
}

func equal(got, want []Packet) error {
	for _, track := range []string{"video", "audio"} {
		gots, wants := from(got, Packet{}, track), from(want, Packet{}, track)
		for i := range min(len(gots), len(wants)) {
			if gots[i] != wants[i] {
				return fmt.Errorf("%s packet %d:\ngot  %v\nwant %v%s", track, i, gots[i], wants[i], explain(gots, wants, i))
			}
		}
		if len(gots) != len(wants) {
			return fmt.Errorf("%s: got %d packets, want %d", track, len(gots), len(wants))
		}
	}
	return nil
}

// from returns one track, with times since the anchor.
func from(packets []Packet, anchor Packet, track string) []Packet {
	var out []Packet
	for _, p := range packets {
		if p.Type == track {
			out = append(out, p.since(anchor))
		}
	}
	return out
}

// explain says whether packets were lost rather than changed.
func explain(gots, wants []Packet, i int) string {
	if j := index(wants[i:], gots[i].same); j > 0 {
		return fmt.Sprintf("\n(got lacks %d packets here)", j)
	}
	if j := index(gots[i:], wants[i].same); j > 0 {
		return fmt.Sprintf("\n(got has %d packets here that want lacks)", j)
	}
	return ""
}

func summary(packets []Packet) string {
	n := map[string]int{}
	for _, p := range packets {
		n[p.Type]++
	}
	return fmt.Sprintf("%d video and %d audio packets", n["video"], n["audio"])
}
