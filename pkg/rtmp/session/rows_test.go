package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A row is one behaviour that RTMP servers since Flash Media Server know from
// their clients. They are numbered as in the list of cases that the project began with.
type row struct {
	name  string
	from  State
	cfg   Config
	steps []step
}

var rows = []row{
	{"row 1: a command whose first value is no string", Starting, Config{}, []step{
		{encode(message.TypeCommand, 0, amf.Number(1)), "!oddity: a Command of 9 bytes: message: a command without a name", Starting, nil},
		{status("NetStream.Play.Start"), "!status NetStream.Play.Start; !started", Streaming, nil},
	}},
	{"row 1: a command without a byte", Starting, Config{}, []step{
		{encode(message.TypeCommand, 0), "!oddity: a Command of 0 bytes: message: a command without a name", Starting, nil},
	}},
	{"row 2: a command that does not decode", Starting, Config{}, []step{
		{&message.Message{Type: message.TypeCommand, Payload: []byte{0xff, 1, 2}},
			"!oddity: a Command of 3 bytes: amf: offset 0: unknown marker 0xff", Starting, nil},
	}},
	{"row 3: a _result that no call waits for", Starting, Config{}, []step{
		{command("_result", 99, amf.Null{}), "!oddity: a _result that no call waits for, transaction ID 99", Starting, nil},
	}},
	{"row 4: a secureToken, and no key", Connecting, Config{Cautious: true}, []step{
		{command("_result", 1, amf.Null{}, withToken()), afterConnectCautious, Creating, nil},
	}},
	{"row 4: a secureToken that is no hexadecimal text", Connecting, Config{Token: "k", Cautious: true}, []step{
		{command("_result", 1, amf.Null{}, withSecret(amf.String("xyz"))),
			"!connected; !oddity: a secureToken that is no hexadecimal text; Window Acknowledgement Size 2500000; " +
				"Set Buffer Length 0 300; createStream#2; FCSubscribe#3 \"show\"", Creating, nil},
		{createdAs7, afterCreate, Starting, nil},
	}},
	{"row 4: a secureToken that is no text, or an empty one", Connecting, Config{Token: "k", Kind: Recorded}, []step{
		{command("_result", 1, amf.Null{}, withSecret(amf.Number(5))),
			"!connected; !oddity: a secureToken that is no hexadecimal text; Window Acknowledgement Size 2500000; " +
				"Set Buffer Length 0 300", Creating, nil},
	}},
	{"row 7: an usher token", Connecting, Config{UsherToken: "jtv"}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
			`NetStream.Authenticate.UsherToken#3 "jtv"; FCSubscribe#4 "show"`, Creating, nil},
		{command("_error", 3, amf.Null{}, info("x", "error")), "!oddity: the server does not know NetStream.Authenticate.UsherToken", Creating, nil},
	}},
	{"row 8: a subscribe path", Connecting, Config{Subscribe: "elsewhere", Kind: Recorded}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
			`FCSubscribe#3 "elsewhere"`, Creating, nil},
		{command("_error", 3, amf.Null{}, amf.Null{}), "!oddity: the server does not know FCSubscribe", Creating, nil},
		{createdAs7, "!created; play#4@7 \"show\" 0; Set Buffer Length 7 36000000", Starting, nil},
	}},
	{"row 8: a recorded stream is not subscribed to", Connecting, Config{Kind: Recorded}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300", Creating, nil},
	}},
	{"rows 8 and 10: from the start", Connecting, Config{Kind: FromStart}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300", Creating, nil},
		{createdAs7, "!created; play#3@7 \"show\" 0; Set Buffer Length 7 36000000", Starting, nil},
	}},
	{"rows 8 and 10: from the start, subscribed to, the first part", Connecting, Config{Kind: FromStart, Subscribe: "elsewhere", Length: 20_000}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
			`FCSubscribe#3 "elsewhere"`, Creating, nil},
		{createdAs7, "!created; play#4@7 \"show\" 0 20000; Set Buffer Length 7 36000000", Starting, nil},
	}},
	{"row 10: live", Creating, Config{Kind: Live, Buffer: 3000}, []step{
		{createdAs7, "!created; play#4@7 \"show\" -1000; Set Buffer Length 7 3000", Starting, nil},
	}},
	{"row 10: a part of a recorded stream", Creating, Config{Kind: Recorded, Start: 10_000, Length: 20_000}, []step{
		{createdAs7, "!created; play#3@7 \"show\" 10000 20000; Set Buffer Length 7 36000000", Starting, nil},
	}},
	{"row 10: a part of whatever there is", Creating, Config{Length: 20_000}, []step{
		{createdAs7, "!created; play#4@7 \"show\" -2000 20000; Set Buffer Length 7 36000000", Starting, nil},
	}},
	{"rows 10 and 27: set_playlist", Creating, Config{Playlist: true}, []step{
		{createdAs7, "!created; set_playlist#4@7 [0: \"show\"]; play#5@7 \"show\"; Set Buffer Length 7 36000000", Starting, nil},
		{command("playlist_ready", 0), "", Starting, nil},
		{command("_result", 4, amf.Null{}), "!oddity: a _result that no call waits for, transaction ID 4", Starting, nil},
	}},
	{"row 11: _result of play", Starting, Config{}, []step{
		{command("_result", 4, amf.Null{}), "!started", Streaming, nil},
	}},
	{"rows 12 and 17: onBWDone, once", Streaming, Config{}, []step{
		{command("onBWDone", 0, amf.Null{}, amf.Number(8192)), "_checkbw#5", Streaming, nil},
		{command("onBWDone", 0), "", Streaming, nil},
		{command("_onbwdone", 0), "", Streaming, nil},
		{command("_error", 5, amf.Null{}), "!oddity: an _error that no call waits for, transaction ID 5", Streaming, nil},
	}},
	{"row 13: onFCSubscribe", Starting, Config{}, []step{{command("onFCSubscribe", 0, amf.Null{}, info("NetStream.Play.Start", "status")), "", Starting, nil}}},
	{"row 14: onFCUnsubscribe", Streaming, Config{}, []step{{command("onFCUnsubscribe", 0), "!unsubscribed (ending)", Streaming, nil}}},
	{"row 15: ping", Streaming, Config{}, []step{{command("ping", 12.5), "pong#12.5", Streaming, nil}}},
	{"row 16: _onbwcheck", Streaming, Config{}, []step{
		{command("_onbwcheck", 8, amf.Null{}, amf.String("...")), "_result#8 0", Streaming, nil},
		{command("_onbwcheck", 9, amf.Null{}, amf.String("...")), "_result#9 1", Streaming, nil},
	}},
	{"row 19: _error of connect", Connecting, Config{}, []step{
		{command("_error", 1, amf.Null{}, described("NetConnection.Connect.Rejected", "no \x1b[31mway\n")), "", Ended,
			&StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error", Description: "no [31mway"}},
	}},
	{"row 19: _error of connect, with transaction ID 0", Connecting, Config{}, []step{
		{command("_error", 0, amf.Null{}, info("NetConnection.Connect.Rejected", "error")), "", Ended,
			&StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error"}},
	}},
	{"row 19: _error of play, without a reason", Starting, Config{}, []step{
		{command("_error", 4, amf.Null{}, amf.Null{}), "", Ended, &StatusError{Call: "play"}},
	}},
	{"row 19: _error of _checkbw", Streaming, Config{}, []step{
		{command("onBWDone", 0), "_checkbw#5", Streaming, nil},
		{command("_error", 5, amf.Null{}, info("NetConnection.Call.Failed", "error")), "!oddity: the server does not know _checkbw", Streaming, nil},
	}},
	{"row 20: close", Streaming, Config{}, []step{{command("close", 0), "", Ended, ErrClosed}}},
	{"row 22: Play.PublishNotify", Starting, Config{}, []step{
		{status("NetStream.Play.PublishNotify"), "!status NetStream.Play.PublishNotify; !started", Streaming, nil},
		{status("NetStream.Play.Start"), "!status NetStream.Play.Start", Streaming, nil},
	}},
	{"row 22: before play was said, it is no answer", Creating, Config{}, []step{
		{status("NetStream.Play.Start"), "!status NetStream.Play.Start", Creating, nil},
		{createdAs7, afterCreate, Starting, nil},
	}},
	{"row 25: Seek.Notify with nothing to seek", Streaming, Config{}, []step{
		{status("NetStream.Seek.Notify"), "!status NetStream.Seek.Notify", Streaming, nil},
	}},
	{"row 26: Pause.Notify with no pause of ours", Streaming, Config{}, []step{
		{status("NetStream.Pause.Notify"), "!status NetStream.Pause.Notify", Streaming, nil},
	}},
	{"row 29: ReconnectRequest", Streaming, Config{}, []step{
		{status("NetConnection.Connect.ReconnectRequest"), "!reconnect request NetConnection.Connect.ReconnectRequest", Streaming, nil},
		{video(1, 7), ">Video 1@7 [1701]", Streaming, nil},
	}},
	{"row 30: onPlayStatus", Streaming, Config{Kind: Recorded}, []step{
		{data(amf.String("onPlayStatus"), info("NetStream.Play.Switch", "status")), "!play status NetStream.Play.Switch", Streaming, nil},
		{data(amf.String("onPlayStatus"), info("NetStream.Play.Complete", "status")), "!play status NetStream.Play.Complete (ending)", Streaming, nil},
	}},
	{"row 5: _result of connect, publishing", Connecting, Config{Role: Publish}, []step{
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; " + claimed, Creating, nil},
		{command("_result", 2, amf.Null{}, amf.Undefined{}), "", Creating, nil},
		{command("_result", 3, amf.Null{}, amf.Undefined{}), "", Creating, nil},
	}},
	{"row 5: with a chunk size of our own, behind the server's limit", Connecting, Config{Role: Publish, ChunkSize: 4096}, []step{
		{spb(1_000_000, message.LimitDynamic), "", Connecting, nil},
		{spb(2_000_000, message.LimitHard), "", Connecting, nil},
		{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2000000; Set Chunk Size 4096; " + claimed, Creating, nil},
	}},
	{"row 9: _result of createStream, publishing", Creating, Config{Role: Publish}, []step{
		{command("_result", 4, amf.Null{}, amf.Number(7)), "!created; publish#5@7 \"show\" \"live\"", Starting, nil},
		{command("_result", 4, amf.Null{}, amf.Number(8)), "!oddity: a _result that no call waits for, transaction ID 4", Starting, nil},
	}},
	{"row 9: ... with transaction ID 0", Creating, Config{Role: Publish}, []step{
		{command("_result", 0, amf.Null{}, amf.Number(7)), "!created; publish#5@7 \"show\" \"live\"", Starting, nil},
	}},
	{"row 9: ... without a stream ID", Creating, Config{Role: Publish}, []step{
		{command("_result", 4, amf.Null{}), "", Ended, ErrNoStreamID},
	}},
	{"row 11: _result of publish", Starting, Config{Role: Publish}, []step{
		{command("_result", 5, amf.Null{}), "!started", Streaming, nil},
		{status("NetStream.Publish.Start"), "!status NetStream.Publish.Start", Streaming, nil},
	}},
	{"rows 12 and 17: onBWDone, publishing", Streaming, Config{Role: Publish}, []step{
		{command("onBWDone", 0), "_checkbw#6", Streaming, nil},
		{command("onBWDone", 0), "", Streaming, nil},
		{command("_onbwdone", 0), "", Streaming, nil},
	}},
	{"row 14: onFCUnsubscribe is no publisher's business", Streaming, Config{Role: Publish}, []step{{command("onFCUnsubscribe", 0), "", Streaming, nil}}},
	{"rows 15 and 16: ping and _onbwcheck, publishing", Streaming, Config{Role: Publish}, []step{
		{command("ping", 12.5), "pong#12.5", Streaming, nil},
		{command("_onbwcheck", 8, amf.Null{}), "_result#8 0", Streaming, nil},
		{event(message.EventPingRequest, 77), "Ping Response 77", Streaming, nil},
	}},
	{"row 18: _error of connect, with a demand for a password", Connecting, Config{Role: Publish}, []step{
		{command("_error", 1, amf.Null{}, described("NetConnection.Connect.Rejected", longDemand)), "", Ended,
			&StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error", Description: longDemand}},
	}},
	{"row 19: _error of releaseStream and FCPublish", Creating, Config{Role: Publish}, []step{
		{command("_error", 2, amf.Null{}, amf.Null{}), "!oddity: the server does not know releaseStream", Creating, nil},
		{command("_error", 3, amf.Null{}, amf.Null{}), "!oddity: the server does not know FCPublish", Creating, nil},
		{command("onFCPublish", 0, amf.Null{}, info("NetStream.Publish.Start", "status")), "", Creating, nil},
		{command("_error", 4, amf.Null{}, info("NetConnection.Call.Failed", "error")), "", Ended,
			&StatusError{Call: "createStream", Code: "NetConnection.Call.Failed", Level: "error"}},
	}},
	{"row 19: _error of publish", Starting, Config{Role: Publish}, []step{
		{command("_error", 5, amf.Null{}, described("NetStream.Publish.Denied", "wrong key")), "", Ended,
			&StatusError{Call: "publish", Code: "NetStream.Publish.Denied", Level: "error", Description: "wrong key"}},
	}},
	{"row 20: close, publishing", Streaming, Config{Role: Publish}, []step{{command("close", 0), "", Ended, ErrClosed}}},
	{"row 23: Publish.Start", Starting, Config{Role: Publish}, []step{
		{status("NetStream.Publish.Start"), "!status NetStream.Publish.Start; !started", Streaming, nil},
		{command("_result", 5, amf.Null{}), "!oddity: a _result that no call waits for, transaction ID 5", Streaming, nil},
	}},
	{"row 23: before publish was said, it is no answer", Creating, Config{Role: Publish}, []step{
		{status("NetStream.Publish.Start"), "!status NetStream.Publish.Start", Creating, nil},
	}},
	{"row 23: a player is not meant by it", Starting, Config{}, []step{
		{status("NetStream.Publish.Start"), "!status NetStream.Publish.Start", Starting, nil},
	}},
	{"row 24: what ends a player's stream does not end a publisher's", Streaming, Config{Role: Publish}, []step{
		{status("NetStream.Play.Stop"), "!status NetStream.Play.Stop", Streaming, nil},
		{status("NetStream.Play.UnpublishNotify"), "!status NetStream.Play.UnpublishNotify", Streaming, nil},
	}},
	{"row 29: ReconnectRequest, publishing", Streaming, Config{Role: Publish}, []step{
		{status("NetConnection.Connect.ReconnectRequest"), "!reconnect request NetConnection.Connect.ReconnectRequest", Streaming, nil},
	}},
	{"a publisher that is thrown out", Streaming, Config{Role: Publish}, []step{
		{status("NetStream.Unpublish.Success"), "!status NetStream.Unpublish.Success", Ended, ErrClosed},
	}},
	{"a publisher is sent media, which is not its own", Streaming, Config{Role: Publish}, []step{
		{video(1, 7), "", Streaming, nil},
		{data(amf.String("onMetaData")), "", Streaming, nil},
	}},
	{"a publisher that leaves, and is told that all has come", Leaving, Config{Role: Publish}, []step{
		{command("_error", 6, amf.Null{}, info("x", "error")), "", Leaving, nil}, // crtmpserver, to FCUnpublish
		{command("onFCUnpublish", 0), "", Leaving, nil},
		{event(message.EventPingRequest, 5), "Ping Response 5", Leaving, nil},
		{status("NetStream.Unpublish.Success"), "!status NetStream.Unpublish.Success", Ended, eof},
	}},
	{"row 28: a publisher that leaves, and is refused only then", Leaving, Config{Role: Publish}, []step{
		{statusOf("error", "NetStream.Publish.Denied"), "!status NetStream.Publish.Denied", Ended,
			&StatusError{Code: "NetStream.Publish.Denied", Level: "error"}},
	}},
	{"an unknown command", Streaming, Config{}, []step{
		{command("onFoo\x07", 3), "!oddity: an unknown command: onFoo", Streaming, nil},
	}},
}

func TestRows(t *testing.T) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if r.from <= Connecting { // what it says there depends on the opening
				run(t, at(t, r.cfg, r.from), r.steps)
				return
			}
			bothWays(t, r.cfg, func(t *testing.T, cfg Config) { run(t, at(t, cfg, r.from), r.steps) })
		})
	}
}

