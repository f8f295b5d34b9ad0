package session

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/internal/hexdump"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// full is a Config with every member of connect's object.
func full(cautious bool) Config {
	return Config{
		App: "live", FlashVer: "LNX 9,0,124,2", SWFURL: "http://x/p.swf",
		TcURL: "rtmp://host/live", PageURL: "http://x/", PlayPath: "show",
		Auth: "key", Extra: []amf.Value{amf.Number(1)}, Cautious: cautious,
	}
}

func publishing(c Config) Config {
	c.Role = Publish
	return c
}

// connect's bytes: some servers look at the order of the members, all at their
// names.
func TestConnectBytes(t *testing.T) {
	for name, cfg := range map[string]Config{
		"connect": full(false), "connect-cautious": full(true),
		"connect-publish": publishing(full(false)), "connect-publish-cautious": publishing(full(true)),
	} {
		t.Run(name, func(t *testing.T) {
			rs, err := New(cfg).Start(nil)
			if err != nil {
				t.Fatal(err)
			}
			m := rs[0].Message
			if m.Type != message.TypeCommand || m.StreamID != 0 || m.ChunkStreamID != 3 {
				t.Errorf("connect goes out as %v on stream %d, chunk stream %d", m.Type, m.StreamID, m.ChunkStreamID)
			}
			want := wire(t, filepath.Join("testdata", name+".hex"))
			if !bytes.Equal(m.Payload, want) {
				c, _ := message.ParseCommand(&m)
				t.Errorf("got\n%s\nwhich says %s\nwant\n%s", hex.Dump(m.Payload), amf.Format(c.Object), hex.Dump(want))
			}
		})
	}
}

// wire reads an annotated dump from a file.
func wire(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return hexdump.Bytes(t, string(file))
}

func TestConnectLeavesOutWhatIsEmpty(t *testing.T) {
	rs, _ := New(Config{Cautious: true}).Start(nil)
	c, _ := message.ParseCommand(&rs[0].Message)
	want := `{app: "", fpad: false, capabilities: 15, audioCodecs: 3191, videoCodecs: 252, videoFunction: 1}`
	if got := amf.Format(c.Object); got != want || len(c.Args) != 0 {
		t.Errorf("got %s and %d arguments, want %s", got, len(c.Args), want)
	}
}

// Row 29: that requests to connect anew are heeded is announced only where it is
// true, and not where nothing of Enhanced RTMP is.
func TestRow29Announced(t *testing.T) {
	for _, role := range []Role{Play, Publish} {
		for _, test := range []struct {
			cfg  Config
			want string
		}{
			{Config{Role: role}, "14"},
			{Config{Role: role, Reconnect: true}, "15"},
			{Config{Role: role, Reconnect: true, Cautious: true}, "none"},
		} {
			rs, _ := New(test.cfg).Start(nil)
			c, _ := message.ParseCommand(&rs[0].Message)
			o, _ := amf.AsObject(c.Object)
			got := "none"
			if v := o.Get("capsEx"); v != nil {
				got = amf.Format(v)
			}
			if got != test.want {
				t.Errorf("%+v: capsEx is %s, want %s", test.cfg, got, test.want)
			}
		}
	}
}

func TestStart(t *testing.T) {
	for want, cautious := range map[string]bool{"connect#1; createStream#2": false, "connect#1": true} {
		s := New(Config{App: "live", Cautious: cautious})
		if s.State() != Idle {
			t.Errorf("begins as %v", s.State())
		}
		rs, err := s.Start(nil)
		if got := show(rs); got != want || err != nil || s.State() != Connecting {
			t.Errorf("says %s, is %v, %v; want %s", got, s.State(), err, want)
		}
	}
}

func TestStartWithWhatCannotBeWritten(t *testing.T) {
	loop := &amf.Object{}
	loop.Set("self", loop)
	s := New(Config{Extra: []amf.Value{loop}})
	if rs, err := s.Start(nil); err == nil || len(rs) > 0 {
		t.Errorf("says %s, %v; want an error", show(rs), err)
	}
}

