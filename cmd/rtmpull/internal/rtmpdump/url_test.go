package rtmpdump

import (
	"strings"
	"testing"
)

// How rtmpdump splits URLs, as runs of it have shown.
func TestPaths(t *testing.T) {
	for _, tt := range []struct{ raw, app, playPath string }{
		{"rtmp://h/a/b", "a", "b"},
		{"rtmp://h/a/b/c", "a/b", "c"},
		{"rtmp://h/a/b/c/d", "a/b/c", "d"},
		{"rtmp://h/a/b/c/d/e", "a/b/c", "d/e"},
		{"rtmp://h/ondemand/x/y/z.mp4", "ondemand", "mp4:x/y/z"},
		{"rtmp://h/app?auth=abc&slist=foo/bar.mp4", "app?auth=abc&slist=foo/bar.mp4", "mp4:foo/bar"},
		{"rtmp://h/app/x?slist=mp4:foo/bar&z=1", "app/x?slist=mp4:foo/bar&z=1", "mp4:foo/bar"},
		{"rtmp://h/a/v.mp3", "a", "mp3:v"},
		{"rtmp://h/a/mp4:v.mp4", "a", "mp4:v.mp4"},
		{"rtmp://h/a/flv:v.flv", "a", "flv:v"},
		{"rtmp://h/a/v.flv?t=1", "a", "v?t=1"},
		{"rtmp://h/a/v%20w.flv", "a", "v w"},
		{"rtmp://h//a/b", "/a", "b"},

		{"rtmp://h", "", ""},
		{"rtmp://h/", "", ""},
		{"rtmp://h/a", "a", ""},
		{"rtmp://h/a?k=1", "a?k=1", ""},
		{"rtmp://h/a/", "a", ""},
		{"rtmp://h/a/b/", "a/b", ""},
		{"rtmp://h/ondemand?slist=foo", "ondemand?slist=foo", "foo"},
		{"rtmp://h/ondemand/mp4:x?auth=a/b", "ondemand", "mp4:x?auth=a/b"},

		// A query that has slashes is the application's.
		{"rtmp://h/a?k=1/b", "a?k=1", "b"},
		{"rtmp://h/a?vhost=x&k=1/s.flv", "a?vhost=x&k=1", "s"},
		{"rtmp://h/a/inst?k=1/b", "a/inst?k=1", "b"},
		{"rtmp://h/a?u=http://x/b", "a?u=http://x", "b"},
		{"rtmp://h/a/b/c/d?k=1/e", "a/b/c", "d?k=1/e"},

		// Mended: rtmpdump cuts these queries, and nobody can have meant that.
		{"rtmp://h/a/v.mp4?t=a/b", "a", "mp4:v?t=a/b"},
		{"rtmp://h/a/flv:v?t=a/b", "a", "flv:v?t=a/b"},
		{"rtmp://h/a/b/v.flv?t=a/b", "a/b", "v?t=a/b"},
		{"rtmp://h/live/s1?url=http://x/y", "live", "s1?url=http://x/y"},
		{"rtmp://h/a/b/s1?url=http://x/y", "a/b", "s1?url=http://x/y"},

		// Mended: rtmpdump takes the query for a part of the host's name.
		{"rtmp://h?k=1/b", "?k=1", "b"},
	} {
		u, err := ParseURL(tt.raw)
		if u.App != tt.app || u.PlayPath != tt.playPath || u.Host != "h" || err != nil {
			t.Errorf("%s is %+v, %v, want application %q and name %q", tt.raw, u, err, tt.app, tt.playPath)
		}
	}
}