// Rows 21, 24 and 28: what ends a session, in whatever state it is.
func TestRowsThatEnd(t *testing.T) {
	tests := []struct {
		row         int
		code, level string
		refused     bool
		announced   bool // it is not believed yet
	}{
		{21, "NetStream.Failed", "", true, false},
		{21, "NetStream.Play.Failed", "status", true, false},
		{21, "NetStream.Play.StreamNotFound", "error", true, false},
		{21, "NetConnection.Connect.InvalidApp", "error", true, false},
		{24, "NetStream.Play.Complete", "status", false, false},
		{24, "NetStream.Play.Stop", "status", false, true},
		{24, "NetStream.Play.UnpublishNotify", "", false, true},
		{28, "NetStream.Publish.BadName", "error", true, false},
		{28, "NetStream.Publish.Denied", "", true, false},
		{28, "NetConnection.Connect.Rejected", "", true, false},
		{28, "NetConnection.Connect.Closed", "status", true, false},
		{28, "NetConnection.Connect.AppShutdown", "status", true, false},
		{28, "Something.Never.Seen", "error", true, false},
	}
	calls := map[State]string{Connecting: "connect", Creating: "createStream", Starting: "play"}
	for _, test := range tests {
		for _, state := range []State{Connecting, Creating, Starting, Streaming} {
			t.Run(fmt.Sprintf("row %d: %s when %v", test.row, test.code, state), func(t *testing.T) {
				want := eof
				if test.refused {
					want = &StatusError{Call: calls[state], Code: test.code, Level: test.level}
				}
				last := step{statusOf(test.level, test.code), "!status " + test.code, Ended, want}
				if test.announced && state == Streaming {
					last = step{last.hear, last.say + " (ending)", Streaming, nil}
				}
				bothWays(t, Config{}, func(t *testing.T, cfg Config) { run(t, at(t, cfg, state), []step{last}) })
				if !test.refused {
					return // it is about playing
				}
				if state == Starting {
					want = &StatusError{Call: "publish", Code: test.code, Level: test.level}
				}
				run(t, at(t, Config{Role: Publish}, state), []step{{statusOf(test.level, test.code), "!status " + test.code, Ended, want}})
			})
		}
	}
}

