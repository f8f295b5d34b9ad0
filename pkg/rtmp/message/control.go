package message

import "encoding/binary"

// A LimitType says how a Set Peer Bandwidth is meant (RTMP 1.0, 5.4.5).
type LimitType uint8

// The limit types.
const (
	LimitHard    LimitType = 0
	LimitSoft    LimitType = 1
	LimitDynamic LimitType = 2
)

// SetChunkSize announces that the sender's chunks carry up to size bytes from
// the next one on.
func SetChunkSize(size uint32) Message { return control(TypeSetChunkSize, size) }

// Acknowledgement tells the peer how many bytes have arrived. The count is
// taken modulo 2^32.
func Acknowledgement(bytes uint64) Message {
	return control(TypeAcknowledgement, uint32(bytes))
}

// WindowAcknowledgementSize asks the peer to acknowledge every size bytes.
func WindowAcknowledgementSize(size uint32) Message {
	return control(TypeWindowAcknowledgementSize, size)
}

// SetPeerBandwidth limits what the peer may send without an acknowledgement.
func SetPeerBandwidth(size uint32, limit LimitType) Message {
	m := control(TypeSetPeerBandwidth, size)
	m.Payload = append(m.Payload, byte(limit))
	return m
}

func control(t Type, v uint32) Message {
	return Message{
		ChunkStreamID: ControlChunkStreamID,
		Type:          t,
		Payload:       binary.BigEndian.AppendUint32(nil, v),
	}
}

// Uint32 reads the number that the protocol control messages 1, 2, 3, 5 and 6
// begin with.
func (m *Message) Uint32() (v uint32, ok bool) {
	if len(m.Payload) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(m.Payload), true
}

// Limit reads the limit type of a Set Peer Bandwidth. A body without one, or
// with an unknown one, counts as dynamic, which asks for nothing.
func (m *Message) Limit() LimitType {
	if len(m.Payload) < 5 || m.Payload[4] > byte(LimitDynamic) {
		return LimitDynamic
	}
	return LimitType(m.Payload[4])
}