func TestServers(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want URL
	}{
		{"rtmp://h/a/b", URL{Scheme: "rtmp", Host: "h"}},
		{"RTMPTE://h:80/a/b", URL{Scheme: "rtmpte", Host: "h", Port: 80}},
		{" \n\trtmps://h/a/b", URL{Scheme: "rtmps", Host: "h"}}, // mended: there it is rtmp
		{"rtmps://h:65535/ondemand/b", URL{Scheme: "rtmps", Host: "h", Port: 65535}},
		{"rtmpe://h:0/a/b", URL{Scheme: "rtmpe", Host: "h"}},
		{"rtmpt://h:/a/b", URL{Scheme: "rtmpt", Host: "h"}},
		{"rtmpts://[::1]:8443/a/b", URL{Scheme: "rtmpts", Host: "::1", Port: 8443}},
		{"rtmp://[fe80::1%25eth0]/a/b", URL{Scheme: "rtmp", Host: "fe80::1%eth0"}},
		{"rtmp://u:p%40w@h:1/a/b", URL{Scheme: "rtmp", Host: "h", Port: 1, User: "u", Password: "p@w"}},
		{"rtmp://u:pw@[::1]/a/b", URL{Scheme: "rtmp", Host: "::1", User: "u", Password: "pw"}},
		{"rtmp:///a/b", URL{Scheme: "rtmp"}}, // the host may come from -n
		{"rtmp://:81/a/b", URL{Scheme: "rtmp", Port: 81}},
	} {
		got, err := ParseURL(tt.raw)
		got.App, got.PlayPath = "", ""
		if got != tt.want || err != nil {
			t.Errorf("%s is %+v, %v, want %+v", tt.raw, got, err, tt.want)
		}
	}
}

// Nothing that is wrong is guessed at, and no password is quoted.
func TestBadURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"":                       "no scheme",
		"h/a/b":                  "no scheme",
		"rtmp:/h/a/b":            "no scheme",
		"rtmp://":                "nothing behind",
		"rtmfp://h/a/b":          "rtmfp is a protocol of its own over UDP, which is not spoken",
		"http://h/a/b":           `"http" is no scheme; rtmp, rtmpt, rtmpe, rtmpte, rtmps and rtmpts are`,
		"://h/a/b":               `"" is no scheme`,
		"x:secr@h://a":           "is no scheme",
		"rtmp://h:65536/a":       "no port",
		"rtmp://h:x/a":           "no port",
		"rtmp://h:-1/a":          "no port",
		"rtmp://[::1/a":          "bracket",
		"rtmp://[h]/a":           "no IPv6 address",
		"rtmp://[::1]x/a":        "no port",
		"rtmp://::1/a":           "brackets",
		"rtmp://h x/a":           "white space",
		"rtmp://u:secr/et@h/a/b": "not understood",
	} {
		u, err := ParseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) || u != (URL{}) {
			t.Errorf("%s is %+v, %v, want an error about %s", raw, u, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secr") {
			t.Errorf("%s is refused with %v, which has the password", raw, err)
		}
	}
}

// rtmpdump forgets what is longer than its buffers.
func TestNoLimits(t *testing.T) {
	host, name := strings.Repeat("h", 300), strings.Repeat("n", 100_000)
	u, err := ParseURL("rtmp://" + host + "/" + name + "/" + name)
	if u.Host != host || u.App != name || u.PlayPath != name || err != nil {
		t.Errorf("lengths are %d, %d and %d, %v, want all of it", len(u.Host), len(u.App), len(u.PlayPath), err)
	}
}

func TestTcURL(t *testing.T) {
	for want, got := range map[string]string{
		"rtmp://h:1935/a/b":         TcURL("rtmp", "h", 1935, "a/b"),
		"rtmpt://[::1]:80/":         TcURL("rtmpt", "::1", 80, ""),
		"rtmp://[fe80::1]:1935/a?k": TcURL("rtmp", "fe80::1%eth0", 1935, "a?k"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What is read of a URL is in it, and what tcUrl says of the server is read back.
func FuzzParseURL(f *testing.F) {
	for _, raw := range []string{
		"rtmp://h/a/b/c/d?k=1/e", "rtmpe://u:p@[::1]:80/app?slist=x.mp4", "rtmp://h/a/v.mp4?t=a/b", "rtmp:///a/b live=1", "x://h?k=1/b", "rtmp://h:0//a",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseURL(raw)
		if err != nil {
			if u != (URL{}) {
				t.Errorf("%q is %+v and %v", raw, u, err)
			}
			return
		}
		if !strings.Contains(raw, u.App) || len(u.PlayPath) > len(raw) {
			t.Errorf("%q has application %q and name %q", raw, u.App, u.PlayPath)
		}
		if u.Host == "" {
			return
		}
		tcURL := TcURL(u.Scheme, u.Host, 1935, u.App)
		again, err := ParseURL(tcURL)
		if host, _, _ := strings.Cut(u.Host, "%"); err != nil || again.Scheme != u.Scheme || again.Host != host || again.Port != 1935 || again.User != "" {
			t.Errorf("%q has tcUrl %q, which is %+v, %v", raw, tcURL, again, err)
		}
	})
}
