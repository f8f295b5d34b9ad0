package session

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A step is one message that the session hears, or nil if it is to stop, and what it makes of it: what it
// says, in show's words, the state that it is in then, and its error.
type step struct {
	hear *message.Message
	say  string
	then State
	err  error
}

// run plays steps.
func run(t *testing.T, s *Session, steps []step) {
	t.Helper()
	for i, st := range steps {
		var rs []Reaction
		var err error
		if st.hear == nil {
			rs, st.hear = s.Stop(nil), &message.Message{}
		} else {
			rs, err = s.Handle(nil, st.hear)
		}
		if got := show(rs); got != st.say {
			t.Errorf("step %d, %s: says\n\t%s\nwant\n\t%s", i, st.hear.Type, got, st.say)
		}
		if s.State() != st.then {
			t.Errorf("step %d, %s: is %v, want %v", i, st.hear.Type, s.State(), st.then)
		}
		if st.err == nil && err != nil || !errors.Is(err, st.err) && fmt.Sprint(err) != fmt.Sprint(st.err) {
			t.Errorf("step %d, %s: error %v, want %v", i, st.hear.Type, err, st.err)
		}
		if s.State() == Ended {
			rs, again := s.Handle(nil, command("ping", 3))
			if len(rs) > 0 || again != err {
				t.Errorf("after the end: %s, %v; want silence and %v", show(rs), again, err)
			}
		}
	}
}

// at is a session that has come to a state. Its stream ID is 7.
func at(t *testing.T, cfg Config, state State) *Session {
	t.Helper()
	if cfg.App == "" {
		cfg.App = "live"
	}
	if cfg.PlayPath == "" {
		cfg.PlayPath = "show"
	}
	s := New(cfg)
	if _, err := s.Start(nil); err != nil {
		t.Fatal(err)
	}
	answers := []*message.Message{connectOK, createdAs7, status("NetStream.Play.Start")}
	if cfg.Role == Publish { // releaseStream and FCPublish come before createStream
		answers = []*message.Message{connectOK, command("_result", 4, amf.Null{}, amf.Number(7)), status("NetStream.Publish.Start")}
	}
	for _, m := range answers {
		if s.State() == state {
			return s
		}
		if _, err := s.Handle(nil, m); err != nil {
			t.Fatal(err)
		}
	}
	if state == Leaving {
		s.Stop(nil)
	}
	if s.State() != state {
		t.Fatalf("is %v, want %v", s.State(), state)
	}
	return s
}

// bothWays runs a test with the usual opening and with the cautious one.
func bothWays(t *testing.T, cfg Config, f func(t *testing.T, cfg Config)) {
	for _, cautious := range []bool{false, true} {
		cfg.Cautious = cautious
		t.Run(map[bool]string{false: "usual", true: "cautious"}[cautious], func(t *testing.T) { f(t, cfg) })
	}
}

// show tells reactions in one line: commands as name#transaction@stream and
// their arguments, what is delivered after >, events after !, and whether they
// announce the end.
func show(rs []Reaction) string {
	var out []string
	for _, r := range rs {
		m := &r.Message
		switch r.Do {
		case Notify:
			s := "!" + r.Event.Kind.String()
			if r.Event.Code != "" {
				s += " " + r.Event.Code
			}
			if r.Event.Kind == Oddity {
				s += ": " + r.Event.Description
			}
			if r.Event.Ending {
				s += " (ending)"
			}
			out = append(out, s)
		case Deliver:
			out = append(out, fmt.Sprintf(">%v %d@%d [%x]", m.Type, m.Timestamp, m.StreamID, m.Payload))
		case Send:
			out = append(out, showMessage(m))
		}
	}
	return strings.Join(out, "; ")
}

func showMessage(m *message.Message) string {
	switch m.Type {
	case message.TypeCommand:
		c, err := message.ParseCommand(m)
		if err != nil {
			return err.Error()
		}
		s := fmt.Sprintf("%s#%v", c.Name, c.TransactionID)
		if m.StreamID != 0 {
			s += fmt.Sprintf("@%d", m.StreamID)
		}
		if c.Name == "connect" {
			return s
		}
		if _, null := c.Object.(amf.Null); !null {
			s += " object " + amf.Format(c.Object)
		}
		for _, a := range c.Args {
			s += " " + amf.Format(a)
		}
		return s
	case message.TypeUserControl:
		event, value, _, _ := message.ParseUserControl(m.Payload)
		if event == message.EventSWFVerifyReply {
			return fmt.Sprintf("%v %x", event, m.Payload[2:])
		}
		s := fmt.Sprintf("%v %d", event, value)
		if len(m.Payload) == 10 {
			more := message.Message{Payload: m.Payload[6:]}
			ms, _ := more.Uint32()
			s += fmt.Sprintf(" %d", ms)
		}
		return s
	}
	v, _ := m.Uint32()
	return fmt.Sprintf("%v %d", m.Type, v)
}

// What servers say.
var (
	success    = info("NetConnection.Connect.Success", "status")
	connectOK  = command("_result", 1, amf.Null{}, success)
	createdAs7 = command("_result", 2, amf.Null{}, amf.Number(7))
)

// command is a command of the server's, on stream 0. The first of its values is
// the command object.
func command(name string, transactionID float64, values ...amf.Value) *message.Message {
	return encode(message.TypeCommand, 0, append([]amf.Value{amf.String(name), amf.Number(transactionID)}, values...)...)
}

func status(code string) *message.Message { return statusOf("status", code) }

func statusOf(level, code string) *message.Message {
	m := command("onStatus", 0, amf.Null{}, info(code, level))
	m.StreamID = 7
	return m
}

// info is an information object: code, and level if it is not empty.
func info(code, level string) *amf.Object {
	o := &amf.Object{}
	if level != "" {
		o.Set("level", amf.String(level))
	}
	o.Set("code", amf.String(code))
	return o
}

func data(values ...amf.Value) *message.Message { return encode(message.TypeData, 7, values...) }

func encode(typ message.Type, streamID uint32, values ...amf.Value) *message.Message {
	b, err := amf.Append(nil, values...)
	if err != nil {
		panic(err)
	}
	return &message.Message{ChunkStreamID: 3, Type: typ, StreamID: streamID, Payload: b}
}

func control(m message.Message) *message.Message { return &m }

func event(e message.ControlEvent, v ...uint32) *message.Message {
	return control(message.UserControl(e, v...))
}

func on(streamID uint32, m *message.Message) *message.Message {
	c := *m
	c.StreamID = streamID
	return &c
}

func video(ts, streamID uint32) *message.Message {
	return &message.Message{ChunkStreamID: 6, Type: message.TypeVideo, Timestamp: ts, StreamID: streamID, Payload: []byte{0x17, 1}}
}

func audio(ts, streamID uint32) *message.Message {
	return &message.Message{ChunkStreamID: 4, Type: message.TypeAudio, Timestamp: ts, StreamID: streamID, Payload: []byte{0xaf, 1}}
}

// What the session says on its way, with the usual opening.
const (
	afterConnect = "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; " +
		"Set Buffer Length 0 300; FCSubscribe#3 \"show\""
	afterConnectCautious = "!connected NetConnection.Connect.Success; Window Acknowledgement Size 2500000; " +
		"Set Buffer Length 0 300; createStream#2; FCSubscribe#3 \"show\""
	claimed     = `releaseStream#2 "show"; FCPublish#3 "show"; createStream#4` // by a publisher
	afterCreate = "!created; play#4@7 \"show\"; Set Buffer Length 7 36000000"
)

// eof is io.EOF under a name that fits into tables.
var eof = io.EOF
