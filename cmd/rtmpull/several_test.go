package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func targetsOf(t *testing.T, urls ...string) []*rtmp.Target {
	t.Helper()
	targets := make([]*rtmp.Target, len(urls))
	for i, url := range urls {
		var err error
		if targets[i], err = rtmp.ParseTarget(url); err != nil {
			t.Fatal(err)
		}
	}
	return targets
}

func TestLabels(t *testing.T) {
	for _, test := range []struct{ urls, want []string }{
		{[]string{"rtmp://h/live/a", "rtmp://h/live/b"}, []string{"a", "b"}},
		{[]string{"rtmp://h/live/a", "rtmp://h/vod/a", "rtmp://h/vod/c"}, []string{"live/a", "vod/a", "c"}},
		{[]string{"rtmp://h/live/a", "rtmp://i/live/a", "rtmp://i/vod/a"}, []string{"h/live/a", "i/live/a", "vod/a"}},
		{[]string{"rtmp://h/live/a", "rtmp://h:1936/live/a", "rtmp://h/live/b"}, []string{"h:1935/live/a", "h:1936/live/a", "b"}},
		{[]string{"rtmp://[::1]/live/a", "rtmp://[::2]/live/a"}, []string{"::1/live/a", "::2/live/a"}},
		// What tells them apart is a secret, or nothing at all.
		{[]string{"rtmp://h/live/a?key=first0", "rtmp://h/live/a?key=second0", "rtmp://h/live/b"}, []string{"h:1935/live/a#1", "h:1935/live/a#2", "b"}},
		// Names that would do mischief.
		{[]string{"rtmp://h/live/a/../b", "rtmp://h/live//x/y", "rtmp://h/only"}, []string{"b", "x_y", "only"}},
		{[]string{"rtmp://h/live/\u202egpj", "rtmp://h/live/b"}, []string{"gpj", "b"}},
		// A secret of one is none the less in the name of another.
		{[]string{"rtmp://h/live/a?key=sesame", "rtmp://h/live/sesame"}, []string{"a", "***"}},
		{[]string{"rtmp://h/live/a&key=sesame"}, []string{"a&key=***"}},
	} {
		targets := targetsOf(t, test.urls...)
		if got := labels(targets, obs.MaskOf(targets...)); !slices.Equal(got, test.want) {
			t.Errorf("%q:\ngot  %q\nwant %q", test.urls, got, test.want)
		}
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("rtmp://h%d/live%d/s%d", i%3, i%7, i%50)
	}
	targets := targetsOf(t, many...)
	got := labels(targets, obs.MaskOf(targets...))
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != len(many) {
		t.Errorf("%d labels for %d streams", n, len(many))
	}
}

func TestClashes(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name string
		urls []string
		want string // part of the error; empty: none
	}{
		{"{stream}.flv", []string{"rtmp://h/live/a", "rtmp://h/live/b"}, ""},
		{"{app}-{stream}.flv", []string{"rtmp://h/live/a", "rtmp://h/vod/a"}, ""},
		{"{host}.flv", []string{"rtmp://h/live/a", "rtmp://i/live/a"}, ""},
		{"{stream}.flv", []string{"rtmp://h/live/a", "rtmp://h/live/b", "rtmp://h/vod/a"},
			"URLs 1 and 3 would both be written to " + dir + "/a.flv; put {stream}, {app}, {host} or {port} into --flv"},
		{"all-%Y.flv", []string{"rtmp://h/live/a", "rtmp://h/live/b"}, "put {stream}"},
		{"{seq}.flv", []string{"rtmp://h/live/a", "rtmp://h/live/b"}, "put {stream}"},
		{"{stream}.flv", []string{"rtmp://h/live/a?k=1", "rtmp://h/live/a?k=2"}, "as they are the same stream"},
		{"{stream}", []string{"rtmp://h/live/a:b", "rtmp://h/live/a*b"}, "a_b, as they are the same stream"}, // for names they are
		{"{stream.flv", []string{"rtmp://h/live/a", "rtmp://h/live/b"}, "a { without its }"},
	} {
		f := outputFlags{name: filepath.Join(dir, test.name)}
		_, err := f.several(targetsOf(t, test.urls...))
		switch {
		case err == nil && test.want != "":
			t.Errorf("%s %q: no error", test.name, test.urls)
		case err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want) || exitStatus(err) != statusUsage):
			t.Errorf("%s %q: %v", test.name, test.urls, err)
		}
	}
	null := outputFlags{name: "/dev/null"}
	if _, err := null.several(targetsOf(t, "rtmp://h/live/a", "rtmp://h/live/b")); err != nil {
		t.Errorf("to nowhere: %v", err)
	}
}

// The status of several streams is the worst one's.
func TestWorse(t *testing.T) {
	lost := &jobError{err: io.ErrUnexpectedEOF, media: true}
	refused := &jobError{err: &rtmp.Error{Phase: rtmp.PhasePlay, Err: &session.StatusError{}}}
	unreached := &jobError{err: &rtmp.Error{Phase: rtmp.PhaseDial, Err: syscall.ECONNREFUSED}}
	silent := &jobError{err: job.ErrNeverLive}
	full := &flvout.Error{Op: "write", Path: "a", Err: syscall.ENOSPC}
	ordered := []error{&signalError{syscall.SIGTERM}, full, syscall.EPIPE, lost, errors.New("odd"), badUsage("x"), refused, unreached, silent, nil}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := worse(exitStatus(a), exitStatus(b)); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%v and %v compare as %d", a, b, got)
			}
		}
	}
}
