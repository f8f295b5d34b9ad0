// Package message is the vocabulary of RTMP above the chunk stream: message
// types, the bodies of the protocol control and user control messages, and
// commands and data in AMF. It builds and parses bodies; what to do about them
// is the session's business, and how they travel is the chunk package's.
//
// Parsers take no more of a body than they use, since servers pad and cut
// them, and report a body that is too short by ok == false or an error.
package message

import "strconv"

// A Message is one RTMP message, whole.
//
// A message that was read is borrowed: its reader says for how long. Clone
// makes one that may be kept.
type Message struct {
	// ChunkStreamID is the chunk stream it came on, or is to go out on. It
	// carries no meaning (messages are told apart by Type and StreamID).
	ChunkStreamID uint32
	Timestamp     uint32 // ms, of the sender's own epoch; wraps
	Type          Type
	StreamID      uint32 // message stream ID; 0 is the connection's
	Payload       []byte
}

// Clone returns a copy of m that shares nothing with it.
func (m *Message) Clone() *Message {
	c := *m
	c.Payload = append([]byte(nil), m.Payload...)
	return &c
}

// A Type is a message type ID (RTMP 1.0, 5.4, 6.2 and 7.1).
type Type uint8

// The message types.
const (
	TypeSetChunkSize              Type = 1
	TypeAbort                     Type = 2
	TypeAcknowledgement           Type = 3
	TypeUserControl               Type = 4
	TypeWindowAcknowledgementSize Type = 5
	TypeSetPeerBandwidth          Type = 6
	TypeAudio                     Type = 8
	TypeVideo                     Type = 9
	TypeDataAMF3                  Type = 15
	TypeSharedObjectAMF3          Type = 16
	TypeCommandAMF3               Type = 17
	TypeData                      Type = 18
	TypeSharedObject              Type = 19
	TypeCommand                   Type = 20
	TypeAggregate                 Type = 22
)

// IsControl tells whether t is a protocol control or user control message:
// types that are never longer than a few bytes.
func (t Type) IsControl() bool {
	return t >= TypeSetChunkSize && t <= TypeSetPeerBandwidth
}

// IsMedia tells whether t is audio or video.
func (t Type) IsMedia() bool { return t == TypeAudio || t == TypeVideo }

// Known tells whether t has a meaning in RTMP; others are to be ignored.
func (t Type) Known() bool { return int(t) < len(typeNames) && typeNames[t] != "" }

// String gives the name that the specification uses.
func (t Type) String() string {
	if t.Known() {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

var typeNames = [...]string{
	TypeSetChunkSize:              "Set Chunk Size",
	TypeAbort:                     "Abort",
	TypeAcknowledgement:           "Acknowledgement",
	TypeUserControl:               "User Control",
	TypeWindowAcknowledgementSize: "Window Acknowledgement Size",
	TypeSetPeerBandwidth:          "Set Peer Bandwidth",
	TypeAudio:                     "Audio",
	TypeVideo:                     "Video",
	TypeDataAMF3:                  "Data (AMF3)",
	TypeSharedObjectAMF3:          "Shared Object (AMF3)",
	TypeCommandAMF3:               "Command (AMF3)",
	TypeData:                      "Data",
	TypeSharedObject:              "Shared Object",
	TypeCommand:                   "Command",
	TypeAggregate:                 "Aggregate",
}
