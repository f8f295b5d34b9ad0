package session

import "github.com/rtmpull/rtmpull/pkg/rtmp/message"

const (
	// defaultWindow is announced to a server that announced none, in bytes.
	defaultWindow = 2_500_000

	// Acknowledgements are sent every half window, since servers of Adobe's
	// line stall after a window or two without: at least this often, whatever
	// the window, and at most this often, however small it is.
	maxAckEvery = 16 << 20
	minAckEvery = 16 << 10

	// ackEvery is for servers that announced no window.
	ackEvery = 1 << 20
)

// flow is the state of acknowledgements and windows (RTMP 1.0, 5.4.3 to 5.4.5).
type flow struct {
	window    uint32 // the server's: it wants to hear from us that often; 0: unknown
	announced uint32 // ours, as last sent; 0: not yet
	hard      bool   // the last Set Peer Bandwidth was of the hard kind
	limit     uint32 // ... and its size
	acked     uint64 // bytes acknowledged
}

// setWindow takes a Window Acknowledgement Size. 0 would mean to acknowledge
// every byte, and is ignored.
func (f *flow) setWindow(m *message.Message) {
	if v, ok := m.Uint32(); ok && v > 0 {
		f.window = v
	}
}

// setPeerBandwidth takes a limit of what we may send without hearing that it
// came. A player sends next to nothing, and publishers do not keep to it either:
// what servers acknowledge is not to be relied on. All there is to it is the
// answer that the server may wait for.
func (f *flow) setPeerBandwidth(dst []Reaction, m *message.Message) []Reaction {
	size, ok := m.Uint32()
	if !ok || size == 0 {
		return dst
	}
	switch m.Limit() {
	case message.LimitHard:
		f.hard = true
	case message.LimitSoft:
		if f.limit != 0 {
			size = min(size, f.limit)
		}
		f.hard = false
	case message.LimitDynamic:
		if !f.hard {
			return dst
		}
	}
	f.limit = size
	if f.announced == 0 || f.announced == size {
		return dst // connect's answer is followed by it anyway
	}
	return f.send(dst, size)
}

// announce sends our window: the limit that the server set, or its own window
// back to it, or the default.
func (f *flow) announce(dst []Reaction) []Reaction {
	switch {
	case f.limit != 0:
		return f.send(dst, f.limit)
	case f.window != 0:
		return f.send(dst, f.window)
	}
	return f.send(dst, defaultWindow)
}

func (f *flow) send(dst []Reaction, size uint32) []Reaction {
	f.announced = size
	return append(dst, Reaction{Do: Send, Message: message.WindowAcknowledgementSize(size)})
}

// Received takes the count of bytes that have arrived since the handshake began
// and appends an Acknowledgement when the server's window asks for one.
func (s *Session) Received(dst []Reaction, total uint64) []Reaction {
	if s.state == Ended || total-s.flow.acked < s.flow.every() {
		return dst
	}
	s.flow.acked = total
	return append(dst, Reaction{Do: Send, Message: message.Acknowledgement(total)})
}

func (f *flow) every() uint64 {
	if f.window == 0 {
		return ackEvery
	}
	return max(minAckEvery, min(uint64(f.window)/2, maxAckEvery))
}

// handleUserControl takes a User Control message. Events about streams that are
// not ours are passed over, and so are unknown ones.
func (s *Session) handleUserControl(dst []Reaction, m *message.Message) []Reaction {
	event, value, hasValue, ok := message.ParseUserControl(m.Payload)
	if !ok || !hasValue && event != message.EventSWFVerifyRequest {
		return dst
	}
	var kind EventKind
	switch event {
	case message.EventPingRequest:
		return append(dst, Reaction{Do: Send, Message: message.UserControl(message.EventPingResponse, value)})
	case message.EventSWFVerifyRequest:
		return s.player.verify(dst, m.Payload)
	case message.EventStreamBegin:
		kind = StreamBegin
	case message.EventStreamEOF:
		kind = StreamEOF
	case message.EventStreamDry:
		kind = StreamDry
	case message.EventStreamIsRecorded:
		kind = StreamIsRecorded
	case message.EventBufferEmpty:
		kind = BufferEmpty
	case message.EventBufferReady:
		kind = BufferReady
	default:
		return dst
	}
	if s.state < Starting || value != 0 && value != s.streamID && !s.media.adopted(value) {
		return dst
	}
	e := Event{Kind: kind, StreamID: value}
	if s.cfg.Role == Play {
		switch kind {
		case StreamBegin:
			s.media.resumes()
			e.Begun = true
		case StreamEOF:
			e.Ending = !s.media.forgives(forgiveEOF)
		case StreamIsRecorded:
			s.media.recorded = true
		case BufferEmpty:
			return s.emptied(notify(dst, e))
		}
	}
	return notify(dst, e)
}
