package serve

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// Frames of a stream: sequence headers, a key frame, one that is none, sound.
const (
	avcHeader = "\x17\x00\x00\x00\x00header"
	avcKey    = "\x17\x01\x00\x00\x00key"
	avcInter  = "\x27\x01\x00\x00\x00inter"
	aacHeader = "\xaf\x00header"
	aacFrame  = "\xaf\x01sound"
)

func videoAt(ts uint32, body string) frame { return frame{9, ts, body} }
func audioAt(ts uint32, body string) frame { return frame{8, ts, body} }

// data makes a data message.
func data(tb testing.TB, ts uint32, values ...amf.Value) frame {
	tb.Helper()
	b, err := amf.Append(nil, values...)
	if err != nil {
		tb.Fatal(err)
	}
	return frame{18, ts, string(b)}
}

func title(s string) *amf.Object {
	o := &amf.Object{}
	o.Set("title", amf.String(s))
	return o
}

// askToPublish says all that it takes to publish live/NAME.
func (c *caller) askToPublish(name string) {
	c.tb.Helper()
	c.connect("live")
	c.say(0, "releaseStream", amf.Null{}, amf.String(name))
	c.say(0, "FCPublish", amf.Null{}, amf.String(name))
	c.say(0, "createStream")
	c.say(1, "publish", amf.Null{}, amf.String(name), amf.String("live"))
	c.flush()
}

func startPublishing(t *testing.T, l *pipeListener) *caller {
	t.Helper()
	c := newCaller(t, l.dial())
	_ = c.SetDeadline(time.Time{})
	c.write(message.SetChunkSize(1 << 16))
	c.askToPublish("show")
	c.hear("onStatus NetStream.Publish.Start")
	return c
}

// push sends frames, and returns when they have been relayed.
func (c *caller) push(frames ...frame) {
	c.tb.Helper()
	for _, f := range frames {
		c.write(message.Message{
			ChunkStreamID: uint32(f.typ), Type: message.Type(f.typ), Timestamp: f.timestamp,
			StreamID: 1, Payload: []byte(f.body),
		})
	}
	c.write(message.UserControl(message.EventPingRequest, 1))
	c.flush()
	c.hear("Ping Response")
}

// gather reads a stream until a message that is called so.
func (c *caller) gather(until string) []frame {
	c.tb.Helper()
	var frames []frame
	for {
		m, err := c.r.Next()
		if err != nil {
			c.tb.Fatalf("waiting for %s: %v", until, err)
		}
		switch name := describe(m); {
		case name == until:
			return frames
		case name == "|RtmpSampleAccess" || strings.HasPrefix(name, "onPlayStatus"):
		case m.Type.IsMedia() || m.Type == message.TypeData || m.Type == message.TypeDataAMF3:
			frames = append(frames, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
		}
	}
}

const over = "Stream EOF"

// TestRelaysAllOfIt has all kinds of messages, two players who are there from
// the beginning, and chunk sizes that differ.
func TestRelaysAllOfIt(t *testing.T) {
	inTime(t, &Server{ChunkSize: 1000}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		players := []*caller{startPlaying(t, l), startPlaying(t, l)}
		all := []frame{
			data(t, 0, amf.String("onMetaData"), title("x")),
			videoAt(0, avcHeader), audioAt(0, aacHeader),
			videoAt(0, avcKey+strings.Repeat("x", 200_000)), audioAt(3, aacFrame),
			videoAt(40, avcInter), data(t, 40, amf.String("onCuePoint"), title("c")), videoAt(40, ""),
			{15, 41, "\x00" + data(t, 0, amf.String("onTextData"), title("t")).body},
			videoAt(80, "\x90hvc1key"), videoAt(90, "\xa1hvc1\x00\x00\x00inter"), // enhanced
			videoAt(100, "\x9fwhat?"), audioAt(110, "\x9fwhat?"), audioAt(120, "\xd0unknown"), videoAt(130, "\x0fx"),
			videoAt(90, avcInter),                                                                  // back in time
			videoAt(0xfffff0, avcKey), videoAt(0x1000010, avcInter), audioAt(0xfffffff0, aacFrame), // and far on
			audioAt(5, aacFrame), // over the edge
			videoAt(0x1000020, "\x17\x02\x00\x00\x00"),
		}
		p.push(all...)
		p.say(0, "deleteStream", amf.Null{}, amf.Number(1))
		p.flush()
		p.hear("onStatus NetStream.Unpublish.Success")
		for _, c := range players {
			sameFrames(t, c.gather(over), all)
			c.Close()
		}
	})
}

