package rtmpdump

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

const second = time.Second

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func TestProgressLine(t *testing.T) {
	for want, p := range map[string]Progress{
		"3.075 kB / 0.00 sec (0.0%)":         {3149, 0, 10080 * time.Millisecond},
		"214.729 kB / 10.06 sec (99.8%)":     {219882, 10062 * time.Millisecond, 10080 * time.Millisecond},
		"0.000 kB / 0.00 sec":                {},
		"1.000 kB / 3600.00 sec":             {1024, time.Hour, 0},
		"1.000 kB / 0.29 sec (29.0%)":        {1024, 290 * time.Millisecond, second},
		"1.000 kB / 1.00 sec (99.9%)":        {1024, 999 * time.Millisecond, second},
		"1.000 kB / 9.99 sec (99.9%)":        {1024, 9994 * time.Millisecond, 10 * second}, // cut, not rounded
		"1.000 kB / 11.00 sec (100.0%)":      {1024, 11 * second, 10 * second},
		"0.000 kB / 0.00 sec (0.0%)":         {-1, -second, second},
		"1048576.000 kB / 1.50 sec (100.0%)": {1 << 30, 1500 * time.Millisecond, 1500 * time.Millisecond},
	} {
		if got := p.Line(); got != want {
			t.Errorf("%+v is %s, want %s", p, got, want)
		}
	}
}

// yt-dlp finds its figures.
func TestCallersFindTheirFigures(t *testing.T) {
	progress := regexp.MustCompile(`([0-9]+\.[0-9]{3}) kB / [0-9]+\.[0-9]{2} sec \(([0-9]{1,2}\.[0-9])%\)`)
	for at := range 1000 {
		p := Progress{Bytes: int64(at), At: ms(at), Total: second}
		if m := progress.FindStringSubmatch(p.Line()); m == nil {
			t.Fatalf("nothing is found in %s", p.Line())
		}
	}
	version := regexp.MustCompile(`(?i)RTMPDump\s*v?([0-9a-zA-Z._-]+)`)
	banner := Banner("1.2.3")
	if m := version.FindStringSubmatch(banner); m == nil || m[1] != "2.4" || strings.Count(banner, "\n") != 2 || !strings.Contains(banner, "rtmpull 1.2.3") {
		t.Errorf("the banner is %q, in which is found %q", banner, m)
	}
}

