package rtmp

import (
	"errors"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		url, address, app, name, tcURL string
	}{
		{"rtmp://h/live/s1", "h:1935", "live", "s1", "rtmp://h/live"},
		{"RTMP://H/live/s1", "H:1935", "live", "s1", "rtmp://H/live"},
		{"rtmps://h/live/s1", "h:443", "live", "s1", "rtmps://h/live"},

		// What follows the name in a query stays with it, slashes and all.
		{"rtmp://h/live/s1?txSecret=a&txTime=1", "h:1935", "live", "s1?txSecret=a&txTime=1", "rtmp://h/live"},
		{"rtmp://h/live/s1?url=http://x/y", "h:1935", "live", "s1?url=http://x/y", "rtmp://h/live"},
		{"rtmp://h/live/s1?a=b//c", "h:1935", "live", "s1?a=b//c", "rtmp://h/live"},
		{"rtmp://h/live/s1?x=mp4:y", "h:1935", "live", "s1?x=mp4:y", "rtmp://h/live"},
		// A query of the application goes to both app and tcUrl.
		{"rtmp://h/live?vhost=x&key=1/s1", "h:1935", "live?vhost=x&key=1", "s1", "rtmp://h/live?vhost=x&key=1"},
		{"rtmp://h/path?user=u&pass=p", "h:1935", "path?user=u&pass=p", "", "rtmp://h/path?user=u&pass=p"},
		{"rtmp://h/live-bvc/?streamname=s&key=k", "h:1935", "live-bvc", "?streamname=s&key=k", "rtmp://h/live-bvc"},
		{"rtmp://h/live-bvc/?streamname=s&key=a/b", "h:1935", "live-bvc", "?streamname=s&key=a/b", "rtmp://h/live-bvc"},
		{"rtmp://h?x=1", "h:1935", "?x=1", "", "rtmp://h/?x=1"},

		// Where the application ends.
		{"rtmp://h/a/b/c", "h:1935", "a/b", "c", "rtmp://h/a/b"},
		{"rtmp://h/a/b/c/d", "h:1935", "a/b/c", "d", "rtmp://h/a/b/c"},
		{"rtmp://h/live//s1", "h:1935", "live", "s1", "rtmp://h/live"},
		{"rtmp://h/a/b//c/d?e", "h:1935", "a/b", "c/d?e", "rtmp://h/a/b"},
		{"rtmp://h/live///s1", "h:1935", "live", "/s1", "rtmp://h/live"},
		{"rtmp://h/live/_definst_/s1", "h:1935", "live/_definst_", "s1", "rtmp://h/live/_definst_"},
		{"rtmp://h/live/_definst_/dir/s1", "h:1935", "live/_definst_", "dir/s1", "rtmp://h/live/_definst_"},
		{"rtmp://h/live/_definst_", "h:1935", "live/_definst_", "", "rtmp://h/live/_definst_"},
		{"rtmp://h/vod/_definst_/mp4:d/f.mp4", "h:1935", "vod/_definst_", "mp4:d/f.mp4", "rtmp://h/vod/_definst_"},
		{"rtmp://h/live/mp4:dir/foo.mp4", "h:1935", "live", "mp4:dir/foo.mp4", "rtmp://h/live"},
		{"rtmp://h/a/b/smil:x/y.smil?q", "h:1935", "a/b", "smil:x/y.smil?q", "rtmp://h/a/b"},
		{"rtmp://h/live/12:30", "h:1935", "live", "12:30", "rtmp://h/live"},

		// Nothing is decoded, and no ending is cut off.
		{"rtmp://h/live/foo.flv", "h:1935", "live", "foo.flv", "rtmp://h/live"},
		{"rtmp://h/live/a%20b", "h:1935", "live", "a%20b", "rtmp://h/live"},
		{"rtmp://h/live/s#1", "h:1935", "live", "s#1", "rtmp://h/live"},
		{"rtmp://h/live/é", "h:1935", "live", "é", "rtmp://h/live"},

		// Without a name, or an application.
		{"rtmp://h/live", "h:1935", "live", "", "rtmp://h/live"},
		{"rtmp://h/live/", "h:1935", "live", "", "rtmp://h/live"},
		{"rtmp://h", "h:1935", "", "", "rtmp://h/"},
		{"rtmp://h/", "h:1935", "", "", "rtmp://h/"},
		{"rtmp://h//s1", "h:1935", "", "s1", "rtmp://h/"},

		// Hosts and ports. tcUrl has a port only if the URL had one.
		{"rtmp://h:1935/live/s1", "h:1935", "live", "s1", "rtmp://h:1935/live"},
		{"rtmp://h:/live/s1", "h:1935", "live", "s1", "rtmp://h/live"},
		{"rtmp://h:1/live/s1", "h:1", "live", "s1", "rtmp://h:1/live"},
		{"rtmps://h:65535/live/s1", "h:65535", "live", "s1", "rtmps://h:65535/live"},
		{"rtmp://127.0.0.1:19350/live/s1", "127.0.0.1:19350", "live", "s1", "rtmp://127.0.0.1:19350/live"},
		{"rtmp://[::1]/live/s1", "[::1]:1935", "live", "s1", "rtmp://[::1]/live"},
		{"rtmp://[::1]:80/live/s1", "[::1]:80", "live", "s1", "rtmp://[::1]:80/live"},
		{"rtmp://[fe80::1%25eth0]/live/s1", "[fe80::1%eth0]:1935", "live", "s1", "rtmp://[fe80::1]/live"},
		{"rtmp://[fe80::1%eth0]/live/s1", "[fe80::1%eth0]:1935", "live", "s1", "rtmp://[fe80::1]/live"},
		{"rtmp://joe:pw@h/live/s1", "h:1935", "live", "s1", "rtmp://h/live"},
		{"rtmp://joe:p@w@[::1]:80/live/s1", "[::1]:80", "live", "s1", "rtmp://[::1]:80/live"},
	}
	for _, test := range tests {
		target, err := ParseTarget(test.url)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		s := target.Session
		if target.Address() != test.address || s.App != test.app || s.PlayPath != test.name || target.TcURL() != test.tcURL {
			t.Errorf("%s: got %s, app %q, name %q, %s\nwant %s, app %q, name %q, %s", test.url,
				target.Address(), s.App, s.PlayPath, target.TcURL(), test.address, test.app, test.name, test.tcURL)
		}
	}
}

