package message

import (
	"encoding/binary"
	"strconv"
)

// A ControlEvent is the event type of a User Control message (RTMP 1.0, 7.1.7;
// the last four are Adobe's, known from its servers).
type ControlEvent uint16

// The user control events.
const (
	EventStreamBegin      ControlEvent = 0
	EventStreamEOF        ControlEvent = 1
	EventStreamDry        ControlEvent = 2
	EventSetBufferLength  ControlEvent = 3
	EventStreamIsRecorded ControlEvent = 4
	EventPingRequest      ControlEvent = 6
	EventPingResponse     ControlEvent = 7
	EventSWFVerifyRequest ControlEvent = 26
	EventSWFVerifyReply   ControlEvent = 27
	EventBufferEmpty      ControlEvent = 31
	EventBufferReady      ControlEvent = 32
)

// String gives the name that the specification uses.
func (e ControlEvent) String() string {
	switch e {
	case EventStreamBegin:
		return "Stream Begin"
	case EventStreamEOF:
		return "Stream EOF"
	case EventStreamDry:
		return "Stream Dry"
	case EventSetBufferLength:
		return "Set Buffer Length"
	case EventStreamIsRecorded:
		return "Stream Is Recorded"
	case EventPingRequest:
		return "Ping Request"
	case EventPingResponse:
		return "Ping Response"
	case EventSWFVerifyRequest:
		return "SWF Verification Request"
	case EventSWFVerifyReply:
		return "SWF Verification Response"
	case EventBufferEmpty:
		return "Buffer Empty"
	case EventBufferReady:
		return "Buffer Ready"
	}
	return "event " + strconv.Itoa(int(e))
}

// UserControl builds a User Control message. Its data is one or two numbers: a
// message stream ID, or a time, and for Set Buffer Length a length in ms.
func UserControl(event ControlEvent, data ...uint32) Message {
	b := binary.BigEndian.AppendUint16(nil, uint16(event))
	for _, v := range data {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return Message{ChunkStreamID: ControlChunkStreamID, Type: TypeUserControl, Payload: b}
}

// SetBufferLength tells the server how many milliseconds of a stream we
// buffer. Servers of recorded streams send that much ahead of real time.
func SetBufferLength(streamID, ms uint32) Message {
	return UserControl(EventSetBufferLength, streamID, ms)
}

// SWFVerifyReply answers a SWF Verification Request by what the handshake made for
// that.
func SWFVerifyReply(answer []byte) Message {
	m := UserControl(EventSWFVerifyReply)
	m.Payload = append(m.Payload, answer...)
	return m
}

// ParseUserControl reads the event of a User Control message and the number
// behind it, which is 0 with hasValue false if there is none.
func ParseUserControl(payload []byte) (event ControlEvent, value uint32, hasValue, ok bool) {
	if len(payload) < 2 {
		return 0, 0, false, false
	}
	event = ControlEvent(binary.BigEndian.Uint16(payload))
	if len(payload) < 6 {
		return event, 0, false, true
	}
	return event, binary.BigEndian.Uint32(payload[2:]), true, true
}
