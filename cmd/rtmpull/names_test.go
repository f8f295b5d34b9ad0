package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

var someTime = time.Date(2031, 2, 3, 4, 5, 6, 789e6, time.UTC)

func TestExpandName(t *testing.T) {
	show := rtmp.Target{Host: "host", Session: session.Config{App: "live", PlayPath: "show"}}
	with := func(app, name string) rtmp.Target {
		return rtmp.Target{Host: "host", Session: session.Config{App: app, PlayPath: name}}
	}
	for _, test := range []struct {
		template string
		target   rtmp.Target
		want     string
	}{
		{defaultName, show, "show-20310203-040506.flv"},
		{"a.flv", show, "a.flv"},
		{"./a//b/../c.flv", show, "a/c.flv"},
		{"../a.flv", show, "../a.flv"}, // the user may
		{"/archive/%Y/%m/{stream}.flv", show, "/archive/2031/02/show.flv"},
		{"{host}-{app}-{stream}-{stream}", show, "host-live-show-show"},
		{"100%%-%H", show, "100%-04"},
		{"{stream}-{seq}.flv", show, "show-7.flv"},
		{"{seq:3}-{seq:03}-{seq:1}", show, "007-007-7"},
		{"{stream}.flv", with("live", "%Y"), "_Y.flv"},
		{"{stream}.flv", with("live", "{app}"), "{app}.flv"},
		{"{stream}.flv", with("live", "show?token=x"), "show.flv"},
		{"{app}.flv", with("live?token=x", "show"), "live.flv"},
		{"{stream}.flv", with("live?token=x", ""), "live.flv"},
		{"{stream}.flv", with("live", "?token=x"), "live.flv"},
		{"{stream}.flv", with("", "?token=x"), "host.flv"},
		{"{stream}.flv", with("a", "mp4:dir/foo.mp4"), "mp4_dir_foo.mp4.flv"},
		{"{stream}.flv", with("a", `..\..\x`), "_.._x.flv"},
		{"x/{stream}", with("a", ".."), "x/stream"},
		{"x/{stream}", with("a", "."), "x/stream"},
		{"x/{stream}", with("a", "..."), "x/stream"},
		{"{app}/{stream}", with("a/b", "../../../etc/passwd"), "a_b/_.._.._etc_passwd"},
		{"{stream}", with("a", "a\x00b\nc\x1b[2J\xff"), "a_b_c_[2J_"},
		{"{stream}", with("a", "été-日本"), "été-日本"},
		{"{stream}", with("a", strings.Repeat("x", 300)), strings.Repeat("x", 100)},
		{"{stream}", with("a", strings.Repeat("日", 100)), strings.Repeat("日", 33)},
	} {
		name, err := parseName(test.template)
		if got := name.expand(&test.target, someTime, 7); err != nil || got != filepath.FromSlash(test.want) {
			t.Errorf("%s of %s/%s is %q, %v, want %q", test.template, test.target.Session.App, test.target.Session.PlayPath, got, err, test.want)
		}
	}
	for _, template := range []string{"{}", "{", "{stream", "{Stream}", "{ stream}", "{stream} {x}", "{seq:}", "{seq:x}", "{seq:0}", "{seq:99}"} {
		if got, err := parseName(template); err == nil {
			t.Errorf("%s is %v, want an error", template, got)
		}
	}
}

// Whatever a stream is called, its file is in the folder that the user named.
func FuzzExpandName(f *testing.F) {
	for _, s := range []string{"show", "..", "../x", "/etc/passwd", `..\x`, "%Y", "{app}", ".", "\x00", "mp4:a/b", " ..", "?x=y", "%2e%2e"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, host, app, name string) {
		target := &rtmp.Target{Host: host, Session: session.Config{App: app, PlayPath: name}}
		template, err := parseName("folder/{stream}/{app}/{host}.flv")
		if err != nil {
			t.Fatal(err)
		}
		got := template.expand(target, someTime, 1)
		parts := strings.Split(filepath.ToSlash(got), "/")
		if len(parts) != 4 || parts[0] != "folder" {
			t.Fatalf("%q of %q, %q, %q", got, host, app, name)
		}
		for _, part := range parts {
			if part == "" || part == "." || part == ".." || !utf8.ValidString(part) || len(part) > 255 {
				t.Errorf("%q of %q, %q, %q", got, host, app, name)
			}
		}
	})
}