// TestLatecomer joins in the middle of a group of pictures.
func TestLatecomer(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		p.push(
			data(t, 0, amf.String("@setDataFrame"), amf.String("onMetaData"), title("old")),
			videoAt(0, avcHeader+"old"), audioAt(0, aacHeader), videoAt(0, avcKey), videoAt(40, avcInter),
			videoAt(1000, avcHeader), videoAt(1000, avcKey), audioAt(1001, aacFrame),
			data(t, 1002, amf.String("@setDataFrame"), amf.String("onMetaData"), title("new")),
			data(t, 1003, amf.String("onCuePoint"), title("c")),
			videoAt(1040, avcInter),
		)
		c := startPlaying(t, l)
		defer c.Close()
		live := []frame{videoAt(1080, avcInter), videoAt(2000, avcKey)}
		p.push(live...)
		p.Close()
		want := append([]frame{
			data(t, 1000, amf.String("onMetaData"), title("new")), audioAt(1000, aacHeader), videoAt(1000, avcHeader),
			videoAt(1000, avcKey), audioAt(1001, aacFrame), data(t, 1003, amf.String("onCuePoint"), title("c")),
			videoAt(1040, avcInter),
		}, live...)
		sameFrames(t, c.gather(over), want)
	})
}

func TestLatecomerOfSound(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		p.push(
			data(t, 0, amf.String("@setDataFrame"), amf.String("onMetaData"), title("x")),
			audioAt(0, aacHeader), audioAt(0, aacFrame), audioAt(23, aacFrame),
			data(t, 23, amf.String("@clearDataFrame"), amf.String("onMetaData")),
		)
		c := startPlaying(t, l)
		defer c.Close()
		p.push(audioAt(46, aacFrame))
		p.Close()
		sameFrames(t, c.gather(over), []frame{audioAt(23, aacHeader), audioAt(46, aacFrame)})
	})
}

// TestUnpublishing ends a stream in all the ways there are: the player is told,
// after all that came before, and the name is free again.
func TestUnpublishing(t *testing.T) {
	const success = "onStatus NetStream.Unpublish.Success"
	for name, end := range map[string]func(c *caller) (hears []string){
		"FCUnpublish": func(c *caller) []string {
			c.say(0, "FCUnpublish", amf.Null{}, text0("show"))
			return []string{"_result", "onFCUnpublish NetStream.Unpublish.Success", success}
		},
		"closeStream": func(c *caller) []string {
			c.say(1, "closeStream", amf.Null{})
			return []string{success}
		},
		"deleteStream": func(c *caller) []string {
			c.say(0, "deleteStream", amf.Null{}, amf.Number(1))
			return []string{success}
		},
		"play": func(c *caller) []string {
			c.say(1, "play", amf.Null{}, text0("show"))
			return []string{success, "onStatus NetStream.Play.StreamNotFound"}
		},
		"hanging up": func(c *caller) []string { c.Close(); return nil },
		"idling":     func(*caller) []string { time.Sleep(idleTimeout); return nil },
		"nonsense": func(c *caller) []string {
			_, _ = c.Write([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
				p := startPublishing(t, l)
				defer p.Close()
				c := startPlaying(t, l)
				defer c.Close()
				all := []frame{videoAt(0, avcKey), videoAt(40, avcInter)}
				p.push(all...)
				hears := end(p)
				if hears != nil {
					p.flush()
				}
				for _, want := range hears {
					if m, err := p.r.Next(); err != nil || describe(m) != want {
						t.Fatalf("the publisher hears %v, %v, want %s", m, err, want)
					}
				}
				start := time.Now()
				sameFrames(t, c.gather("onStatus NetStream.Play.UnpublishNotify"), all)
				for _, want := range []string{"onPlayStatus NetStream.Play.Complete", "onStatus NetStream.Play.Stop", over} {
					if m, err := c.r.Next(); err != nil || describe(m) != want {
						t.Fatalf("the player hears %v, %v, want %s", m, err, want)
					}
				}
				if waited := time.Since(start); waited > 0 {
					t.Errorf("the player is told after %v", waited)
				}
				startPublishing(t, l).Close()
			})
		})
	}
}

func TestPublishRefusals(t *testing.T) {
	inTime(t, &Server{Streams: map[string]string{"live/file": audio}}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		c := newCaller(t, l.dial())
		defer c.Close()
		c.connect("live/")
		c.say(0, "createStream")
		for _, name := range []string{
			"", "?x", "show", "show?token=x", "flv:show", "show.flv", "file", "mp4:file", strings.Repeat("x", maxPath),
		} {
			c.say(1, "publish", amf.Null{}, amf.String(name), amf.String("live"))
			c.flush()
			if got := c.hear("onStatus NetStream.Publish.BadName", "onStatus NetStream.Publish.Start"); got != "onStatus NetStream.Publish.BadName" {
				t.Errorf("%q: got %s", name, got)
			}
		}
		// All the same it may publish under another name.
		c.say(1, "publish", amf.Null{}, amf.String("other"), amf.String("live"))
		c.flush()
		c.hear("onStatus NetStream.Publish.Start")
	})
}

// TestRelayedNames plays by all the spellings that clients have for one name.
func TestRelayedNames(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := newCaller(t, l.dial())
		defer p.Close()
		p.connect("a/b")
		p.say(0, "createStream")
		p.say(1, "publish", amf.Null{}, amf.String("flv:show?key=x/y"))
		p.flush()
		p.hear("onStatus NetStream.Publish.Start")
		for _, name := range [][2]string{{"a/b", "show"}, {"a", "b/show"}, {"a/b/", "show.flv?x"}, {"a/b?y", "flv:show"}} {
			c := newCaller(t, l.dial())
			c.connect(name[0])
			c.say(0, "createStream")
			c.say(1, "play", amf.Null{}, amf.String(name[1]))
			c.flush()
			c.hear("onStatus NetStream.Play.Start")
			c.Close()
		}
	})
}