// Row 31: the forms in which servers of all kinds wrap the same command.
func TestRow31Forms(t *testing.T) {
	array := info("NetStream.Play.Start", "status")
	array.Kind = amf.ECMAArray
	plain := status("NetStream.Play.Start")
	forms := map[string]*message.Message{
		"AMF0":                       plain,
		"AMF3 with the leading 0":    {Type: message.TypeCommandAMF3, StreamID: 7, Payload: append([]byte{0}, plain.Payload...)},
		"AMF3 without the leading 0": {Type: message.TypeCommandAMF3, StreamID: 7, Payload: plain.Payload},
		"an ECMA array for info":     command("onStatus", 0, amf.Null{}, array),
		"stream 0":                   on(0, plain),
		"another stream":             on(1, plain),
		"play's transaction ID":      command("onStatus", 4, amf.Null{}, info("NetStream.Play.Start", "status")),
		"no null before info":        command("onStatus", 0, info("NetStream.Play.Start", "status")),
		"no transaction ID":          encode(message.TypeCommand, 7, amf.String("onStatus"), amf.Null{}, info("NetStream.Play.Start", "")),
		"in a data message":          data(amf.String("onStatus"), info("NetStream.Play.Start", "")),
		"the end of info is missing": {Type: message.TypeCommand, Payload: plain.Payload[:len(plain.Payload)-3]},
	}
	for name, m := range forms {
		t.Run(name, func(t *testing.T) {
			bothWays(t, Config{}, func(t *testing.T, cfg Config) {
				s := at(t, cfg, Starting)
				rs, err := s.Handle(nil, m)
				if err != nil || s.State() != Streaming {
					t.Errorf("says %s, is %v, %v; want streaming", show(rs), s.State(), err)
				}
			})
		})
	}
	t.Run("connect's answer in AMF3, with transaction ID 0", func(t *testing.T) {
		s := at(t, Config{}, Connecting)
		m := command("_result", 0, amf.Null{}, success)
		m.Type, m.Payload = message.TypeCommandAMF3, append([]byte{0}, m.Payload...)
		run(t, s, []step{{m, afterConnect, Creating, nil}, {command("_result", 0, amf.Null{}, amf.Number(7)), afterCreate, Starting, nil}})
	})
}

