//go:build interop

package differential

import (
	"slices"
	"strings"
	"testing"
)

// TestShape: what is left of stderr.
func TestShape(t *testing.T) {
	own := strings.NewReplacer("/tmp/run", "{D}")
	for name, c := range map[string]struct {
		said string
		want []string
	}{
		"a download": {
			"RTMPDump v2.4\n(c) 2010 somebody\nConnecting ...\nINFO:   duration              10.08\n" +
				"\r3.075 kB / 0.00 sec (0.0%)\r214.729 kB / 10.06 sec (99.8%)\nDownload complete\n",
			[]string{"(banner)", "Connecting ...", "INFO:   duration              0.00", "(progress, in percent)", "Download complete"},
		},
		"of unknown length": {"\r-0.001 kB / 0.00 sec\n", []string{"(progress)"}},
		"something between": {
			"\r3.075 kB / 0.00 sec (0.0%)\nINFO: it goes on\n\r214.729 kB / 10.06 sec (99.8%)\nDownload complete\n",
			[]string{"INFO: (text)", "(progress, in percent)", "Download complete"},
		},
		"no progress": {"\r3.07 kB / 0.00 sec\n", []string{`\r0.00 kB / 0.00 sec`}},
		"hashes":      {"####\nDownload complete\n", []string{"(hashes)", "Download complete"}},
		"levels":      {"ERROR: this\nERROR: that\nDEBUG: it\nINFO: Connected...\nINFO: else\n", []string{"ERROR: (text)", "INFO: Connected...", "INFO: (text)"}},
		"a torn line": {"Failed to open file! /tmp/run/x", []string{"Failed to open file! {D}/x(and no newline)"}},
		"help": {
			"rtmpdump: This program dumps the media content streamed over RTMP.\n\n--help\n",
			[]string{"(help)"},
		},
		"help, and why": {"Usage: rtmpdump -r\n\n -h\nERROR: no\n", []string{"(help)", "ERROR: (text)"}},
	} {
		if got := shape(c.said, own); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestJudge: a difference has to be expected, and what is expected has to be there.
func TestJudge(t *testing.T) {
	list := append(differ("status", []string{"2"}, []string{"0"}),
		differ("stderr", []string{"a", "Download may be incomplete (downloaded about 0.00%), try resuming"}, []string{"a", "Download complete"})...)
	if occur, wrong := judge([]string{"R4"}, nil, list); len(wrong) > 0 || !slices.Equal(occur, []string{"R4"}) {
		t.Errorf("what is expected: %q occur, and %q is wrong", occur, wrong)
	}
	if _, wrong := judge(nil, nil, list); len(wrong) != len(list) {
		t.Errorf("nothing is expected: %q is wrong, want all of %v", wrong, list)
	}
	if _, wrong := judge([]string{"R4"}, nil, nil); len(wrong) != 1 || !strings.Contains(wrong[0], "any more") {
		t.Errorf("there are no differences: %q is wrong", wrong)
	}
	if occur, wrong := judge(nil, []string{"R4", "R5"}, list); len(wrong) > 0 || !slices.Equal(occur, []string{"R4"}) {
		t.Errorf("it is usual: %q occur, and %q is wrong", occur, wrong)
	}
	if _, wrong := judge([]string{"R999"}, nil, nil); len(wrong) != 1 {
		t.Errorf("an unknown name: %q is wrong", wrong)
	}
}
