package main

import (
	"testing"
	"time"
)

func TestIndexEntries(t *testing.T) {
	for _, c := range []struct {
		flag    string
		longest time.Duration
		want    int
	}{
		{"", 0, 8192},
		{"", time.Second, 64},
		{"", 10*time.Minute + time.Millisecond, 601},
		{"", 24 * time.Hour, 8192},
		{"0", time.Hour, -1},
		{"20000", time.Minute, 20000},
	} {
		var v indexValue
		if c.flag != "" {
			if err := v.Set(c.flag); err != nil {
				t.Fatal(err)
			}
		}
		if got := v.entries(c.longest); got != c.want {
			t.Errorf("--index-entries %q for %v: %d, want %d", c.flag, c.longest, got, c.want)
		}
	}
}

func TestMinFree(t *testing.T) {
	var v minFreeValue
	for capacity, want := range map[uint64]uint64{0: 0, 100e6: 5e6, 1e12: 64e6} {
		if got := v.want(capacity); got != want {
			t.Errorf("of %d: %d, want %d", capacity, got, want)
		}
	}
	for flag, want := range map[string]uint64{"0": 0, "1G": 1e9} {
		if err := v.Set(flag); err != nil || v.want(100e6) != want {
			t.Errorf("--min-free %s: %v, %d", flag, err, v.want(100e6))
		}
	}
}
