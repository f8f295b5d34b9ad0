package rtmp_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A manner is a way in which servers are known to put the same things.
type manner struct {
	name      string
	amf3      bool   // commands in AMF3's form, type 17
	unmarked  bool   // ... without the leading 0
	array     bool   // the information object is an ECMA array
	stream    uint32 // on which statuses come
	id        func(sent float64) float64
	bwDone    bool // onBWDone comes before connect's answer
	mediaWhen when // where media comes first
	start     begin
}

type when uint8

const (
	afterStart when = iota
	beforeStart
)

// A begin is how a server says that the stream begins.
type begin uint8

const (
	byStatus begin = iota
	byResult
	byNotify
	byNothing
)

var manners = []manner{
	{name: "as the specification has it", stream: rtmptest.StreamID},
	{name: "onBWDone before _result", stream: rtmptest.StreamID, bwDone: true},
	{name: "statuses on stream 0", stream: 0},
	{name: "AMF3 commands", amf3: true, stream: rtmptest.StreamID},
	{name: "AMF3 commands without the leading 0", amf3: true, unmarked: true, stream: rtmptest.StreamID},
	{name: "information as an ECMA array", array: true, stream: rtmptest.StreamID},
	{name: "transaction ID 0", stream: rtmptest.StreamID, id: func(float64) float64 { return 0 }},
	{name: "media before the start", stream: rtmptest.StreamID, mediaWhen: beforeStart},
	{name: "begun by _result", stream: rtmptest.StreamID, start: byResult},
	{name: "begun by PublishNotify", stream: rtmptest.StreamID, start: byNotify},
	{name: "begun by nothing but media", stream: rtmptest.StreamID, start: byNothing},
}

// A wire is a scripted server with manners, on a socket.
type wire struct {
	*rtmptest.Peer
	manner
	t *testing.T
}

func (w wire) say(streamID uint32, name string, id float64, values ...amf.Value) {
	for _, v := range values {
		if o, ok := v.(*amf.Object); ok && w.array {
			o.Kind = amf.ECMAArray
		}
	}
	c := message.Command{Name: name, TransactionID: id, Args: values}
	m, err := c.Message(message.CommandChunkStreamID, streamID)
	if err != nil {
		w.t.Error(err)
	}
	if w.amf3 {
		m.Type = message.TypeCommandAMF3
		if !w.unmarked {
			m.Payload = append([]byte{0}, m.Payload...)
		}
	}
	w.Send(m)
}

func (w wire) result(call *message.Command, values ...amf.Value) {
	id := call.TransactionID
	if w.id != nil {
		id = w.id(id)
	}
	w.say(0, "_result", id, values...)
}

func (w wire) status(level, code string) {
	w.say(w.stream, "onStatus", 0, rtmptest.Info(level, code, ""))
}

// expect reads the client's next command and compares its arguments, as text.
func (w wire) expect(row int, name, args string) *message.Command {
	w.t.Helper()
	c := w.ReadCommand()
	var got []string
	for _, a := range c.Args {
		got = append(got, amf.Format(a))
	}
	if c.Name != name || strings.Join(got, " ") != args {
		w.t.Errorf("row %d: the client says %s %s, want %s %s", row, c.Name, strings.Join(got, " "), name, args)
	}
	return c
}

// chat is what servers ask in the middle: rows 12, 15, 16, 17 and pings.
func (w wire) chat() {
	w.t.Helper()
	w.say(0, "ping", 3)
	if c := w.expect(15, "pong", ""); c.TransactionID != 3 {
		w.t.Errorf("row 15: transaction ID %v, want 3", c.TransactionID)
	}
	w.say(0, "_onbwcheck", 9, amf.String("10 KB of it"))
	if c := w.expect(16, "_result", "0"); c.TransactionID != 9 {
		w.t.Errorf("row 16: transaction ID %v, want 9", c.TransactionID)
	}
	if !w.bwDone {
		w.say(0, "onBWDone", 0)
		w.expect(12, "_checkbw", "")
	}
	w.say(0, "onBWDone", 0) // once is enough
	w.say(0, "_onbwdone", 0)
	w.status("status", "NetConnection.Connect.ReconnectRequest") // row 29
	w.UserControl(message.EventPingRequest, 5)
	for {
		m := w.ReadMessage()
		if m.Type == message.TypeCommand {
			w.t.Errorf("row 12: a second answer to onBWDone: %q", m.Payload)
			return
		}
		if event, v, _, ok := message.ParseUserControl(m.Payload); m.Type == message.TypeUserControl && ok && event == message.EventPingResponse {
			if v != 5 {
				w.t.Errorf("the answer to ping 5 is %d", v)
			}
			return
		}
	}
}