func TestSilent(t *testing.T) {
	for args, want := range map[string]bool{"": false, "-r u -q": true, "--quiet": true, "-qV": false, "-r -q": true} {
		if got := Silent(strings.Fields(args)); got != want {
			t.Errorf("%s keeps the banner back: %v, want %v", args, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	p := Progress{201617, 9 * second, 10080 * time.Millisecond}
	for want, got := range map[string]string{
		"Starting Live Stream":                                               Starting(true, false, p),
		"Starting download at: 0.000 kB":                                     Starting(false, false, Progress{}),
		"Resuming download at: 196.892 kB / 9.000 sec (89.2%)":               Starting(false, true, p),
		"Resuming download at: 196.892 kB":                                   Starting(false, true, Progress{Bytes: 201617, At: second}),
		"For duration: 1.500 sec":                                            ForDuration(1500 * time.Millisecond),
		"Download may be incomplete (downloaded about 89.20%), try resuming": Incomplete(p),
		"Download may be incomplete (downloaded about 0.00%), try resuming":  Incomplete(Progress{}),
		"Caught signal: 2, cleaning up, just a second...":                    Caught(2),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// One progress stands for 200 ms, and other lines do not stand behind it.
func TestConsole(t *testing.T) {
	var out strings.Builder
	c := NewConsole(&out, Info, false)
	start := time.Unix(1, 0)
	c.Print(Connecting)
	c.Log(Info, Connected)
	c.Log(Debug, "not told")
	for n := range 500 {
		c.Progress(start.Add(ms(n)), Progress{Bytes: int64(n) * 1024, At: ms(n)})
	}
	c.Log(Error, "lost\r\n\x1b[2J")
	c.Log(Warning, "again")
	c.Final(Progress{Bytes: 500 * 1024, At: second, Total: second})
	c.Print(Complete)
	want := "Connecting ...\nINFO: Connected...\n" +
		"\r0.000 kB / 0.00 sec\r200.000 kB / 0.20 sec\r400.000 kB / 0.40 sec\n" +
		"ERROR: lost   [2J\nWARNING: again\n\r500.000 kB / 1.00 sec (100.0%)\nDownload complete\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestConsoleIsQuiet(t *testing.T) {
	var out strings.Builder
	c := NewConsole(&out, Crit, false)
	c.Print("plain")
	c.Log(Error, "error")
	c.Progress(time.Unix(1, 0), Progress{})
	c.Final(Progress{})
	c.Metadata(&amf.Object{})
	c.Log(Crit, "fatal")
	if out.String() != "CRIT: fatal\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestHashes(t *testing.T) {
	var out strings.Builder
	c := NewConsole(&out, Info, true)
	start := time.Unix(1, 0)
	for _, at := range []int{0, 19, 20, 20, 50, 40, 1000} { // of which each may say more than a percent
		c.Progress(start, Progress{At: ms(at), Total: second})
	}
	c.Final(Progress{At: second, Total: second})
	c.Print(Complete)
	if want := strings.Repeat("#", 100) + "\nDownload complete\n"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	out.Reset()
	c = NewConsole(&out, Info, true)
	for n := range 1000 { // how long it is, is not known
		c.Progress(start.Add(ms(n)), Progress{At: ms(n)})
	}
	c.End()
	c.End()
	if out.String() != "#####\n" {
		t.Errorf("got %q, want one for each 200 ms", out.String())
	}
}

// As rtmpdump writes those of ffmpeg's files.
func TestMetadata(t *testing.T) {
	var out strings.Builder
	c := NewConsole(&out, Info, false)
	c.Progress(time.Unix(1, 0), Progress{})
	c.Metadata(&amf.Object{Kind: amf.ECMAArray, Properties: []amf.Property{
		{Name: "duration", Value: amf.Number(10.08)},
		{Name: "stereo", Value: amf.Boolean(false)},
		{Name: "hasVideo", Value: amf.Boolean(true)},
		{Name: "encoder", Value: amf.String("evil\x1b[2J\nERROR: " + strings.Repeat("x", 1000))},
		{Name: "empty", Value: amf.String("")},
		{Name: "nothing", Value: amf.Null{}},
		{Name: "made", Value: amf.Date{Milliseconds: 5}},
		{Name: "a name of more than 22 bytes", Value: amf.Number(math.Inf(1))},
		{Name: "keyframes", Value: &amf.Object{Properties: []amf.Property{
			{Name: "times", Value: amf.StrictArray{amf.Number(1), amf.Number(2), &amf.Object{Properties: []amf.Property{{Name: "x", Value: amf.Number(1)}}}}},
		}}},
		{Name: "", Value: amf.Number(1)},
	}})
	want := "\r0.000 kB / 0.00 sec\nINFO: Metadata:\n" +
		"INFO:   duration              10.08\n" +
		"INFO:   stereo                FALSE\n" +
		"INFO:   hasVideo              TRUE\n" +
		"INFO:   encoder               evil [2J ERROR: " + strings.Repeat("x", 255-len("evil\x1b[2J\nERROR: ")) + "\n" +
		"INFO:   made                  timestamp:5.00\n" +
		"INFO:   a name of more than 22 bytes+Inf\n" +
		"INFO: keyframes:\nINFO: times:\n" +
		"INFO:   x                     1.00\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestMetadataIsBounded(t *testing.T) {
	var out strings.Builder
	members := make([]amf.Property, 100_000)
	for i := range members {
		members[i] = amf.Property{Name: strings.Repeat("n", 1000), Value: amf.Number(i)}
	}
	NewConsole(&out, Info, false).Metadata(&amf.Object{Properties: members})
	if n := strings.Count(out.String(), "\n"); n != 1+maxMetadataLines || out.Len() > n*300 {
		t.Errorf("%d lines of %d bytes are written", n, out.Len())
	}
}

// A row of # that begins before the length is known is as long as any.
func TestHashesBeforeLength(t *testing.T) {
	var out strings.Builder
	c := NewConsole(&out, Info, true)
	now := time.Now()
	c.Progress(now, Progress{Bytes: 1})
	c.Progress(now.Add(Every), Progress{Bytes: 2})
	c.Final(Progress{At: 50 * time.Second, Total: 100 * time.Second})
	if got := strings.Count(out.String(), "#"); got != 50 {
		t.Errorf("got %d of #, want 50: %q", got, out.String())
	}
}