// Row 29: a request to connect anew is known by its code alone, and never ends the
// stream or the conversation, whatever it comes with, and whether it was announced
// that it is heeded or not.
func TestRow29Forms(t *testing.T) {
	const code = "NetConnection.Connect.ReconnectRequest"
	to := func(level string, kind amf.ObjectKind, tcURL amf.Value) *amf.Object {
		o := info(code, level)
		o.Kind = kind
		if tcURL != nil {
			o.Set("tcUrl", tcURL)
		}
		return o
	}
	long := "rtmp://edge/live?sign=" + strings.Repeat("a", 2000)
	tests := []struct {
		name  string
		hear  *message.Message
		tcURL string
	}{
		{"as the specification has it", command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, amf.String("rtmp://edge/live"))), "rtmp://edge/live"},
		{"on the stream", on(7, command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, amf.String("//edge/live")))), "//edge/live"},
		{"an ECMA array", command("onStatus", 0, amf.Null{}, to("status", amf.ECMAArray, amf.String("/live"))), "/live"},
		{"no level", command("onStatus", 0, amf.Null{}, to("", amf.Anonymous, amf.String("/live"))), "/live"},
		{"level error", command("onStatus", 0, amf.Null{}, to("error", amf.Anonymous, amf.String("/live"))), "/live"},
		{"no tcUrl", command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, nil)), ""},
		{"a tcUrl that is no text", command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, amf.Number(1))), ""},
		{"a long tcUrl", command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, amf.String(long))), long},
		{"no null before it", command("onStatus", 0, to("status", amf.Anonymous, amf.String("/live"))), "/live"},
		{"in a data message", data(amf.String("onStatus"), to("status", amf.Anonymous, amf.String("/live"))), "/live"},
		{"in AMF3's form", amf3(command("onStatus", 0, amf.Null{}, to("status", amf.Anonymous, amf.String("/live")))), "/live"},
	}
	for _, test := range tests {
		for _, cfg := range []Config{{}, {Reconnect: true}, {Role: Publish, Reconnect: true}} {
			for _, state := range []State{Connecting, Creating, Starting, Streaming} {
				s := at(t, cfg, state)
				rs, err := s.Handle(nil, test.hear)
				if err != nil || s.State() != state || len(rs) != 1 || rs[0].Do != Notify {
					t.Errorf("%s when %v: says %s, is %v, %v", test.name, state, show(rs), s.State(), err)
					continue
				}
				if e := rs[0].Event; e.Kind != ReconnectRequest || e.Code != code || e.TcURL != test.tcURL || e.Ending || e.Begun {
					t.Errorf("%s when %v: told of %+v, want tcUrl %q", test.name, state, e, test.tcURL)
				}
			}
		}
	}
}

