package main

import (
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
)

// Of two URLs the first one counts, and what it leaves open is the next one's. An option
// without a value is none, and empties what was said before.
func TestRtmpdumpFillsIn(t *testing.T) {
	for args, want := range map[string]string{
		"-r rtmp://h/a/b -r rtmps://i:1/c/d":                      "rtmp://h:1935/a b",
		"-r rtmp://h/a -r rtmps://i:1/c/d":                        "rtmp://h:1935/a d",
		"-r nothing -r rtmp://h/a/b":                              "rtmp://h:1935/a b",
		"-r rtmp://h/a/b -r rtmp://u:pw@i/c/d -y e":               "rtmp://h:1935/a e",
		"-r rtmp://h/a/b -a _":                                    "rtmp://h:1935/ b",
		"-a _ -y _ -n _ -r rtmp://h/a/b":                          "rtmp://h:1935/a b",
		"-a x -r rtmp://h/a/b -a _ -r rtmp://i/c/d":               "rtmp://h:1935/c b",
		"-r rtmp://h/a/b -n _ -r rtmp://u:pw@i/c/d":               "u rtmp://i:1935/a b",
		"-r rtmp://h/a/b -y _":                                    "no stream is given",
		"-r rtmp://h/a/b -n _":                                    "no host is given",
		"-r nothing":                                              "the URL has no scheme",
		"-r _ -n h -a x -y z":                                     "rtmp://h:1935/x z",
		"-i rtmp://h/a/b|playpath=":                               "no stream is given",
		"-i rtmp://h/a/b|app=":                                    "rtmp://h:1935/ b",
		"-i rtmp://h/a/b|playpath= -y c":                          "rtmp://h:1935/a c",
		"-r rtmp://h/a/b -i rtmp://i/c/d":                         "rtmp://i:1935/c d",
		"-r rtmp://h/a/b -f _ -t _ -p _ -s _ -u _ -d _ -j _ -T _": "rtmp://h:1935/a b",
	} {
		list := strings.Fields(args)
		for i := range list {
			list[i] = strings.NewReplacer("_", "", "|", " ").Replace(list[i])
		}
		d := newDump(&environment{getenv: func(string) string { return "" }})
		d.warn = func(string, ...any) {}
		got := ""
		if err := d.flags.parse(append(list, "-o", "x")); err != nil {
			t.Fatal(err)
		}
		if target, err := d.understood(); err != nil {
			got = err.Error()
		} else {
			got = strings.TrimPrefix(target.User+" "+target.Session.TcURL+" "+target.Session.PlayPath, " ")
			if target.Session.FlashVer != dumpFlashVer {
				t.Errorf("%s: flashVer is %q", args, target.Session.FlashVer)
			}
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

// Numbers that begin with 0 are decimal.
func TestRtmpdumpDecimals(t *testing.T) {
	d, _, err := understands(t, "-r", "rtmp://h/a/my show?k=v", "-b", "010", "-X", "007", "-x", "0100", "-w", strings.Repeat("0a", 32), "-o", "x")
	if s := &d.source; err != nil || s.buffer != 10 || s.swf.age != 7 || s.swf.size != 100 {
		t.Errorf("a buffer of %d ms, %d days, %d bytes; %v", s.buffer, s.swf.age, s.swf.size, err)
	}
	for _, junk := range []string{"0x10", "", "1_0", "-1", "5000000000"} {
		if err := newDump(&environment{}).flags.parse([]string{"-b", junk}); err == nil {
			t.Errorf("-b %q is taken", junk)
		}
	}
}

// Space around a number does not count, such as the end of the line that a script has
// read it from.
func TestRtmpdumpSpaceAroundNumbers(t *testing.T) {
	d, _, err := understands(t, "-n", "h", "-a", "a", "-y", "b", "-c", "8080\n", "-l", " 1", "-A", " 1", "-B", "2.5\r\n", "-b", " 10 ", "-m", " 5",
		"-k", "3\n", "-X", " 7", "-x", "100\n", "-w", strings.Repeat("0a", 32), "-o", "x")
	s := &d.source
	if err != nil || s.address.port != 8080 || s.start != durationValue(time.Second) || s.stop != durationValue(2500*time.Millisecond) || s.buffer != 10 ||
		d.network.silence != durationValue(5*time.Second) || d.output.skip != 3 || s.swf.age != 7 || s.swf.size != 100 {
		t.Errorf("%v; %+v", err, s)
	}
	if d, _, err := understands(t, "-i", "rtmp://h/a/b stop=2500\n", "-o", "x"); err != nil || d.source.stop != durationValue(2500*time.Millisecond) {
		t.Errorf("of -i: %v, %v", d.source.stop, err)
	}
	if d, _, err := understands(t, "-r", "rtmp://h/a/b", "-T", " key ", "-o", "x"); err != nil || d.source.token != " key " {
		t.Errorf("a text is %q, %v", d.source.token, err)
	}
}

// Of those that say how much is told the last one counts.
func TestRtmpdumpLevels(t *testing.T) {
	for args, want := range map[string]obs.Level{
		"": obs.Normal, "-q": obs.Quiet, "-V": obs.Verbose, "-z": obs.Debug,
		"-q -V": obs.Verbose, "-V -q": obs.Quiet, "-zVq": obs.Quiet, "-qzV": obs.Verbose, "-Vz": obs.Debug,
	} {
		d := newDump(&environment{})
		if err := d.flags.parse(strings.Fields(args)); err != nil || d.pullOptions.tell.log.level() != want {
			t.Errorf("%s: level %v, want %v; %v", args, d.pullOptions.tell.log.level(), want, err)
		}
	}
}
