package peertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stream is n pictures, a key frame every 5, with one audio packet after each.
func stream(n int, start int64) []Packet {
	var out []Packet
	for i := range n {
		flags := "__"
		if i%5 == 0 {
			flags = "K_"
		}
		ts := start + int64(40*i)
		out = append(out,
			Packet{"video", ts + 80, ts, 100 + i, flags, fmt.Sprint("v", i)},
			Packet{"audio", ts + 3, ts + 3, 10, "K_", fmt.Sprint("a", i)})
	}
	return out
}

func TestCompare(t *testing.T) {
	change := func(packets []Packet, i int, f func(*Packet)) []Packet {
		packets = slices.Clone(packets)
		f(&packets[i])
		return packets
	}
	want := stream(30, 1000)
	tests := map[string]struct {
		got []Packet
		err string // a part of it; empty: equal
	}{
		"equal":           {stream(30, 0), ""},
		"began later":     {stream(30, 1000)[14:], ""},
		"began with both": {append(stream(30, 0)[3:4], stream(30, 0)[10:]...), ""},
		"ended earlier":   {stream(30, 0)[:40], ""},
		"too short":       {stream(30, 0)[:9], "only 9 packets in common, want at least 10"},
		"no key frame":    {stream(30, 0)[1:9], "no key frame in common"},
		"no audio": {slices.DeleteFunc(stream(30, 0), func(p Packet) bool { return p.Type == "audio" }),
			"audio: got 0 packets, want 30"},
		"time":  {change(want, 9, func(p *Packet) { p.PTS++ }), "audio packet 4 after"},
		"flags": {change(want, 8, func(p *Packet) { p.Flags = "K_" }), "video packet 4 after"},
		"lost":  {slices.Delete(stream(30, 0), 8, 10), "(got lacks 1 packets here)"},
		"extra": {slices.Insert(stream(30, 0), 8, Packet{Type: "video"}), "(got has 1 packets here that want lacks)"},
		"shift": {stream(30, 0)[1:], ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, swapped := range []bool{false, true} {
				got, want := tt.got, want
				if swapped { // whatever is wrong is wrong the other way round
					got, want = want, got
				}
				err := compare(got, want, 10)
				if (err == nil) != (tt.err == "") {
					t.Errorf("swapped %v: got error %v, want %q", swapped, err, tt.err)
				} else if err != nil && !swapped && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got error %v, want %q", err, tt.err)
				}
			}
		})
	}
}

func TestEqual(t *testing.T) {
	want := stream(30, 1000)
	for name, tt := range map[string]struct {
		got []Packet
		err string // empty: equal
	}{
		"equal":       {stream(30, 1000), ""},
		"interleaved": {append(stream(30, 1000)[1:2], append(stream(30, 1000)[:1], stream(30, 1000)[2:]...)...), ""},
		"shifted":     {stream(30, 0), "video packet 0:"},
		"cut off":     {stream(30, 1000)[:59], "audio: got 29 packets, want 30"},
		"too late":    {stream(30, 1000)[2:], "(got lacks 1 packets here)"},
	} {
		if err := equal(tt.got, want); (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got error %v, want %q", name, err, tt.err)
		}
	}
}

func TestAlignAudioOnly(t *testing.T) {
	want := slices.DeleteFunc(stream(30, 1000), func(p Packet) bool { return p.Type == "video" })
	if g, w, ok := Align(want[7:], want); g != 0 || w != 7 || !ok {
		t.Errorf("got %d %d %v, want 0 7 true", g, w, ok)
	}
	if err := compare(want[7:], want, 23); err != nil {
		t.Error(err)
	}
}

func TestAlignLoop(t *testing.T) {
	round := stream(10, 0)
	loop := append(slices.Clone(round), round...)
	if g, w, ok := Align(loop[10:], loop); g != 0 || w != 10 || !ok {
		t.Errorf("got %d %d %v, want 0 10 true", g, w, ok)
	}
}