// TestPausedRelay goes by, and goes on at a key frame.
func TestPausedRelay(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		c := startPlaying(t, l)
		defer c.Close()
		p.push(videoAt(0, avcHeader), videoAt(0, avcKey))
		c.hear("Video")
		c.say(1, "pause", amf.Null{}, amf.Boolean(true))
		c.flush()
		c.hear("onStatus NetStream.Pause.Notify")
		p.push(videoAt(40, avcInter), videoAt(1000, avcKey))
		c.say(1, "pause", amf.Null{}, amf.Boolean(false))
		c.flush()
		c.hear("onStatus NetStream.Unpause.Notify")
		want := []frame{videoAt(2000, avcKey), videoAt(2040, avcInter)}
		p.push(append([]frame{videoAt(1040, avcInter)}, want...)...)
		p.Close()
		sameFrames(t, c.gather(over), append([]frame{videoAt(2000, avcHeader)}, want...))
	})
}

// TestAcknowledges counts what a publisher is told to have arrived.
func TestAcknowledges(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		for _, window := range []uint32{0, 100_000} {
			if window > 0 {
				p.write(message.WindowAcknowledgementSize(window))
			}
			every := uint32(ackEvery)
			if window > 0 {
				every = window / 2
			}
			last := uint32(0)
			for range 3 {
				for sent := 0; sent < int(every); sent += 1000 {
					p.write(message.Message{ChunkStreamID: 7, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, 1000)})
				}
				p.flush()
				m, err := p.r.Next()
				if err != nil || m.Type != message.TypeAcknowledgement {
					t.Fatalf("got %v, %v", m, err)
				}
				n, _ := m.Uint32()
				if last > 0 && (n-last < every || n-last > 2*every) {
					t.Errorf("window %d: %d bytes are acknowledged after %d", window, n, last)
				}
				last = n
			}
		}
	})
}

// events gathers what a server tells.
type events struct {
	mu  sync.Mutex
	all []Event
}

func (e *events) on(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

// of returns those of a connection, less the commands.
func (e *events) of(conn int) (kinds []EventKind, last Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.all {
		if ev.Conn == conn && ev.Kind != Command {
			kinds, last = append(kinds, ev.Kind), ev
		}
	}
	return kinds, last
}

// TestCutPublisher cuts what comes in, the first time only: the second client
// may have the name at once.
func TestCutPublisher(t *testing.T) {
	for _, cut := range []Cut{
		{Bytes: 5000, Conns: 1},
		{Media: time.Second, Conns: 1},
		{Media: time.Second, Conns: 1, Kind: CutFreeze},
	} {
		var told events
		inTime(t, &Server{Cut: cut, OnEvent: told.on}, func(t *testing.T, l *pipeListener) {
			p := startPublishing(t, l)
			defer p.Close()
			c := startPlaying(t, l)
			defer c.Close()
			start := time.Now()
			ended := make(chan time.Duration, 1)
			go func() {
				_, _ = io.Copy(io.Discard, p.Conn)
				ended <- time.Since(start)
			}()
			for ts := uint32(0); ts < 2000; ts += 100 {
				p.write(message.Message{
					ChunkStreamID: 7, Type: message.TypeVideo, Timestamp: ts, StreamID: 1, Payload: bytes.Repeat([]byte(avcKey), 60),
				})
			}
			_ = p.w.Flush()
			if got := c.gather(over); len(got) != 10 {
				t.Errorf("%+v: %d frames came, want 10", cut, len(got))
			}
			second := startPublishing(t, l)
			second.push(bigFrames(1 << 20)...)
			second.Close()
			if cut.Kind == CutFreeze {
				synctest.Wait()
				if len(ended) > 0 {
					t.Error("the connection was closed")
				}
				if kinds, _ := told.of(1); !slices.Contains(kinds, CutOff) {
					t.Errorf("told %v while the client is there", kinds)
				}
				p.Close()
				time.Sleep(freezeTime)
			}
			<-ended
			p.Close()
			time.Sleep(leaveTimeout)
			synctest.Wait()
			if kinds, _ := told.of(1); !slices.Contains(kinds, CutOff) || !slices.Contains(kinds, Unpublished) {
				t.Errorf("told %v", kinds)
			}
			if kinds, _ := told.of(3); slices.Contains(kinds, CutOff) {
				t.Errorf("the second time told %v", kinds)
			}
		})
	}
}

// TestLongCommand is refused before it is kept.
func TestLongCommand(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		c := newCaller(t, l.dial())
		defer c.Close()
		c.connect(strings.Repeat("x", maxCommand))
		c.flush()
		if m, err := c.r.Next(); !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, %v, want EOF", m, err)
		}
	})
}
