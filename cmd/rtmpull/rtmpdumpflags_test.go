package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Rtmpdump's options, by letter and name, and which of them take a value, as
// rtmpdump -h tells. Both command lines have them all.
func TestRtmpdumpOptions(t *testing.T) {
	options := map[string]string{
		"h": "help", "r": "rtmp URL", "i": "url URL", "n": "host name", "c": "port port", "l": "protocol n", "S": "socks proxy",
		"a": "app app", "t": "tcUrl URL", "p": "pageUrl URL", "s": "swfUrl URL", "f": "flashVer v", "u": "auth text", "C": "conn value",
		"y": "playpath path", "Y": "playlist", "v": "live", "d": "subscribe name", "R": "realtime", "e": "resume", "k": "skip n",
		"A": "start s", "B": "stop s", "b": "buffer ms", "m": "timeout s", "T": "token key", "j": "jtv token",
		"w": "swfhash hash", "x": "swfsize n", "W": "swfVfy URL", "X": "swfAge days", "o": "flv file",
		"#": "hashes", "q": "quiet", "V": "verbose", "z": "debug",
	}
	env := &environment{getenv: func(string) string { return "" }}
	native, front := newPullCommand(env), newDump(env).flags
	native.InitDefaultHelpFlag()
	if len(rtmpdumpOptions) != len(options) {
		t.Errorf("the front has %d options of rtmpdump's, which has %d", len(rtmpdumpOptions), len(options))
	}
	for letter, name := range options {
		name, _, value := strings.Cut(name, " ")
		for which, flag := range map[string]*pflag.Flag{
			"the native command line": native.Flags().ShorthandLookup(letter), "the front": front.own.ShorthandLookup(letter),
		} {
			switch {
			case flag == nil:
				t.Errorf("%s has no -%s", which, letter)
			case flag.Name != name:
				t.Errorf("-%s of %s is --%s, want --%s", letter, which, flag.Name, name)
			case (flag.NoOptDefVal == "") != value:
				t.Errorf("-%s of %s takes a value: %v, want %v", letter, which, !value, value)
			}
		}
	}
}

// The tests and scripts that docs/rtmpdump.md names are there.
func TestRtmpdumpDocument(t *testing.T) {
	root := filepath.Join("..", "..")
	document, err := os.ReadFile(filepath.Join(root, "docs", "rtmpdump.md"))
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			var b []byte
			b, err = os.ReadFile(path)
			sources.Write(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)\\w+|\\w+\\.txtar)`").FindAllStringSubmatch(string(document), -1)
	if len(names) < 50 {
		t.Errorf("the document names %d tests", len(names))
	}
	for _, name := range names {
		if script := filepath.Join("testdata", "script", name[1]); strings.HasSuffix(script, ".txtar") {
			if _, err := os.Stat(script); err != nil {
				t.Error(err)
			}
		} else if !strings.Contains(sources.String(), "func "+name[1]+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
}
