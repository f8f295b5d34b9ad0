package main

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Every command's flags can be put together: pflag panics at a doubled letter,
// setGroups at a doubled name. What a flag has as its default it also takes.
func TestFlags(t *testing.T) {
	var try func(c *cobra.Command)
	try = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		if c.Short == "" {
			t.Errorf("%s: nothing is said of it", c.CommandPath())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: nothing is said of --%s", c.CommandPath(), f.Name)
			}
			for _, value := range []string{f.DefValue, f.NoOptDefVal} {
				if value == "" || f.Value.Type() == "stringArray" {
					continue
				}
				if err := f.Value.Set(value); err != nil {
					t.Errorf("%s --%s %s: %v", c.CommandPath(), f.Name, value, err)
				}
			}
		})
		c.SetOut(io.Discard)
		if err := c.Help(); err != nil {
			t.Errorf("%s: %v", c.CommandPath(), err)
		}
		for _, sub := range c.Commands() {
			try(sub)
		}
	}
	try(newRoot(&environment{}))
}

// Those who know rtmpdump know its letters.
func TestRtmpdumpLetters(t *testing.T) {
	flags := newPullCommand(&environment{}).Flags()
	for letter, name := range map[string]string{
		"r": "rtmp", "a": "app", "y": "playpath", "t": "tcUrl", "p": "pageUrl", "s": "swfUrl", "f": "flashVer",
		"u": "auth", "C": "conn", "Y": "playlist", "v": "live", "d": "subscribe", "T": "token", "j": "jtv",
		"A": "start", "B": "stop", "b": "buffer", "m": "timeout", "o": "flv", "q": "quiet", "V": "verbose", "z": "debug",
	} {
		if f := flags.ShorthandLookup(letter); f == nil || f.Name != name {
			t.Errorf("-%s is %v, want --%s", letter, f, name)
		}
	}
}

// Whatever becomes of a recording, no goroutine is left of it.
func TestNoGoroutineIsLeft(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	peer := func(s rtmptest.Script) string { return rtmptest.NewServer(t, s, s).URL("live/x") }
	frame := []byte{0x12, 0, 1, 2, 3}
	for name, test := range map[string]struct {
		args   string
		status int
	}{
		"wrong usage":  {"-4 -6 rtmp://h/a/b", statusUsage},
		"no peer":      {"rtmp://127.0.0.1:1/a/b", statusConnect},
		"no handshake": {peer(func(*rtmptest.Peer) {}), statusConnect},
		"refused": {peer(func(p *rtmptest.Peer) {
			p.Handshake()
			p.Error(p.Expect("connect"), "NetConnection.Connect.Rejected", "no")
		}), statusRefused},
		"no media": {"--start-timeout 0.1 " + peer(func(p *rtmptest.Peer) { p.AcceptPlay(); p.Linger() }), statusNoMedia},
		"cut":      {"--retry-max-time 0.5 " + peer(func(p *rtmptest.Peer) { p.AcceptPlay(); p.Video(0, frame) }), statusIncomplete},
		"ended": {"-z --progress on --json " + peer(func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Video(0, frame)
			p.Status("status", "NetStream.Play.Complete")
			p.Linger()
		}), statusOK},
		"output": {"-o " + filepath.Join(out.Name(), "x.flv") + " rtmp://h/a/b", statusOutput},
	} {
		t.Run(name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			args := append([]string{"-o", filepath.Join(t.TempDir(), "x.flv")}, strings.Fields(test.args)...)
			env := &environment{args: args, stdout: out, stderr: out, getenv: func(string) string { return "" }}
			if got := run(env); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			goleak.VerifyNone(t, ignore)
		})
	}
}

// Times that are longer than time are long.
func TestSetupTimeout(t *testing.T) {
	f := networkFlags{connect: math.MaxInt64, start: durationValue(30 * time.Second)}
	if c, err := f.client(); err != nil || c.SetupTimeout != math.MaxInt64 {
		t.Errorf("%v, %v", c.SetupTimeout, err)
	}
}
