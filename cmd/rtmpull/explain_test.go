package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func explained(t *testing.T, a asked) (text string, e *explanation) {
	t.Helper()
	e, err := explain(a)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := e.print(&out); err != nil {
		t.Fatal(err)
	}
	return out.String(), e
}

// What came of another form of command line is explained as well.
func TestExplainAsked(t *testing.T) {
	target, err := rtmp.ParseTarget("rtmp://h/live/x?token=sesame")
	if err != nil {
		t.Fatal(err)
	}
	target.SWF = &handshake.SWF{Hash: [32]byte{0xab}, Size: 1234}
	target.Session.Kind, target.Session.Start = session.FromStart, 1500
	a := asked{
		Target: target, Proxy: "socks4://p:1080",
		Recording: &recording{Output: "x-sesame.flv", Exists: "resume", InPlace: true, Skip: 2, Timeout: 120},
		Notes:     []string{"the name has sesame in it"},
	}
	text, e := explained(t, a)
	for _, want := range []string{
		"server    h:1935 (TCP) by way of socks4://p:1080\n",
		"swf       1234 bytes, hash ab000000",
		"stream    a recorded one from 1.5s on, or a live one, as the server has it\n",
		"output    x-***.flv\n",
		"          a file of that name is gone on with, from 2 key frames earlier than its last one on\n",
		"if lost   it is not connected to again\n",
		"patience  any time for a connection, any time for media, 2m of silence\n",
		"note      the name has *** in it\n",
		` null "x?token=***" 1500`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	b, err := json.Marshal(e)
	if err != nil || strings.Contains(string(b)+text, "sesame") {
		t.Errorf("the secret is told: %s, %v\n%s", b, err, text)
	}
	a.Secrets = true
	if text, _ := explained(t, a); !strings.Contains(text, "output    x-sesame.flv\n") {
		t.Errorf("what is asked to be shown is not:\n%s", text)
	}
}

func TestStreamAsked(t *testing.T) {
	for want, c := range map[string]session.Config{
		"any: a live one, or if there is none a recorded one from its beginning":             {},
		"any: a live one, or if there is none a recorded one from its beginning; 2s of it":   {Length: 2000},
		"live: a live one only; 20s of it":                                                   {Kind: session.Live, Length: 20_000},
		"recorded: a recorded one only, from its beginning":                                  {Kind: session.Recorded},
		"recorded: a recorded one only, from 1h1m on":                                        {Kind: session.Recorded, Start: 3_660_000},
		"from_start: a recorded one from its beginning, or a live one, as the server has it": {Kind: session.FromStart},
		"publish: published, as a live one":                                                  {Role: session.Publish, Kind: session.Live},
	} {
		if got := streamAsked(&c); got.Kind+": "+got.Text != want {
			t.Errorf("%+v is %s: %s, want %s", c, got.Kind, got.Text, want)
		}
	}
}

func TestLayersText(t *testing.T) {
	for list, want := range map[string]string{
		"tcp": "TCP", "tcp tls": "TLS", "tcp http": "HTTP tunnel", "tcp tls http": "HTTP tunnel within TLS",
		"tcp rtmpe": "RTMPE", "tcp http rtmpe": "RTMPE in an HTTP tunnel",
	} {
		if got := layersText(strings.Fields(list)); got != want {
			t.Errorf("%s is %s, want %s", list, got, want)
		}
	}
	for scheme, want := range map[string][]string{
		"rtmp": {"tcp"}, "rtmps": {"tcp", "tls"}, "rtmpe": {"tcp", "rtmpe"},
		"rtmpt": {"tcp", "http"}, "rtmpts": {"tcp", "tls", "http"}, "rtmpte": {"tcp", "http", "rtmpe"},
	} {
		if got := layers(&rtmp.Target{Scheme: scheme}); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", scheme, got, want)
		}
	}
}

func TestRecordingRows(t *testing.T) {
	free := int64(0)
	for want, r := range map[string]recording{
		"standard output|none|it is not connected to again;one that is not there at the start is not waited for": {Output: "-"},
		"/dev/x|another picture or sound|it is connected to again, without end; 1s pass before that;the same if it is not there at the start": {
			Output: "/dev/x", InPlace: true, OnChange: "exit", Retry: retrying{Attempts: -1, AtStart: true, Delay: 1},
		},
		"x, called x.part while it is written;a file of that name is replaced;a new file begins before it gets larger than 5.0 MB, when the time of day is a multiple of 1h, when the stream was lost and is there again|none|" +
			"it is connected to again, 1 time in a row, for 1m; 1s pass before that, and each time more, up to 4s;one that is not there at the start is not waited for": {
			Output: "x", Exists: "replace", MinFree: &free, SegmentSize: 5e6, SegmentAlign: 3600, OnReconnect: "split",
			Retry: retrying{Attempts: 1, Delay: 1, MaxDelay: 4, MaxTime: 60},
		},
	} {
		got := strings.Join(r.outputLines(), ";") + "|" + strings.Join(r.limitLines(), ";") + "|" + strings.Join(r.lostLines(), ";")
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
