// Package session is the client's half of an RTMP conversation: what to say to
// a server so that it plays a stream or takes one, and what to make of
// everything that it says. It is a machine without I/O: it is told messages and
// answers with reactions, and somebody else has the socket and the clock.
//
//	Idle ─Start─> Connecting ─_result─> Creating ─_result─> Starting ─Play.Start, media, Publish.Start─> Streaming
//	                  └──────── refused, ended, closed ────────┴──────────────────────────────────────────> Ended
//
// A publisher that stops goes by way of Leaving, in which the server may still
// say that it has everything.
//
// To teach it the oddity of one server is to add one row: to handler, to
// verdictOf, or to harmless, the calls that may fail.
package session

import (
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A Role is what the client does with the stream.
type Role uint8

// The roles.
const (
	Play Role = iota
	Publish
)

// A Kind is what a stream is said to be, which decides how it is asked for.
type Kind uint8

// The kinds of stream.
const (
	Any       Kind = iota // live if there is such a stream, recorded otherwise
	Live                  // live only
	Recorded              // recorded only, from Config.Start on
	FromStart             // either: play has Config.Start as its start argument, as rtmpdump's has
)

// A Config says what to ask the server for, and how.
type Config struct {
	Role Role

	// The members of connect's command object. Those that are empty are left
	// out, but for App.
	App, FlashVer, SWFURL, TcURL, PageURL string

	Auth  string      // follows the command object, after a true
	Extra []amf.Value // follow that, as they are

	PlayPath string // the stream's name

	// Of what follows, as far as ChunkSize, a publisher uses Token alone.

	Kind   Kind
	Start  uint32 // ms, where a recorded stream begins, of Recorded and FromStart
	Length uint32 // ms to play; 0: all
	Buffer uint32 // ms, as Set Buffer Length announces; 0: DefaultBuffer, which grows with the stream

	// Realtime leaves it to the server when to go on with a recorded stream of which
	// it has sent as much as Buffer. Otherwise it is made to go on at once, by a pause
	// and a resume.
	Realtime bool

	Subscribe  string // the name for FCSubscribe; empty: PlayPath if it is Live or Any
	Token      string // the key that decodes the server's secureToken
	UsherToken string // for NetStream.Authenticate.UsherToken
	Playlist   bool   // set_playlist before play; the stream may have several items

	// ChunkSize is what a publisher announces for all that it sends from then
	// on, in bytes; 0: it stays at RTMP's 128.
	ChunkSize uint32

	// Reconnect announces that a ReconnectRequest is heeded by the layer above, of
	// a player as of a publisher. It is an event whether announced or not.
	Reconnect bool

	// NoFourCcList leaves fourCcList out of connect, since go2rtc does not answer a
	// connect that has an array in it. The rest of Enhanced RTMP is announced.
	NoFourCcList bool

	// Cautious is for servers that the usual opening upsets: nothing is said
	// before connect is answered, and connect has RTMP 1.0's members alone,
	// without those of Enhanced RTMP.
	Cautious bool
}

// DefaultBuffer is the buffer length that is announced when none is asked for:
// ten hours, so that servers of recorded streams do not pace them. If a stream's
// onMetaData says that it is longer, a greater one is announced then.
const DefaultBuffer = 36_000_000 // ms

// A State is how far the conversation has come.
type State uint8

// The states.
const (
	Idle       State = iota
	Connecting       // connect waits for its answer
	Creating         // createStream waits for its answer
	Starting         // play or publish waits for its status, or play for media
	Streaming        // media may come, or go
	Leaving          // a publisher has said goodbye, and the server may answer
	Ended            // nothing is said or expected any more
)

// String gives the state's name.
func (s State) String() string {
	return [...]string{"idle", "connecting", "creating", "starting", "streaming", "leaving", "ended"}[s]
}

// A Reaction is one thing to do. It is no interface, so that to deliver a frame
// allocates nothing.
type Reaction struct {
	Do      Action
	Message message.Message // to Send or Deliver
	Event   *Event          // to Notify of
}

// An Action is what a Reaction asks for.
type Action uint8

// The actions.
const (
	Send    Action = iota // Message to the server
	Deliver               // Message to whoever plays the stream
	Notify                // whoever watches, of Event
)

// A Session is the client's half of one NetConnection that carries one
// NetStream. It is not safe for concurrent use.
type Session struct {
	cfg   Config
	state State
	err   error // why it ended

	calls    []call
	lastID   uint32 // of the transaction IDs given out
	streamID uint32
	created  bool // createStream was answered, streamID is valid
	early    bool // createStream was sent before connect was answered
	connect  bool // connect was answered

	flow   flow
	media  media
	buffer uint32 // ms, as announced last

	player verification

	checkedBandwidth bool
	bandwidthChecks  uint32 // _onbwcheck answered
}

// New returns a Session that has said nothing yet.
func New(cfg Config) *Session {
	if cfg.Buffer == 0 {
		cfg.Buffer = DefaultBuffer
	}
	return &Session{cfg: cfg, buffer: cfg.Buffer}
}

// State tells how far the conversation has come.
func (s *Session) State() State { return s.state }

// StreamID is the message stream that the server has given us, 0 before it has.
func (s *Session) StreamID() uint32 { return s.streamID }

// Role is what the client does with the stream.
func (s *Session) Role() Role { return s.cfg.Role }

// Kind is what the stream was said to be.
func (s *Session) Kind() Kind { return s.cfg.Kind }

// Start appends the opening words. The error is for a Config whose Extra values
// cannot be written.
//
// A player's createStream goes out together with connect, which saves a round
// trip: servers read one after the other. The answers may come in any order, and
// a server that does not take to it is asked again when connect is answered. A
// publisher has releaseStream and FCPublish to say before it.
func (s *Session) Start(dst []Reaction) ([]Reaction, error) {
	connect, err := s.connectMessage()
	if err != nil {
		return dst, err
	}
	s.state = Connecting
	dst = append(dst, Reaction{Do: Send, Message: connect})
	if s.cfg.Role == Play && !s.cfg.Cautious {
		s.early = true
		dst = s.createStream(dst)
	}
	return dst, nil
}

// Nudge is for a server that has answered connect and then says nothing: a
// createStream that was sent early may have been passed over, and is sent once
// more. It tells by ok whether there was reason to.
func (s *Session) Nudge(dst []Reaction) (_ []Reaction, ok bool) {
	if s.state != Creating || !s.early {
		return dst, false
	}
	return s.createAgain(dst), true
}

// Stop appends the words of parting and ends the session. That of a publisher
// is Leaving first, until Handle has heard that the server has taken all, which
// some servers say, or until Stop is called again.
func (s *Session) Stop(dst []Reaction) []Reaction {
	if s.state < Starting || s.state >= Leaving {
		s.state = Ended
		return dst
	}
	s.state = Ended
	if s.cfg.Role == Publish {
		s.state = Leaving
		dst = s.call(dst, "FCUnpublish", message.CommandChunkStreamID, 0, amf.String(s.cfg.PlayPath))
	}
	return s.say(dst, "deleteStream", 0, amf.Number(s.streamID))
}

// Handle takes one message from the server and appends the reactions to dst.
// The error says why the session has ended: io.EOF at an orderly end, a
// *StatusError for a refusal, ErrClosed if the server closes it. It stays, and
// a session that has ended is silent.
//
// What is delivered borrows m's payload.
func (s *Session) Handle(dst []Reaction, m *message.Message) ([]Reaction, error) {
	if s.state == Ended {
		return dst, s.err
	}
	switch m.Type {
	case message.TypeAudio, message.TypeVideo:
		return s.handleMedia(dst, m), nil
	case message.TypeData, message.TypeDataAMF3:
		dst, s.err = s.handleData(dst, m)
	case message.TypeCommand, message.TypeCommandAMF3:
		dst, s.err = s.handleCommand(dst, m)
	case message.TypeUserControl:
		dst = s.handleUserControl(dst, m)
	case message.TypeWindowAcknowledgementSize:
		s.flow.setWindow(m)
	case message.TypeSetPeerBandwidth:
		dst = s.flow.setPeerBandwidth(dst, m)
	}
	if s.err != nil {
		s.state = Ended
	}
	return dst, s.err
}