// Rows 6, 8 and 10, and where the answers to the early createStream may come.
func TestRow06OpeningInAnyOrder(t *testing.T) {
	refusal := command("_error", 2, amf.Null{}, info("NetConnection.Call.Failed", "error"))
	const (
		noCreate = afterConnect
		create4  = "!created; play#4@7 \"show\"; Set Buffer Length 7 36000000"
	)
	tests := []struct {
		name  string
		steps []step
	}{
		{"createStream is answered after connect", []step{
			{connectOK, noCreate, Creating, nil},
			{createdAs7, create4, Starting, nil},
		}},
		{"createStream is answered before connect", []step{
			{createdAs7, "!created", Connecting, nil},
			{connectOK, noCreate + "; play#4@7 \"show\"; Set Buffer Length 7 36000000", Starting, nil},
		}},
		{"createStream is refused before connect is answered", []step{
			{refusal, "", Connecting, nil},
			{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
				"createStream#3; FCSubscribe#4 \"show\"", Creating, nil},
			{command("_result", 3, amf.Null{}, amf.Number(9)), "!created; play#5@9 \"show\"; Set Buffer Length 9 36000000", Starting, nil},
		}},
		{"createStream is refused after connect was answered, and again", []step{
			{connectOK, noCreate, Creating, nil},
			{refusal, "createStream#4", Creating, nil},
			{command("_error", 4, amf.Null{}, info("NetConnection.Call.Failed", "error")), "", Ended,
				&StatusError{Call: "createStream", Code: "NetConnection.Call.Failed", Level: "error"}},
		}},
		{"createStream is answered twice", []step{
			{connectOK, noCreate, Creating, nil},
			{createdAs7, create4, Starting, nil},
			{command("_result", 2, amf.Null{}, amf.Number(8)), "!oddity: a _result that no call waits for, transaction ID 2", Starting, nil},
		}},
		{"connect is answered twice", []step{
			{connectOK, noCreate, Creating, nil},
			{connectOK, "!oddity: a _result that no call waits for, transaction ID 1", Creating, nil},
		}},
		{"createStream is answered with 1.5", []step{
			{connectOK, noCreate, Creating, nil},
			{command("_result", 2, amf.Null{}, amf.Number(1.5)), "createStream#4", Creating, nil},
			{command("_result", 4, amf.Null{}, amf.Number(1.5)), "", Ended, ErrNoStreamID},
		}},
		{"the early createStream is answered with null", []step{
			{command("_result", 2, amf.Null{}, amf.Null{}), "", Connecting, nil},
			{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
				"createStream#3; FCSubscribe#4 \"show\"", Creating, nil},
		}},
		{"the early createStream is refused with transaction ID 0", []step{
			{command("_error", 0, amf.Null{}, info("NetConnection.Call.Failed", "error")), "", Connecting, nil},
			{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
				"createStream#3; FCSubscribe#4 \"show\"", Creating, nil},
		}},
		{"the early createStream is refused by a status", []step{
			{command("onStatus", 0, amf.Null{}, info("NetConnection.Call.Failed", "error")), "!status NetConnection.Call.Failed", Connecting, nil},
			{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; Set Buffer Length 0 300; " +
				"createStream#3; FCSubscribe#4 \"show\"", Creating, nil},
		}},
		{"connect is refused with transaction ID 0", []step{
			{command("_error", 0, amf.Null{}, info("NetConnection.Connect.Rejected", "error")), "", Ended,
				&StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error"}},
		}},
		{"connect is refused by a _result", []step{
			{command("_result", 1, amf.Null{}, info("NetConnection.Connect.Rejected", "error")), "", Ended,
				&StatusError{Call: "connect", Code: "NetConnection.Connect.Rejected", Level: "error"}},
		}},
		{"createStream's answer has no null", []step{
			{connectOK, noCreate, Creating, nil},
			{command("_result", 2, amf.Number(7)), create4, Starting, nil},
		}},
		{"the server's window comes first", []step{
			{control(message.WindowAcknowledgementSize(5_000_000)), "", Connecting, nil},
			{control(message.SetPeerBandwidth(5_000_000, message.LimitDynamic)), "", Connecting, nil},
			{connectOK, "!connected NetConnection.Connect.Success; Window Acknowledgement Size 5000000; Set Buffer Length 0 300; " +
				"FCSubscribe#3 \"show\"", Creating, nil},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { run(t, at(t, Config{}, Connecting), test.steps) })
	}
	t.Run("cautious", func(t *testing.T) {
		run(t, at(t, Config{Cautious: true}, Connecting), []step{
			{connectOK, afterConnectCautious, Creating, nil},
			{createdAs7, create4, Starting, nil},
		})
	})
}

func TestNudge(t *testing.T) {
	s := at(t, Config{}, Connecting)
	if rs, ok := s.Nudge(nil); ok || len(rs) > 0 {
		t.Errorf("before connect is answered: %s", show(rs))
	}
	run(t, s, []step{{connectOK, afterConnect, Creating, nil}})
	if rs, ok := s.Nudge(nil); !ok || show(rs) != "createStream#4" {
		t.Errorf("says %s, want createStream", show(rs))
	}
	if rs, ok := s.Nudge(nil); ok || len(rs) > 0 {
		t.Errorf("twice: %s", show(rs))
	}
	// The first is refused at last, the second granted, the first granted too.
	run(t, s, []step{
		{command("_error", 2, amf.Null{}, info("NetConnection.Call.Failed", "error")), "", Creating, nil},
		{command("_result", 4, amf.Null{}, amf.Number(7)), "!created; play#5@7 \"show\"; Set Buffer Length 7 36000000", Starting, nil},
		{createdAs7, "!oddity: a _result that no call waits for, transaction ID 2", Starting, nil},
	})
	if rs, ok := at(t, Config{Cautious: true}, Creating).Nudge(nil); ok || len(rs) > 0 {
		t.Errorf("cautious: %s", show(rs))
	}
}

// Row 4, with a vector that librtmp's decoder agrees with.
func TestRow04SecureToken(t *testing.T) {
	want, _ := hex.DecodeString("41fc647cc4fddfe36881c7b11461cc6260eb3c8251ca3043ee593c89db181d6a8f45c13b")
	upper := withSecret(amf.String("58656322C972D6CDF2D776167575045F8484EA888E31C086F7B5FFBD0BAEC55CE442C2FB"))
	for name, m := range map[string]*message.Message{
		"in the information object": command("_result", 1, amf.Null{}, withToken()),
		"in the properties":         command("_result", 1, upper, success),
	} {
		t.Run(name, func(t *testing.T) {
			for _, role := range []Role{Play, Publish} {
				s := at(t, Config{Role: role, Token: tokenKey}, Connecting)
				rs, err := s.Handle(nil, m)
				if err != nil || len(rs) < 2 {
					t.Fatal(show(rs), err)
				}
				c, err := message.ParseCommand(&rs[1].Message) // after !connected, before all else
				if err != nil || c.Name != "secureTokenResponse" || c.TransactionID != 0 || len(c.Args) != 1 {
					t.Fatalf("says %s, %v; want secureTokenResponse first", show(rs), err)
				}
				if got, _ := amf.AsString(c.Args[0]); got != string(want) {
					t.Errorf("got %x, want %x", got, want)
				}
			}
		})
	}
}

func TestDecodeTokenGuards(t *testing.T) {
	for _, secret := range []string{"", "0", "zz", "00", "00000000"} {
		if got, ok := decodeToken("key", secret); ok {
			t.Errorf("%q: got %x, want a refusal", secret, got)
		}
	}
	for _, key := range []string{"", "k", strings.Repeat("k", 100)} {
		if got, ok := decodeToken(key, "0011223344"); !ok || len(got) != 5 {
			t.Errorf("key %q: got %x, %v; want 5 bytes", key, got, ok)
		}
	}
}

// A publisher that stops still hears, but goes away when it is told to again.
func TestStopPublishing(t *testing.T) {
	goodbye := `FCUnpublish#6 "show"; deleteStream#0 7`
	for state, want := range map[State]string{
		Connecting: "", Creating: "", Starting: goodbye, Streaming: goodbye,
	} {
		s := at(t, Config{Role: Publish}, state)
		then := Ended
		if want != "" {
			then = Leaving
		}
		if got := show(s.Stop(nil)); got != want || s.State() != then {
			t.Errorf("%v: says %q, is %v; want %q", state, got, s.State(), want)
		}
		if got := show(s.Stop(nil)); got != "" || s.State() != Ended {
			t.Errorf("%v: says %q, is %v when stopped again", state, got, s.State())
		}
	}
}

func TestStop(t *testing.T) {
	for state, want := range map[State]string{
		Connecting: "", Creating: "", Starting: "deleteStream#0 7", Streaming: "deleteStream#0 7",
	} {
		s := at(t, Config{}, state)
		if got := show(s.Stop(nil)); got != want || s.State() != Ended {
			t.Errorf("%v: says %q, is %v; want %q", state, got, s.State(), want)
		}
		if got := show(s.Stop(nil)); got != "" {
			t.Errorf("%v: says %q when stopped again", state, got)
		}
		if rs, err := s.Handle(nil, video(1, 7)); len(rs) > 0 || err != nil {
			t.Errorf("%v: %s, %v after the end", state, show(rs), err)
		}
	}
}
