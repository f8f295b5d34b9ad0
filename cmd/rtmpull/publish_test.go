package main

import (
	"slices"
	"strings"
	"testing"
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
