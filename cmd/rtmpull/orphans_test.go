package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// TestOrphans: what a template becomes, at whatever time, is found again while it
// has .part behind it, and nothing else is.
func TestOrphans(t *testing.T) {
	target := &rtmp.Target{Host: "host", Session: session.Config{App: "live", PlayPath: "the.show"}}
	for _, c := range []struct {
		template string
		others   []string // that are not this template's
	}{
		{"a.flv", []string{"b.flv.part", "a.flv", "a-x.flv.part", "xa.flv.part", "a.flvx.part", "a/b.flv.part"}},
		{"{stream}.flv", []string{"show.flv.part", "other.flv.part", "theXshow.flv.part"}},
		{"{stream}", []string{"show.part"}},
		{defaultName, []string{"other-20310203-040506.flv.part", "the.show-x-040506.flv.part"}},
		{"{stream}-{seq:3}.flv", []string{"the.show-x.flv.part"}},
		{"out/{host}/%Y/%m/100%%-{app}-%d.flv", []string{"out/host/x/02/100%-live-03.flv.part", "out/2031/02/100%-live-03.flv.part"}},
		{"./x/../%F/%T.flv", []string{"2031-02-03/x.flv.part"}},
		{"%D-%A-%B-%p-%Z.flv", []string{"02/03/x.flv.part"}},
		{"(a)[b]*?+.flv", []string{"ab.flv.part"}},
	} {
		t.Run(c.template, func(t *testing.T) {
			t.Chdir(t.TempDir())
			template, err := parseName(c.template)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, at := range []time.Time{someTime, someTime.Add(31 * 24 * time.Hour), someTime.Add(7 * time.Minute)} {
				name := template.expand(target, at, i+1)
				ext := filepath.Ext(name)
				stem := name[:len(name)-len(ext)]
				want = append(want, name+".part", stem+"-"+"12"+ext+".part")
			}
			slices.Sort(want)
			want = slices.Compact(want)
			for _, name := range append(c.others, want...) {
				if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := template.orphans(target)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
	missing, err := parseName("/does/not/exist/%Y/a.flv")
	if got := missing.orphans(target); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

// What is left of several streams is looked for by one of them each.
func TestOrphansOf(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"show.flv.part", "show-1.flv.part", "show-1-2.flv.part", "show-2.flv.part", "other.flv.part", "show.flv", "more.flv.part"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	template, err := parseName(filepath.Join(dir, "{stream}.flv"))
	if err != nil {
		t.Fatal(err)
	}
	found := template.orphansOf(targetsOf(t, "rtmp://h/live/show", "rtmp://h/live/show-1", "rtmp://h/live/none", "rtmp://h/live/other"))
	want := [][]string{{"show-2.flv.part", "show.flv.part"}, {"show-1-2.flv.part", "show-1.flv.part"}, nil, {"other.flv.part"}}
	for i := range want {
		for j := range found[i] {
			found[i][j] = filepath.Base(found[i][j])
		}
		slices.Sort(found[i])
		if !slices.Equal(found[i], want[i]) {
			t.Errorf("stream %d: %q, want %q", i, found[i], want[i])
		}
	}
}
