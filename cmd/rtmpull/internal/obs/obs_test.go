package obs

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// tell lets all happen that can be logged.
func tell(t *testing.T, l Logger) {
	t.Helper()
	trace := l.Trace(MaskOf(target(t, "rtmp://h/live/show?token=secret")))
	c := message.Command{Name: "play", TransactionID: 4, Args: []amf.Value{amf.String("show?token=secret")}}
	play, err := c.Message(message.CommandChunkStreamID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if trace.PhaseDone != nil {
		trace.PhaseDone(rtmp.PhaseHandshake, time.Millisecond)
		trace.Sent(&play)
		trace.Received(&message.Message{Type: message.TypeVideo, Timestamp: 40, Payload: make([]byte, 3)})
		trace.Received(&message.Message{Type: message.TypeCommand, Payload: []byte{2, 0, 200, 'x'}})
	}
	trace.Retry(errors.New("hung up at secret"))
	trace.Event(&session.Event{Kind: session.Connected})
	trace.Event(&session.Event{Kind: session.Status, Code: "Code", Level: "status", Description: "of secret"})
	trace.Event(&session.Event{Kind: session.Oddity, Description: "odd secret"})
	l.Playing("rtmp://h/live/show?token=***")
	l.Job(job.Event{Kind: job.FirstMedia, Media: "Video"}, "", 0)
	l.Job(job.Event{Kind: job.FileOpened, Name: "a.flv.part"}, "", 0)
	l.Job(job.Event{Kind: job.FileClosed, Name: "a.flv", Size: 9, Duration: time.Second}, "", 0)
	l.Publishing("rtmp://h/live/show?token=***")
	l.Job(job.Event{Kind: job.Reconnect, Wait: 1234567 * time.Microsecond, Attempt: 2}, "lost", 0)
	l.Job(job.Event{Kind: job.Reconnect, Err: job.ErrEnded, Wait: time.Second, Attempt: 1}, "ended", 0)
	l.Job(job.Event{Kind: job.Gap, Duration: 1500 * time.Millisecond, Frames: 36}, "", 0)
	l.Job(job.Event{Kind: job.Jump, Duration: -time.Second}, "", 0)
	l.Job(job.Event{Kind: job.FileClosed, Name: "b.flv", Err: syscall.ENOSPC, Short: true}, "full", 0)
	l.Job(job.Event{Kind: job.HookLeft, Name: "a.flv"}, "", 0)
	l.Job(job.Event{Kind: job.HooksAwaited, Files: 1}, "", 0)
	l.Job(job.Event{Kind: job.HooksAwaited, Files: 2}, "", 0)
	l.Job(job.Event{Kind: job.Waiting, Wait: time.Second, Left: time.Minute}, "not live", 0)
	l.Job(job.Event{Kind: job.SourceChanged, Name: "rtmp://other/live/a"}, "lost", 0)
	l.Job(job.Event{Kind: job.Moving, Name: "rtmp://next/live/a"}, "", 0)
	l.Job(job.Event{Kind: job.Moving, Err: syscall.EINVAL}, "too often", 0)
	l.Job(job.Event{Kind: job.TrackSilent, Media: "Audio", Duration: 10 * time.Second}, "", 0)
	l.Job(job.Event{Kind: job.TrackBack, Media: "Video", Duration: 12*time.Second + time.Microsecond}, "", 3)
	l.Job(job.Event{Kind: job.Gap, Duration: 5 * time.Second, Hole: 4 * time.Second, Err: syscall.EINVAL, Splice: flvout.SpliceEvent{Kind: flvout.Rejoined}}, "lost", 0)
	l.Of("live/a").Ended("by the server")
	l.Of("live/a").Failed("lost", 2)
	l.Omitted(map[string]int{"jump": 2, "gap": 1})
	l.Job(job.Event{Kind: job.HookFailed, Name: "a.flv"}, "exit status 7", 0)
	trace.Authenticate()
	trace.Redirect(&rtmp.Target{Scheme: "rtmp", Host: "edge", Session: session.Config{App: "live?k=1", PlayPath: "show?token=secret"}})
	l.Served(serve.Event{Kind: serve.Listening})
	l.Served(serve.Event{Kind: serve.Connected, Conn: 1, Addr: &net.TCPAddr{Port: 1}})
	l.Served(serve.Event{Kind: serve.Command, Conn: 1, Text: `connect(1, {app: "live?k=secret"}, "secret")`})
	l.Served(serve.Event{Kind: serve.Stopped, Conn: 1, Stream: "live/a?k=secret", Media: time.Second})
	l.Served(serve.Event{Kind: serve.Disconnected, Conn: 1, Bytes: 1000, Err: errors.New("gone")})
}

func TestLevels(t *testing.T) {
	for level, lines := range map[Level]int{Quiet: 3, Normal: 26, Verbose: 37, Debug: 38} {
		var out bytes.Buffer
		tell(t, New(&out, Options{Level: level}))
		if got := strings.Count(out.String(), "\n"); got != lines {
			t.Errorf("level %d tells %d lines, want %d:\n%s", level, got, lines, out.String())
		}
		if strings.Contains(out.String(), "secret") || strings.Contains(out.String(), "\x1b") {
			t.Errorf("level %d tells too much:\n%s", level, out.String())
		}
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	tell(t, New(&out, Options{Level: Debug}))
	for _, want := range []string{
		"DBG phase done ms=1 phase=handshake\n",
		`DBG sent command=play transaction=4 values="null, \"show?token=***\""`,
		"INF waiting for the stream left=1m0s why=\"not live\"\n",
		"WRN going over to the other source error=lost url=rtmp://other/live/a\n",
		"INF the server asks to connect anew url=rtmp://next/live/a\n",
		"WRN the server asks to connect anew, which is not done error=\"too often\"\n",
		"WRN the audio has fallen silent, and the video goes on duration=10s\n",
		"INF the video is back duration=12s left_out=3\n",
		"WRN going on, with a gap error=lost at=0s duration=5s hole=4s\n",
		"INF ended stream=live/a why=\"by the server\"\n",
		"ERR failed error=lost status=2 stream=live/a\n",
		"INF left out of this log gap=1 jump=2\n",
		"TRC received bytes=3 csid=0 stream_id=0 ts=40 type=Video\n",
		"DBG received a command error=",
		"WRN trying again with a simpler opening error=\"hung up at ***\"\n",
		"DBG connected stream_id=0\n",
		"DBG status code=Code description=\"of ***\" severity=status\n",
		"DBG the server is odd what=\"odd ***\"\n",
		"INF playing url=rtmp://h/live/show?token=***\n",
		"DBG first media media=video\n",
		"DBG file opened file=a.flv.part\n",
		"DBG file closed bytes=9 duration=1s file=a.flv\n",
		"INF publishing url=rtmp://h/live/show?token=***\n",
		"WRN connecting again error=lost attempt=2 wait=1.235s\n",
		"INF the server ended the stream; looking whether it comes back attempt=1 wait=1s\n",
		"WRN going on, with a gap duration=1.5s frames=36\n",
		"WRN the timestamps jump by=-1s\n",
		"ERR a file is complete, but cut short error=full bytes=0 duration=0s file=b.flv\n",
		"WRN the command for a.flv is left running\n",
		"INF waiting for the command of 1 file\n",
		"INF waiting for the command of 2 files\n",
		"ERR the command for a.flv failed: exit status 7\n",
		"DBG the server asks for a user and a password\n",
		"INF the server leads to another place url=rtmp://edge/live?k=***",
		"INF connected addr=:1 conn=1\n",
		`DBG command conn=1 said="connect(1, {app: \"live?k=***\"}, \"***\")"`,
		"INF stopped conn=1 media=1s stream=live/a?k=***\n",
		"INF disconnected error=gone conn=1 sent=\"1.0 kB\"\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestJSON(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		var out bytes.Buffer
		tell(t, New(&out, Options{Level: Debug, JSON: true, Mixed: mixed}))
		for line := range strings.Lines(out.String()) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if fields["time"] == nil || fields["message"] == nil || (fields["message_type"] == "log") != mixed {
				t.Errorf("mixed %v: %s", mixed, line)
			}
		}
	}
}
