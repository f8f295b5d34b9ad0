package rtmpdump

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseOptions(t *testing.T) {
	for _, tt := range []struct {
		in, url string
		want    []Option
	}{
		{"rtmp://h/a/b", "rtmp://h/a/b", nil},
		{"  rtmp://h/a/b  ", "rtmp://h/a/b", nil},
		{"rtmp://h/a/b live=1", "rtmp://h/a/b", []Option{{"live", "1"}}},
		{"u   LIVE=1   swfvfy=x ", "u", []Option{{"live", "1"}, {"swfVfy", "x"}}},
		{"u app= tcURL=rtmp://h/a?b=c", "u", []Option{{"app", ""}, {"tcUrl", "rtmp://h/a?b=c"}}},
		{`u flashver=WIN\2010,0,32,18 token=a\5cb\3D`, "u", []Option{{"flashver", "WIN 10,0,32,18"}, {"token", `a\b=`}}},
		{"u conn=O:1 conn=NS:a:b conn=O:0", "u", []Option{{"conn", "O:1"}, {"conn", "NS:a:b"}, {"conn", "O:0"}}},
	} {
		url, got, err := ParseOptions(tt.in)
		if url != tt.url || !reflect.DeepEqual(got, tt.want) || err != nil {
			t.Errorf("%s is %s, %v, %v, want %s, %v", tt.in, url, got, err, tt.url, tt.want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "no URL",
		"  ":                 "no URL",
		"u live":             "behind the URL has no =",
		"u live=1 bar":       "behind live has no =",
		"u token=se cret":    "behind token has no =",
		"u foo=1":            `"foo" is no option of a URL; socks, app, tcUrl, pageUrl, swfUrl, flashver, conn, playpath, playlist, live, subscribe, jtv, token, swfVfy, swfAge, start, stop, buffer, timeout, pubUser and pubPasswd are`,
		"u =1":               `"" is no option`,
		"u foo live=1":       "has no =", // rtmpdump stops at foo, and plays
		`u app=a\2`:          "app: the escape at byte 2 of the value is cut short",
		`u app=\`:            "app: the escape at byte 1 of the value is cut short",
		`u app=abc\zz`:       "app: the escape at byte 4 of the value is none",
		`u live=1 token=a\g`: "token: the escape at byte 2",
	} {
		_, _, err := ParseOptions(in)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func TestRead(t *testing.T) {
	_, options, err := ParseOptions(`u socks=s:1 app=a tcUrl=t pageUrl=p swfUrl=s flashver=f playpath=y subscribe=d jtv=j token=T ` +
		`pubUser=u pubPasswd=w conn=S:x conn=B:1 playlist=Yes live=ON swfVfy=TRUE swfAge=0x1f start=1500 stop=010 buffer=0 timeout=15`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(options)
	if err != nil {
		t.Fatal(err)
	}
	want := Options{
		Socks: new("s:1"), App: new("a"), TcURL: new("t"), PageURL: new("p"), SWFURL: new("s"), FlashVer: new("f"),
		PlayPath: new("y"), Subscribe: new("d"), UsherToken: new("j"), Token: new("T"), User: new("u"), Password: new("w"),
		Conn: []string{"S:x", "B:1"}, Playlist: new(true), Live: new(true), SWFVerify: new(true), SWFAge: new(31),
		Start: new(1500 * time.Millisecond), Stop: new(8 * time.Millisecond), Buffer: new(time.Duration(0)), Timeout: new(15 * time.Second),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The last one counts, and only what is given is set.
func TestReadSome(t *testing.T) {
	got, err := Read([]Option{{"live", "1"}, {"live", "0"}, {"app", ""}})
	if want := (Options{Live: new(false), App: new("")}); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestBadValues(t *testing.T) {
	for option, want := range map[Option]string{
		{"live", "2"}:                 "live: write 1, on, yes or true; or 0, off, no or false",
		{"live", ""}:                  "live: write 1",
		{"swfVfy", "http://x/y.swf"}:  "swfVfy: the player's URL is swfUrl's; swfVfy is 1 or 0",
		{"timeout", "30s"}:            `timeout: "30s" is no whole number`,
		{"timeout", ""}:               `"" is no whole number`,
		{"start", "-1"}:               "no whole number",
		{"start", "1.5"}:              "no whole number",
		{"start", "1_0"}:              "no whole number",
		{"stop", "4294967296"}:        "4294967296 is too large",
		{"stop", "99999999999999999"}: "is too large",
		{"stop", "0x"}:                "no number",
		{"buffer", "08"}:              `"08" is no number; one that begins with 0 is octal`,
		{"swfAge", "x"}:               "no whole number",
		{"foo", "x"}:                  "no option",
	} {
		got, err := Read([]Option{option})
		if err == nil || !strings.Contains(err.Error(), want) || !reflect.DeepEqual(got, Options{}) {
			t.Errorf("%v is %+v, %v, want %s", option, got, err, want)
		}
	}
}

// What is read can be written again, and means the same.
func FuzzParseOptions(f *testing.F) {
	for _, s := range []string{
		"rtmp://h/a/b live=1 start=0x10", `u app=a\20b token=\5c`, "u  conn=O:1 conn=NN:a:1 conn=O:0", `u app=\`, "u swfVfy=on timeout=030 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		url, options, err := ParseOptions(s)
		if err != nil {
			return
		}
		again := url
		for _, o := range options {
			again += " " + o.Key + "="
			for _, c := range []byte(o.Value) {
				again += fmt.Sprintf(`\%02x`, c)
			}
		}
		url2, options2, err := ParseOptions(again)
		if url2 != url || !reflect.DeepEqual(options2, options) || err != nil {
			t.Errorf("%q is %q, %q, and then %q, %q, %v", s, url, options, url2, options2, err)
		}
		if o, err := Read(options); err == nil && o.Start != nil && *o.Start < 0 {
			t.Errorf("%q starts at %v", s, *o.Start)
		}
	})
}

func TestHasOptions(t *testing.T) {
	for url, want := range map[string]bool{
		"rtmp://h/a/b live=1": true, "rtmp://h/a/b  SWFURL=x y": true, "rtmp://h/a/b conn=": true,
		"rtmp://h/a/b": false, "rtmp://h/a/my show?live=1": false, "rtmp://h/a/b c=d": false, "": false, "rtmp://h/a/b live": false,
	} {
		if got := HasOptions(url); got != want {
			t.Errorf("%q: %v", url, got)
		}
	}
}
