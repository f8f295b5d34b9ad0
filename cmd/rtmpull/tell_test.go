package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/ui"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A stream that has something to tell with every frame does not fill the disk with
// it, in whichever way, and what was left out is counted.
func TestTellingIsBounded(t *testing.T) {
	var log, lines bytes.Buffer
	tell := &telling{
		progress: ui.Silent(&log), log: obs.New(&log, obs.Options{Level: obs.Normal}), lines: ui.NewJSON(&lines, explainer(nil)),
		mask: obs.MaskOf(), place: newPlace("rtmp://h/live/show"), quota: new(quota), calm: new(calm),
	}
	trace := tell.trace(tell.log.Playing)
	const events = 1000
	for range events {
		tell.report(job.Event{Kind: job.Jump, Duration: time.Second})
		trace.Event(&session.Event{Kind: session.Status, Code: "NetStream.Play.Reset"})
		trace.Event(&session.Event{Kind: session.Connected})
		trace.Event(&session.Event{Kind: session.Started})
		trace.Redirect(&rtmp.Target{Scheme: "rtmp", Host: "edge", Session: session.Config{App: "live", PlayPath: "show?token=secret"}})
	}
	const files = 100 // which are all told of
	for range files {
		tell.report(job.Event{Kind: job.FileClosed, Name: "a.flv", Seq: 2})
	}
	tell.rest()
	if n := strings.Count(log.String(), "the timestamps jump"); n != quotaBurst {
		t.Errorf("the log has %d jumps, want %d", n, quotaBurst)
	}
	if n := strings.Count(log.String(), "file closed"); n != files {
		t.Errorf("the log has %d files, want %d", n, files)
	}
	if want := "INF left out of this log jump=980 playing=980 redirect=980\n"; !strings.HasSuffix(log.String(), want) {
		t.Errorf("the log ends with %q, want %q", log.String()[max(0, log.Len()-len(want)):], want)
	}
	if strings.Contains(log.String()+lines.String(), "secret") {
		t.Error("a secret of the place that the server leads to is told")
	}
	types := make(map[string]int)
	var last struct {
		Type  string         `json:"message_type"`
		Types map[string]int `json:"types"`
	}
	for line := range strings.Lines(lines.String()) {
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatal(err)
		}
		types[last.Type]++
	}
	for kind, want := range map[string]int{"jump": quotaBurst, "status": quotaBurst, "connected": quotaBurst, "redirect": quotaBurst, "file_closed": files, "omitted": 1} {
		if types[kind] != want {
			t.Errorf("%d lines of type %s, want %d", types[kind], kind, want)
		}
	}
	for _, kind := range []string{"jump", "status", "connected", "redirect"} {
		if n := last.Types[kind]; n != events-quotaBurst {
			t.Errorf("%d lines of type %s are said to be left out, want %d", n, kind, events-quotaBurst)
		}
	}
}

// However much a server says, no line is long.
func TestTellingIsBrief(t *testing.T) {
	var log, lines bytes.Buffer
	tell := &telling{
		progress: ui.Silent(&log), log: obs.New(&log, obs.Options{Level: obs.Normal}), lines: ui.NewJSON(&lines, explainer(nil)),
		mask: obs.MaskOf(), place: newPlace("rtmp://h/live/show"), quota: new(quota), calm: new(calm),
	}
	trace := tell.trace(tell.log.Playing)
	long := strings.Repeat("a", 60000)
	trace.Event(&session.Event{Kind: session.Status, Code: long, Level: long, Description: long})
	tell.report(job.Event{Kind: job.Moving, Name: "rtmp://h/" + long})
	tell.report(job.Event{Kind: job.SourceChanged, Name: "rtmp://h/" + long})
	trace.Redirect(&rtmp.Target{Scheme: "rtmp", Host: "edge", Session: session.Config{App: long}})
	for line := range strings.Lines(log.String() + lines.String()) {
		if len(line) > 2000 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
	for _, what := range []string{"status", "reconnect_request", "source", "redirect"} {
		if !strings.Contains(lines.String(), `"`+what+`"`) {
			t.Errorf("nothing is told of %s", what)
		}
	}
	if url := tell.place.now(); !strings.HasPrefix(url, "rtmp://edge/aaa") {
		t.Errorf("the place is %s", url)
	}
}