func TestParseTargetUser(t *testing.T) {
	for url, want := range map[string][2]string{
		"rtmp://joe:pw@h/live/s1":         {"joe", "pw"},
		"rtmp://joe:a%2Fb%40c%3Ad@h/a/b":  {"joe", "a/b@c:d"},
		"rtmp://joe:100%@h/a/b":           {"joe", "100%"},
		"rtmp://joe:p:w@h/a/b":            {"joe", "p:w"},
		"rtmp://joe@h/a/b":                {"joe", ""},
		"rtmp://h/live/s1@x:y":            {"", ""},
		"rtmp://h/live/s1?u=joe:pw@other": {"", ""},
	} {
		target, err := ParseTarget(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
		} else if got := [2]string{target.User, target.Password}; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"":                          "has no scheme",
		"h/live/s1":                 "has no scheme",
		"rtmp:/h/live":              "has no scheme",
		"http://h/live/s1":          `unknown scheme "http"; rtmp, rtmpe`,
		"RTMFP://h/live/s1":         "rtmfp is not spoken: it is another protocol, over UDP; rtmp, rtmpe",
		"rtmp://":                   "no host",
		"rtmp:///live/s1":           "no host",
		"rtmp://:1935/live/s1":      "no host",
		"rtmp://user@/live/s1":      "no host",
		"rtmp://h:0/live/s1":        `"0" is no port`,
		"rtmp://h:65536/live/s1":    `"65536" is no port`,
		"rtmp://h:-1/live/s1":       `"-1" is no port`,
		"rtmp://h:rtmp/live/s1":     `"rtmp" is no port`,
		"rtmp://[::1/live/s1":       "no closing bracket",
		"rtmp://[::1]x/live/s1":     `"x" is no port`,
		"rtmp://[h]/live/s1":        "no IPv6 address",
		"rtmp://[127.0.0.1]/live/s": "no IPv6 address",
		"rtmp://::1/live/s1":        "needs brackets",
		"rtmp://fe80::1/live/s1":    "needs brackets",
		"rtmp://h/live/s 1":         "position 16",
		"rtmp://h/live/s\n":         "position 16",
		"rtmp://h/li\x00ve/s1":      "control character",
		"rtmp://h/live/s1\u200a":    "white space",
	} {
		target, err := ParseTarget(url)
		if err == nil {
			t.Errorf("%q: got %v, want an error with %q", url, target, want)
			continue
		}
		if _, ok := errors.AsType[*URLError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %T %v, want a URLError with %q", url, err, err, want)
		}
		if strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("%q: the message has control characters: %q", url, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"rtmp://h/live/s1":               "rtmp://h/live/s1",
		"rtmp://joe:pw@h/live/s1":        "rtmp://joe:***@h/live/s1",
		"rtmp://joe:p@w@h/live/s1":       "rtmp://joe:***@h/live/s1",
		"rtmp://joe@h/live/s1":           "rtmp://joe@h/live/s1",
		"rtmp://h/live/s1?key=abc&t=1":   "rtmp://h/live/s1?key=***&t=***",
		"rtmp://h/live/s1?abc":           "rtmp://h/live/s1?***",
		"rtmp://h/live/s1?a=1&abc":       "rtmp://h/live/s1?a=***&***",
		"rtmp://h/live/s1?key=a=b?c=d":   "rtmp://h/live/s1?key=***",
		"rtmp://h/live/s1?a=&b":          "rtmp://h/live/s1?a=&***",
		"rtmp://h/live?vhost=x&key=1/s1": "rtmp://h/live?vhost=***&key=***",
		"s1?key=abc":                     "s1?key=***",
		"s1&key=abc&b":                   "s1&key=***&b",
		"rtmp://h/live/s1&key=abc?d":     "rtmp://h/live/s1&key=***?***",
		"joe:pw@h/live/s1":               "joe:***@h/live/s1",
		"joe:p/w?x@h/live/s1":            "joe:***@h/live/s1",
		"":                               "",
	} {
		if got := Redact(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
	target, err := ParseTarget("rtmp://joe:pw@h/live/s1?key=abc")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := target.Redacted(), "rtmp://joe:***@h/live/s1?key=***"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTargetFieldsMayBeChanged(t *testing.T) {
	target, err := ParseTarget("rtmp://h/live/s1")
	if err != nil {
		t.Fatal(err)
	}
	target.Session.App, target.Session.PlayPath, target.Port = "a", "b/c", 99
	if got, want := target.String(), "rtmp://h:99/a//b/c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := target.TcURL(), "rtmp://h:99/a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	target.Session.TcURL = "rtmp://other/x"
	if got, want := target.TcURL(), "rtmp://other/x"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzTarget: no input panics, a target says the same stream again as text, and
// the redacted form holds no secret.
func FuzzTarget(f *testing.F) {
	for _, url := range []string{
		"rtmp://h/live/s1?a=b/c", "rtmps://u:secret@[::1%25eth0]:80/a/_definst_/mp4:b?k=secret",
		"rtmp://h/live?k=secret/s1", "rtmp://h//x", "rtmp://h/a///b//c", "rtmp://h/?a=/", "rtmp://h",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		target, err := ParseTarget(url)
		if err != nil {
			if _, ok := errors.AsType[*URLError](err); !ok {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		text := target.String()
		again, err := ParseTarget(text)
		if err != nil {
			t.Fatalf("%q says %q: %v", url, text, err)
		}
		if again.Session.App != target.Session.App || again.Session.PlayPath != target.Session.PlayPath ||
			again.Address() != target.Address() || again.Password != target.Password || again.User != target.User {
			t.Fatalf("%q is %+v and says %q, which is %+v", url, target, text, again)
		}
		if target.Password = "s3cr3t!"; strings.Contains(target.Redacted(), "s3cr3t") {
			t.Fatalf("%q redacts to %s", url, target.Redacted())
		}
	})
}

// What is no URL may still have a password, which is not told.
func TestParseTargetHidesPasswords(t *testing.T) {
	for _, raw := range []string{
		"joe:hunter2@host/live/s", "rtmp:/joe:hunter2@host/x", "joe:hun?ter2@host/x", "joe:hunter2@host/x?u=http://y",
		"joe:a@hunter2@host", "http:/joe:hunter2@h?a=@b",
	} {
		if _, err := ParseTarget(raw); err == nil || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// TestTargetHints: some mistakes get an answer of their own.
func TestTargetHints(t *testing.T) {
	for raw, want := range map[string]string{
		"rtmp://::1/a/b":          `rtmp: "::1": an IPv6 address needs brackets`,
		"rtmp://fe80::1/a/b":      `rtmp: "fe80::1": an IPv6 address needs brackets`,
		"rtmp://u:pa/ss@host/a/b": "rtmp: the host is not understood; in a user name or password / is written %2F and ? %3F",
	} {
		if _, err := ParseTarget(raw); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", raw, err, want)
		}
	}
}

// The name of a stream that is published is what others call its key.
func TestRedactedPublisher(t *testing.T) {
	to, err := ParseTarget("rtmp://joe:pw@host/app/abcd-efgh?x=secret")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := to.Redacted(), "rtmp://joe:***@host/app/abcd-efgh?x=***"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	to.Session.Role = session.Publish
	if got, want := to.Redacted(), "rtmp://joe:***@host/app/***"; got != want {
		t.Errorf("publishing: got %s, want %s", got, want)
	}
}
