package main

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestJoinLoop(t *testing.T) {
	for args, want := range map[string]string{
		"":                            "",
		"publish --loop a.flv URL":    "publish --loop a.flv URL",
		"publish --loop 2 a.flv URL":  "publish --loop=2 a.flv URL",
		"publish a.flv URL --loop 2":  "publish a.flv URL --loop=2",
		"publish a.flv URL --loop":    "publish a.flv URL --loop",
		"serve --loop forever a.flv":  "serve --loop=forever a.flv",
		"serve --loop=3 2":            "serve --loop=3 2",
		"serve --loop ./2":            "serve --loop ./2",
		"publish --loop 0 a.flv URL":  "publish --loop=0 a.flv URL",
		"publish -- --loop 2":         "publish -- --loop 2",
		"publish --speed 2 a.flv URL": "publish --speed 2 a.flv URL",
	} {
		if got := joinLoop(strings.Fields(args)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s becomes %q, want %s", args, got, want)
		}
	}
}

// A tenure counts the time of connections, not that between them.
func TestTenure(t *testing.T) {
	for _, test := range []struct {
		kept  []time.Duration
		brief bool
	}{
		{nil, false}, // nobody has taken the stream
		{[]time.Duration{0}, true},
		{[]time.Duration{time.Second, 2 * time.Second, time.Second}, true},
		{[]time.Duration{time.Minute, time.Second}, false},
		{[]time.Duration{3 * time.Second}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var kept tenure
			kept.end() // an attempt that failed
			for _, d := range test.kept {
				kept.begin()
				time.Sleep(d)
				kept.end()
				time.Sleep(time.Minute)
				kept.end()
			}
			if kept.brief() != test.brief {
				t.Errorf("%v: brief is %v", test.kept, kept.brief())
			}
		})
	}
}