// connect takes connect and grants it, with a token to be answered (row 4).
func (w wire) connect() {
	w.t.Helper()
	w.Handshake()
	connect := w.Expect("connect")
	info := rtmptest.Info("status", "NetConnection.Connect.Success", "")
	info.Set("secureToken", amf.String("58656322c972d6cdf2d776167575045f8484ea888e31c086f7b5ffbd0baec55ce442c2fb"))
	if w.bwDone { // and answered before connect is
		w.say(0, "onBWDone", 0)
		for c := w.ReadCommand(); c.Name != "_checkbw"; c = w.ReadCommand() {
			if c.Name != "createStream" {
				w.t.Errorf("row 12: the client says %s, want _checkbw", c.Name)
			}
		}
	}
	w.result(connect, info)
}

// An end is what ends a stream, and how that is told.
type ending struct {
	row  int
	name string
	say  func(w wire)
	err  error  // bare or wrapped; nil:
	says string // part of the error
}

func statusOf(level, code string) func(w wire) { return func(w wire) { w.status(level, code) } }

var endings = []ending{
	{14, "onFCUnsubscribe", func(w wire) { w.say(0, "onFCUnsubscribe", 0, rtmptest.Info("status", "NetStream.Play.Stop", "")) }, io.EOF, ""},
	{20, "close", func(w wire) { w.say(0, "close", 0) }, session.ErrClosed, ""},
	{21, "NetStream.Failed", statusOf("error", "NetStream.Failed"), nil, "NetStream.Failed"},
	{21, "NetStream.Play.Failed", statusOf("error", "NetStream.Play.Failed"), nil, "NetStream.Play.Failed"},
	{21, "NetConnection.Connect.InvalidApp", statusOf("error", "NetConnection.Connect.InvalidApp"), nil, "InvalidApp"},
	{24, "NetStream.Play.Complete", statusOf("status", "NetStream.Play.Complete"), io.EOF, ""},
	{24, "NetStream.Play.Stop", statusOf("status", "NetStream.Play.Stop"), io.EOF, ""},
	{24, "NetStream.Play.UnpublishNotify", statusOf("status", "NetStream.Play.UnpublishNotify"), io.EOF, ""},
	{28, "NetConnection.Connect.Closed", statusOf("status", "NetConnection.Connect.Closed"), nil, "Connect.Closed"},
	{28, "NetConnection.Connect.AppShutdown", statusOf("error", "NetConnection.Connect.AppShutdown"), nil, "AppShutdown"},
	{28, "an error of another kind", statusOf("error", "Vendor.Special"), nil, "Vendor.Special"},
	{30, "onPlayStatus and FIN", func(w wire) {
		w.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Switch", ""))
		w.Data(0, amf.String("onPlayStatus"), rtmptest.Info("status", "NetStream.Play.Complete", ""))
	}, io.EOF, ""},
}

// The rows of the table that are marked W, of a player: 4, 6, 7, 8, 10, 11, 12,
// 14, 15, 16, 20, 21, 22, 24, 28, 29, 30, by a server with each of the manners.
// Row 19 is TestSetUp's.
func TestWirePlay(t *testing.T) {
	for _, m := range manners {
		for _, e := range endings {
			t.Run(fmt.Sprintf("%s, row %d %s", m.name, e.row, e.name), func(t *testing.T) {
				t.Parallel()
				s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
					w := wire{p, m, t}
					w.connect()
					w.playTo(e)
				})
				var asked []string
				c := rtmp.Client{Trace: &rtmp.Trace{Event: func(e *session.Event) {
					if e.Kind == session.ReconnectRequest {
						asked = append(asked, e.Code)
					}
				}}}
				to := target(t, s.URL("live/show"))
				to.Session.Token, to.Session.UsherToken = "#ed%h0#w@1", "jtv"
				to.Session.Subscribe, to.Session.Playlist = "sub", true
				got, err := pull(t, &c, to)
				checkEnd(t, err, e)
				if want := []string{"Video 0", "Video 40"}; !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if len(asked) != 1 {
					t.Errorf("row 29: told of %v", asked)
				}
			})
		}
	}
}

