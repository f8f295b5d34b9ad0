package obs

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// However much a server says, a line is a line.
func TestLinesAreBounded(t *testing.T) {
	var out bytes.Buffer
	long := strings.Repeat("a", 60000)
	trace := New(&out, Options{Level: Debug}).Trace(MaskOf())
	trace.Redirect(&rtmp.Target{Scheme: "rtmp", Host: "h", Session: session.Config{App: long}})
	for _, kind := range []session.EventKind{session.Oddity, session.Status, session.PlayStatus, session.ReconnectRequest} {
		trace.Event(&session.Event{Kind: kind, Code: long, Level: long, Description: long, TcURL: long})
	}
	values := make([]amf.Value, 500)
	for i := range values {
		values[i] = amf.String(long)
	}
	m, err := (&message.Command{Name: "onStatus", Args: values[:200]}).Message(message.CommandChunkStreamID, 1)
	if err != nil {
		t.Fatal(err)
	}
	trace.Received(&m)
	if n := strings.Count(out.String(), "\n"); n != 6 {
		t.Errorf("%d lines", n)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > maxValues+200 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
}
