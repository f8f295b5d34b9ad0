package message

import (
	"errors"
	"fmt"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// The chunk streams that a client of the Flash era uses, and that every server
// therefore expects. Low numbers also matter for their own sake: nginx-rtmp
// refuses chunk stream IDs of 32 and more.
const (
	ControlChunkStreamID = 2
	CommandChunkStreamID = 3
	AudioChunkStreamID   = 4 // a publisher's, as the two that follow
	DataChunkStreamID    = 5
	VideoChunkStreamID   = 6
	StreamChunkStreamID  = 8 // play, publish, pause and seek
)

// ErrNoName is the error of a command whose first value is no string.
var ErrNoName = errors.New("message: a command without a name")

// A Command is a remote procedure call or the answer to one (RTMP 1.0, 7.1.1).
type Command struct {
	Name          string
	TransactionID float64 // as it was sent; servers also use odd ones
	Object        amf.Value
	Args          []amf.Value
}

// Message encodes the command for a message stream in AMF0. An Object that is
// nil is written as null.
func (c *Command) Message(chunkStreamID, streamID uint32) (Message, error) {
	object := c.Object
	if object == nil {
		object = amf.Null{}
	}
	b, err := amf.Append(nil, amf.String(c.Name), amf.Number(c.TransactionID), object)
	if err == nil {
		b, err = amf.Append(b, c.Args...)
	}
	if err != nil {
		return Message{}, fmt.Errorf("message: command %s: %w", c.Name, err)
	}
	return Message{
		ChunkStreamID: chunkStreamID,
		Type:          TypeCommand,
		StreamID:      streamID,
		Payload:       b,
	}, nil
}

// ParseCommand decodes a command of either form. With an error from amf it
// still returns what was read, if that includes the name. The transaction ID
// of a command that has none is 0.
//
// The info object of a reply is found by Info rather than by its place, since
// rtmpsrv leaves out the null before it.
func ParseCommand(m *Message) (*Command, error) {
	values, err := amf.Decode(body(m))
	if len(values) == 0 {
		if err != nil {
			return nil, err
		}
		return nil, ErrNoName
	}
	name, ok := amf.AsString(values[0])
	if !ok {
		return nil, ErrNoName
	}
	c := &Command{Name: name}
	values = values[1:]
	if len(values) > 0 {
		if id, ok := amf.AsNumber(values[0]); ok {
			c.TransactionID = id
			values = values[1:]
		}
	}
	if len(values) > 0 {
		c.Object, c.Args = values[0], values[1:]
	}
	return c, err
}

// body is what AMF0 begins in: the AMF3 forms have a format byte, always 0, in
// front of it. Some peers leave that out, and then the first byte is the
// marker of the name, a string.
func body(m *Message) []byte {
	const stringMarker = 2
	switch m.Type {
	case TypeCommandAMF3, TypeDataAMF3:
		if len(m.Payload) > 0 && m.Payload[0] != stringMarker {
			return m.Payload[1:]
		}
	}
	return m.Payload
}

// Info is the information object of an answer or a status: the last argument
// that is an object, or the command object if there is no other.
func (c *Command) Info() *amf.Object {
	for i := len(c.Args) - 1; i >= 0; i-- {
		if o, ok := amf.AsObject(c.Args[i]); ok {
			return o
		}
	}
	o, _ := amf.AsObject(c.Object)
	return o
}
