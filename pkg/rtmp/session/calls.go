package session

import (
	"slices"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A call is a command that the server is expected to answer.
type call struct {
	id   uint32
	name string
}

// harmless tells whether a call may fail without loss: servers that do not know
// these answer _error (crtmpserver to _checkbw and FCUnpublish, others to
// FCSubscribe).
func harmless(name string) bool {
	switch name {
	case "FCSubscribe", "_checkbw", "set_playlist", "NetStream.Authenticate.UsherToken", "pause", "seek",
		"releaseStream", "FCPublish", "FCUnpublish":
		return true
	}
	return false
}

// call appends a command with a transaction ID of its own and remembers it
// until it is answered.
func (s *Session) call(dst []Reaction, name string, chunkStreamID, streamID uint32, args ...amf.Value) []Reaction {
	s.lastID++
	s.calls = append(s.calls, call{s.lastID, name})
	return s.write(dst, message.Command{Name: name, TransactionID: float64(s.lastID), Args: args}, chunkStreamID, streamID)
}

// say appends a command on the connection's own stream that nobody answers, or
// an answer to the server's.
func (s *Session) say(dst []Reaction, name string, transactionID float64, args ...amf.Value) []Reaction {
	return s.write(dst, message.Command{Name: name, TransactionID: transactionID, Args: args},
		message.CommandChunkStreamID, 0)
}

func (s *Session) write(dst []Reaction, c message.Command, chunkStreamID, streamID uint32) []Reaction {
	m, err := c.Message(chunkStreamID, streamID)
	if err != nil { // strings, numbers and booleans can always be written
		return oddity(dst, "%s was not sent: %v", c.Name, err)
	}
	return append(dst, Reaction{Do: Send, Message: m})
}

// take removes the call that an answer is for, by its transaction ID.
func (s *Session) take(id float64) (name string, ok bool) {
	i := slices.IndexFunc(s.calls, func(c call) bool { return float64(c.id) == id })
	if i < 0 {
		return "", false
	}
	name = s.calls[i].name
	s.calls = slices.Delete(s.calls, i, i+1)
	return name, true
}

// done removes the oldest call of a name, which something other than an answer
// has shown to be done.
func (s *Session) done(name string) bool {
	i := slices.IndexFunc(s.calls, func(c call) bool { return c.name == name })
	if i < 0 {
		return false
	}
	s.calls = slices.Delete(s.calls, i, i+1)
	return true
}

// pending tells whether a call of that name waits for its answer.
func (s *Session) pending(name string) bool {
	return slices.ContainsFunc(s.calls, func(c call) bool { return c.name == name })
}

// handler returns what takes a command that servers call on a client; nil: unknown.
func handler(name string) func(*Session, []Reaction, *message.Command) ([]Reaction, error) {
	switch name {
	case "_result":
		return (*Session).handleResult
	case "_error":
		return (*Session).handleError
	case "onStatus":
		return (*Session).handleStatus
	case "onBWDone":
		return (*Session).handleBWDone
	case "_onbwcheck":
		return (*Session).handleBWCheck
	case "_onbwdone":
		return (*Session).handleBWCheckDone
	case "ping":
		return (*Session).handlePing
	case "playlist_ready":
		return (*Session).handlePlaylistReady
	case "onFCUnsubscribe":
		return (*Session).handleFCUnsubscribe
	case "close":
		return (*Session).handleClose
	case "onFCSubscribe", "onFCPublish", "onFCUnpublish":
		return (*Session).handleNothing
	}
	return nil
}

// handleCommand dispatches a command in either form.
func (s *Session) handleCommand(dst []Reaction, m *message.Message) ([]Reaction, error) {
	c, err := message.ParseCommand(m)
	if err != nil {
		dst = oddity(dst, "a %s of %d bytes: %v", m.Type, len(m.Payload), err)
	}
	if c == nil {
		return dst, nil
	}
	if h := handler(c.Name); h != nil {
		return h(s, dst, c)
	}
	return oddity(dst, "an unknown command: %s", printable(c.Name)), nil
}

// handleResult takes the answer to a call of ours.
func (s *Session) handleResult(dst []Reaction, c *message.Command) ([]Reaction, error) {
	name, ok := s.take(c.TransactionID)
	if !ok {
		if name, ok = s.guess(c); !ok {
			return oddity(dst, "a _result that no call waits for, transaction ID %v", c.TransactionID), nil
		}
	}
	switch name {
	case "connect":
		return s.connected(dst, c)
	case "createStream":
		return s.streamCreated(dst, c)
	case "play", "publish":
		return s.started(dst), nil
	}
	return dst, nil
}

// guess finds the call that an answer with a wrong transaction ID is for: the
// one whose answer looks like that.
func (s *Session) guess(c *message.Command) (name string, ok bool) {
	if s.state == Connecting && text(c.Info(), "code") == "NetConnection.Connect.Success" {
		name = "connect"
	} else if _, isID := streamIDOf(c); isID && c.TransactionID == 0 && s.state == Creating {
		name = "createStream"
	}
	return name, name != "" && s.done(name)
}

// handleError takes a refusal of a call of ours.
func (s *Session) handleError(dst []Reaction, c *message.Command) ([]Reaction, error) {
	e := newStatusError("", c.Info())
	name, ok := s.take(c.TransactionID)
	if !ok {
		if name = s.blame(e.Code); name == "" {
			return oddity(dst, "an _error that no call waits for, transaction ID %v", c.TransactionID), nil
		}
	}
	e.Call = name
	switch {
	case s.state == Leaving:
		return dst, nil
	case harmless(name):
		if name == "seek" {
			s.media.seeking = false // nothing has moved
		}
		return oddity(dst, "the server does not know %s", name), nil
	case name == "createStream" && (s.created || s.pending(name)):
		// One of two: it was asked too soon, and has been asked again since.
		return dst, nil
	case name == "createStream" && s.early:
		return s.tooEarly(dst), nil
	}
	return dst, e
}

// blame finds the call that a refusal with a wrong transaction ID is for; some
// servers refuse connect with 0. Before connect is answered, all but a refusal of
// the connection is likelier to be for the createStream that was sent along.
func (s *Session) blame(code string) string {
	name := "connect"
	if s.early && !strings.HasPrefix(code, "NetConnection.Connect.") {
		name = "createStream"
	}
	if s.state != Connecting || !s.done(name) {
		return ""
	}
	return name
}

// tooEarly is for a server that did not take to a createStream before its answer
// to connect: it is asked again after that.
func (s *Session) tooEarly(dst []Reaction) []Reaction {
	s.early = false
	if s.connect {
		dst = s.createStream(dst)
	}
	return dst
}

func (s *Session) handleBWDone(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	if s.checkedBandwidth {
		return dst, nil
	}
	s.checkedBandwidth = true
	return s.call(dst, "_checkbw", message.CommandChunkStreamID, 0), nil
}

func (s *Session) handleBWCheck(dst []Reaction, c *message.Command) ([]Reaction, error) {
	dst = s.say(dst, "_result", c.TransactionID, amf.Number(s.bandwidthChecks))
	s.bandwidthChecks++
	return dst, nil
}

func (s *Session) handleBWCheckDone(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	s.done("_checkbw")
	return dst, nil
}

func (s *Session) handlePing(dst []Reaction, c *message.Command) ([]Reaction, error) {
	return s.say(dst, "pong", c.TransactionID), nil
}

func (s *Session) handlePlaylistReady(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	s.done("set_playlist")
	return dst, nil
}

func (s *Session) handleNothing(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	return dst, nil
}

func (s *Session) handleClose(dst []Reaction, _ *message.Command) ([]Reaction, error) {
	return dst, ErrClosed
}