// Row 19: a refusal may name another place, in Adobe's way: FMS and Wowza do so at
// connect, and SRS by a status, with more beside it.
func TestRow19Redirect(t *testing.T) {
	const code = "NetConnection.Connect.Rejected"
	refusal := func(ex amf.Value) *amf.Object {
		o := described(code, "RTMP 302 Redirect")
		o.Set("ex", ex)
		return o
	}
	object := func(kind amf.ObjectKind, members ...any) *amf.Object {
		o := &amf.Object{Kind: kind}
		for i := 0; i < len(members); i += 2 {
			o.Set(members[i].(string), members[i+1].(amf.Value))
		}
		return o
	}
	to := amf.String("rtmp://edge/live")
	for name, test := range map[string]struct {
		ex   amf.Value
		want string
	}{
		"as FMS says it":          {object(amf.Anonymous, "code", amf.Number(302), "redirect", to), string(to)},
		"as SRS says it":          {object(amf.Anonymous, "code", amf.Number(302), "redirect", to, "redirect2", amf.String("rtmp://edge/live/s")), string(to)},
		"an ECMA array":           {object(amf.ECMAArray, "code", amf.Number(302), "redirect", to), string(to)},
		"no code":                 {object(amf.Anonymous, "redirect", to), string(to)},
		"another code":            {object(amf.Anonymous, "code", amf.Number(403), "redirect", to), ""},
		"a code in text":          {object(amf.Anonymous, "code", amf.String("302"), "redirect", to), ""},
		"no place":                {object(amf.Anonymous, "code", amf.Number(302)), ""},
		"a place that is no text": {object(amf.Anonymous, "code", amf.Number(302), "redirect", amf.Number(1)), ""},
		"no object":               {amf.String("rtmp://edge/live"), ""},
	} {
		for _, m := range []*message.Message{
			command("_error", 1, amf.Null{}, refusal(test.ex)), command("onStatus", 0, amf.Null{}, refusal(test.ex)),
		} {
			_, err := at(t, Config{}, Connecting).Handle(nil, m)
			e, ok := errors.AsType[*StatusError](err)
			if !ok || e.Redirect != test.want || e.Call != "connect" || e.Code != code {
				t.Errorf("%s: got %#v, want it to lead to %q", name, err, test.want)
			}
		}
	}
}

func described(code, description string) *amf.Object {
	o := info(code, "error")
	o.Set("description", amf.String(description))
	return o
}

const tokenKey = "#ed%h0#w@1"

// longDemand is longer than what is shown of a server's text.
var longDemand = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=" + strings.Repeat("A", 400)

func withToken() *amf.Object {
	o := info("NetConnection.Connect.Success", "status")
	o.Set("secureToken", amf.String("58656322c972d6cdf2d776167575045f8484ea888e31c086f7b5ffbd0baec55ce442c2fb"))
	return o
}

func withSecret(v amf.Value) *amf.Object {
	o := &amf.Object{}
	o.Set("secureToken", v)
	return o
}