func (w wire) playTo(e ending) {
	if !w.bwDone {
		w.expect(6, "createStream", "")
	}
	w.expect(4, "secureTokenResponse", tokenAnswer)
	w.expect(7, "NetStream.Authenticate.UsherToken", `"jtv"`)
	w.expect(8, "FCSubscribe", `"sub"`)
	w.result(&message.Command{TransactionID: 2}, amf.Number(rtmptest.StreamID))
	w.expect(10, "set_playlist", `[0: "show"]`)
	play := w.expect(10, "play", `"show"`)
	w.say(0, "playlist_ready", 0) // row 27
	if w.mediaWhen == beforeStart || w.start == byNothing {
		w.Video(0, payload)
	}
	switch w.start {
	case byStatus: // row 22
		w.status("status", "NetStream.Play.Reset")
		w.status("status", "NetStream.Play.Start")
	case byNotify:
		w.status("status", "NetStream.Play.PublishNotify")
	case byResult: // row 11
		w.result(play)
	}
	if w.mediaWhen == afterStart && w.start != byNothing {
		w.Video(0, payload)
	}
	w.chat()
	w.Video(40, payload)
	e.say(w)
}

// tokenAnswer is what decodes from connect's secureToken, as amf.Format has it.
var tokenAnswer = amf.Format(amf.String("\x41\xfc\x64\x7c\xc4\xfd\xdf\xe3\x68\x81\xc7\xb1\x14\x61\xcc\x62\x60\xeb\x3c\x82\x51\xca" +
	"\x30\x43\xee\x59\x3c\x89\xdb\x18\x1d\x6a\x8f\x45\xc1\x3b"))

func checkEnd(t *testing.T, err error, e ending) {
	t.Helper()
	refusal, refused := errors.AsType[*session.StatusError](err)
	switch {
	case e.err == io.EOF && err != io.EOF, e.err != nil && !errors.Is(err, e.err):
		t.Errorf("row %d: got error %v, want %v", e.row, err, e.err)
	case e.err == nil && (!refused || !strings.Contains(refusal.Code, e.says)):
		t.Errorf("row %d: got error %v, want a refusal with %s", e.row, err, e.says)
	}
}

// The same of a publisher: rows 4, 5, 9, 11, 12, 15, 16, 20, 21, 23, 28, 29. Row
// 18 is TestAuthentication's, row 19 TestPublishRefused's.
func TestWirePublish(t *testing.T) {
	all := ending{0, "all was taken", statusOf("status", "NetStream.Unpublish.Success"), nil, ""}
	taken := ending{28, "NetStream.Publish.BadName", statusOf("error", "NetStream.Publish.BadName"), nil, "BadName"}
	for _, m := range manners {
		if m.mediaWhen != afterStart || m.start == byNotify || m.start == byNothing {
			continue // a player's
		}
		for _, e := range append([]ending{all, taken}, endings...) {
			if e.row == 14 || e.row == 24 || e.row == 30 {
				continue // a player's
			}
			t.Run(fmt.Sprintf("%s, row %d %s", m.name, e.row, e.name), func(t *testing.T) {
				t.Parallel()
				chatted := make(chan struct{})
				s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
					w := wire{p, m, t}
					w.connect()
					w.publishTo(e, func() { close(chatted) })
				})
				to := target(t, s.URL("live/show"))
				to.Session.Token = "#ed%h0#w@1"
				p, err := new(rtmp.Client).Publish(t.Context(), to)
				if err != nil {
					t.Fatal(err)
				}
				frame := videoAt(0)
				if err := errors.Join(p.Write(&frame), p.Flush()); err != nil {
					t.Error(err)
				}
				<-chatted
				if e.row == 0 {
					if err := p.Close(); err != nil {
						t.Error(err)
					}
					return
				}
				<-p.Done()
				checkEnd(t, p.Err(), e)
				_ = p.Close()
			})
		}
	}
}

func (w wire) publishTo(e ending, chatted func()) {
	w.expect(4, "secureTokenResponse", tokenAnswer)
	w.expect(5, "releaseStream", `"show"`)
	w.expect(5, "FCPublish", `"show"`)
	create := w.expect(5, "createStream", "")
	w.say(0, "onFCPublish", 0, rtmptest.Info("status", "NetStream.Publish.Start", ""))
	w.result(create, amf.Number(rtmptest.StreamID))
	publish := w.expect(9, "publish", `"show" "live"`)
	if w.start == byResult {
		w.result(publish) // row 11
	} else {
		w.status("status", "NetStream.Publish.Start") // row 23
	}
	if m := w.ReadMedia(); m == nil || m.StreamID != rtmptest.StreamID {
		w.t.Errorf("row 9: media %+v is not on the stream that was made", m)
	}
	w.chat()
	chatted()
	if e.row == 0 {
		for w.ReadMedia() != nil {
		}
	}
	e.say(w)
	w.Linger()
}
