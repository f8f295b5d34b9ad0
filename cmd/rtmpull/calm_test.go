package main

import (
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func TestCalm(t *testing.T) {
	var c calm
	connected, started := &session.Event{Kind: session.Connected}, &session.Event{Kind: session.Started}
	missing := &session.Event{Kind: session.Status, Code: "NetStream.Play.StreamNotFound"}
	failed := &session.Event{Kind: session.Status, Code: "NetStream.Play.Failed"}
	hear := func(want bool, events ...*session.Event) {
		t.Helper()
		for _, e := range events {
			if got := c.news(e); got != want {
				t.Errorf("%v %s is news: %v, want %v", e.Kind, e.Code, got, want)
			}
		}
	}
	hear(true, connected, missing)
	hear(true, connected, missing) // as long as nobody waits
	c.report(job.Event{Kind: job.Waiting})
	hear(false, connected, missing, connected, missing)
	if source := (job.Event{Kind: job.SourceChanged}); !c.again(source) || c.again(job.Event{Kind: job.Waiting}) {
		t.Error("of sources that are tried in turn is told once")
	}
	hear(true, failed)
	hear(false, failed)
	hear(true, missing)
	hear(false, connected, started)
	if !c.led("edge") || c.led("edge") || !c.led("other") {
		t.Error("where a server leads is told if it is another place")
	}
	if over := c.report(job.Event{Kind: job.FileOpened}); over {
		t.Error("a file ends the wait")
	}
	if over := c.report(job.Event{Kind: job.FirstMedia}); !over {
		t.Error("media does not end the wait")
	}
	if over := c.report(job.Event{Kind: job.FirstMedia}); over {
		t.Error("it ends twice")
	}
	hear(true, connected, started, missing)
}
