package serve

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func text0(s string) amf.Value { return amf.String(s) }

// TestConversation says a thing and compares what comes until the answer.
func TestConversation(t *testing.T) {
	c := dial(t, listen(t, &Server{Streams: map[string]string{"live/show": bars}, Speed: 1, Loop: -1}))
	for _, step := range []struct {
		say  func()
		want []string
	}{
		{
			func() { c.say(0, "createStream") }, // before connect
			[]string{"_error NetConnection.Call.Failed"},
		},
		{
			func() { c.connect("live") },
			[]string{
				"Window Acknowledgement Size", "Set Peer Bandwidth", "Set Chunk Size",
				"_result NetConnection.Connect.Success",
			},
		},
		{func() { c.write(message.WindowAcknowledgementSize(1 << 20)); c.say(0, "_checkbw") }, []string{"_result"}},
		{func() { c.say(0, "FCSubscribe", amf.Null{}, text0("show")) }, []string{"onFCSubscribe NetStream.Play.Start"}},
		{func() { c.say(0, "releaseStream", amf.Null{}, text0("show")) }, []string{"_result"}},
		{
			func() { c.say(0, "FCPublish", amf.Null{}, text0("show")) },
			[]string{"_result", "onFCPublish NetStream.Publish.Start"},
		},
		{func() { c.say(0, "createStream") }, []string{"_result"}},
		{func() { c.say(0, "getStreamLength", amf.Null{}, text0("show")) }, []string{"_result"}},
		{func() { c.say(1, "publish", amf.Null{}, text0("show")) }, []string{"onStatus NetStream.Publish.BadName"}},
		{func() { c.say(0, "madeUp") }, []string{"_error NetConnection.Call.Failed"}},
		{func() { c.write(message.UserControl(message.EventPingRequest, 7)) }, []string{"Ping Response"}},
		{func() { c.say(1, "play", amf.Null{}, text0("no")) }, []string{"onStatus NetStream.Play.StreamNotFound"}},
		{func() { c.say(1, "seek", amf.Null{}, amf.Number(1)) }, []string{"onStatus NetStream.Seek.Failed"}},
		{
			func() {
				c.write(message.SetBufferLength(1, 3000))
				c.say(1, "play", amf.Null{}, text0("show?x"), amf.Number(-2000))
			},
			[]string{
				"Stream Begin", "onStatus NetStream.Play.Reset", "onStatus NetStream.Play.Start",
				"|RtmpSampleAccess", "onMetaData", "Video", "Audio",
			},
		},
	} {
		step.say()
		c.flush()
		for _, want := range step.want {
			m, err := c.r.Next()
			if err != nil {
				t.Fatalf("waiting for %s: %v", want, err)
			}
			if got := describe(m); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
}

// TestHalfPipelined says everything at once, as clients do that count round trips.
func TestHalfPipelined(t *testing.T) {
	c := dial(t, listen(t, &Server{Streams: map[string]string{"live/show": audio}}))
	c.connect("live")
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, text0("show"))
	c.flush()
	for _, want := range []string{
		"_result NetConnection.Connect.Success", "_result", "onStatus NetStream.Play.Start", "Audio",
		"onPlayStatus NetStream.Play.Complete", "onStatus NetStream.Play.Stop", "Stream EOF",
	} {
		c.hear(want)
	}
	// It stays open: there may be more to play.
	c.say(1, "play", amf.Null{}, text0("show"))
	c.flush()
	c.hear("onStatus NetStream.Play.Stop")
}

func TestNamelessAppIsToldAndClosed(t *testing.T) {
	c := dial(t, listen(t, &Server{Streams: map[string]string{"live/show": bars}}))
	c.connect("/?token=x")
	c.say(0, "createStream")
	c.flush()
	c.hear("_error NetConnection.Connect.InvalidApp")
	if m, err := c.r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v, want EOF", m, err)
	}
}

func TestPauseAndSeek(t *testing.T) {
	c := dial(t, listen(t, &Server{Streams: map[string]string{"live/show": bars}, Speed: 1}))
	c.connect("live")
	c.say(0, "createStream")
	c.say(1, "play", amf.Null{}, text0("show"))
	c.flush()
	c.hear("Video")
	c.say(1, "pause", amf.Null{}, amf.Boolean(true), amf.Number(0))
	c.flush()
	c.hear("onStatus NetStream.Pause.Notify")
	c.say(0, "_checkbw") // the answer is the next thing to come
	c.flush()
	if m, err := c.r.Next(); err != nil || describe(m) != "_result" {
		t.Fatalf("paused: got %v, %v", m, err)
	}
	c.say(1, "pause", amf.Null{}, amf.Boolean(false), amf.Number(0))
	c.flush()
	c.hear("onStatus NetStream.Unpause.Notify")
	c.hear("Video")

	// bars.flv has a key frame each second or two: never later than asked for.
	c.say(1, "seek", amf.Null{}, amf.Number(5500))
	c.flush()
	c.hear("onStatus NetStream.Seek.Notify")
	for i, want := range []byte{0, 1} { // a sequence header, then the frame
		m, err := c.r.Next()
		for err == nil && m.Type == message.TypeAudio {
			m, err = c.r.Next()
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Payload[0]>>4 != 1 || m.Payload[1] != want || m.Timestamp > 5500 || m.Timestamp < 3000 {
			t.Errorf("message %d after the seek: % x... at %d ms", i, m.Payload[:2], m.Timestamp)
		}
	}
}

func TestEventsTellCommands(t *testing.T) {
	var (
		mu    sync.Mutex
		texts []string
	)
	s := &Server{Streams: map[string]string{"live/show": audio}, OnEvent: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == Command {
			texts = append(texts, e.Text)
		}
	}}
	if _, err := pull(t, "rtmp://"+listen(t, s)+"/live/show"); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(texts, "\n")
	for _, want := range []string{`connect(1, {app: "live"`, "createStream(2, null)", `play(`, `"show"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
}

// TestNoQueryComesBack calls all that is answered with the name in a description.
func TestNoQueryComesBack(t *testing.T) {
	addr := listen(t, &Server{Streams: map[string]string{"live/show": audio}, Loop: -1})
	first, second := dial(t, addr), dial(t, addr)
	name := func(s string) amf.Value { return amf.String(s + "?key=secret") }
	first.connect("live?key=secret")
	first.say(0, "createStream")
	for _, call := range []string{"releaseStream", "FCPublish", "FCUnpublish", "FCSubscribe", "getStreamLength", "what?key=secret"} {
		first.say(0, call, amf.Null{}, name("other"))
	}
	for _, stream := range []string{"none", "show"} {
		first.say(1, "play", amf.Null{}, name(stream))
	}
	for _, stream := range []string{"show", "other"} {
		first.say(1, "publish", amf.Null{}, name(stream))
	}
	second.connect("live")
	second.say(0, "createStream")
	second.say(1, "publish", amf.Null{}, name("other")) // the first one does already
	for _, step := range []struct {
		c     *caller
		until string
	}{{first, "onStatus NetStream.Publish.Start"}, {second, "onStatus NetStream.Publish.BadName"}} {
		step.c.flush()
		for last := ""; last != step.until; {
			m, err := step.c.r.Next()
			if err != nil {
				t.Fatalf("waiting for %s: %v", step.until, err)
			}
			if bytes.Contains(m.Payload, []byte("secret")) {
				t.Errorf("it says %q", m.Payload)
			}
			last = describe(m)
		}
	}
}
