package session

import (
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestUserControl(t *testing.T) {
	const (
		then = Starting
		ping = message.EventPingRequest
	)
	steps := []step{
		{event(ping, 0xdeadbeef), "Ping Response 3735928559", then, nil},
		{event(ping), "", then, nil}, // without its number
		{event(message.EventStreamBegin, 7), "!stream begin", then, nil},
		{event(message.EventStreamBegin, 0), "!stream begin", then, nil}, // crtmpserver
		{event(message.EventStreamBegin, 8), "", then, nil},
		{event(message.EventStreamBegin), "", then, nil},
		{event(message.EventStreamEOF, 7), "!stream eof (ending)", then, nil},
		{event(message.EventStreamEOF, 8), "", then, nil},
		{event(message.EventStreamDry, 7), "!stream dry", then, nil},
		{event(message.EventStreamIsRecorded, 7), "!stream is recorded", then, nil},
		{event(message.EventBufferEmpty, 7), "!buffer empty", then, nil},
		{event(message.EventBufferReady, 7), "!buffer ready", then, nil},
		{event(message.EventSetBufferLength, 7, 100), "", then, nil}, // ours to say, not theirs
		{event(message.EventPingResponse, 1), "", then, nil},
		{event(message.EventSWFVerifyRequest), "!oddity: the server asks for SWF verification, and no player's SWF file is known", then, nil},
		{event(99, 7), "", then, nil},
		{&message.Message{Type: message.TypeUserControl, Payload: []byte{0}}, "", then, nil},
		{&message.Message{Type: message.TypeUserControl}, "", then, nil},
		{on(9, event(ping, 1)), "Ping Response 1", then, nil}, // on a stream and chunk stream of their own
	}
	bothWays(t, Config{}, func(t *testing.T, cfg Config) { run(t, at(t, cfg, then), steps) })
	t.Run("before there is a stream", func(t *testing.T) {
		run(t, at(t, Config{}, Connecting), []step{
			{event(ping, 1), "Ping Response 1", Connecting, nil},
			{event(message.EventStreamEOF, 0), "", Connecting, nil},
		})
	})
}

func TestSWFVerification(t *testing.T) {
	request := func(kind ...byte) *message.Message {
		return &message.Message{Type: message.TypeUserControl, Payload: append([]byte{0, 26}, kind...)}
	}
	const (
		then   = Starting
		answer = "SWF Verification Response 01010000001000000010aabb"
		kind2  = "!oddity: the server asks for SWF verification of type 2, which is not known"
		kind80 = "!oddity: the server asks for SWF verification of type 128, which is not known"
		plain  = "!oddity: the server asks for SWF verification, but has shaken hands without the digests that it takes"
	)
	body := []byte{1, 1, 0, 0, 0, 16, 0, 0, 0, 16, 0xaa, 0xbb}
	bothWays(t, Config{}, func(t *testing.T, cfg Config) {
		s := at(t, cfg, then)
		s.VerifyAs(body)
		run(t, s, []step{
			{request(1), answer, then, nil},
			{request(0), answer, then, nil},
			{request(), answer, then, nil},
			{request(1, 0, 0, 0, 0, 0), answer, then, nil},
			{request(2), kind2, then, nil},
			{request(0x80), kind80, then, nil}, // librtmp takes it for a negative one
			{request(1), answer, then, nil},    // again, if it asks again
		})
		s = at(t, cfg, then)
		s.VerifyAs(nil)
		run(t, s, []step{{request(1), plain, then, nil}, {request(2), kind2, then, nil}})
	})
	t.Run("before connect is answered", func(t *testing.T) {
		s := at(t, Config{}, Connecting)
		s.VerifyAs(body)
		run(t, s, []step{{request(1), answer, Connecting, nil}})
	})
}

func TestSetPeerBandwidth(t *testing.T) {
	limit := func(size uint32, l message.LimitType) *message.Message {
		return control(message.SetPeerBandwidth(size, l))
	}
	run(t, at(t, Config{}, Streaming), []step{
		{limit(1000, message.LimitDynamic), "", Streaming, nil}, // no hard one before
		{limit(2_500_000, message.LimitHard), "", Streaming, nil},
		{limit(1000, message.LimitHard), "Window Acknowledgement Size 1000", Streaming, nil},
		{limit(1000, message.LimitHard), "", Streaming, nil},
		{limit(500, message.LimitDynamic), "Window Acknowledgement Size 500", Streaming, nil},
		{limit(600, message.LimitSoft), "", Streaming, nil}, // the smaller counts
		{limit(400, message.LimitSoft), "Window Acknowledgement Size 400", Streaming, nil},
		{limit(300, message.LimitDynamic), "", Streaming, nil}, // the last was soft
		{limit(300, 77), "", Streaming, nil},
		{limit(0, message.LimitHard), "", Streaming, nil},
		{&message.Message{Type: message.TypeSetPeerBandwidth, Payload: []byte{0, 0, 1}}, "", Streaming, nil},
		{&message.Message{Type: message.TypeSetPeerBandwidth, Payload: []byte{0, 0, 1, 0}}, "", Streaming, nil}, // no limit type
	})
}

func TestAcknowledgements(t *testing.T) {
	tests := []struct {
		name   string
		window uint32 // 0: none is announced
		every  uint64
	}{
		{"no window", 0, 1 << 20},
		{"a common one", 2_500_000, 1_250_000},
		{"1 byte", 1, 16 << 10},
		{"the largest", 0xffffffff, 16 << 20},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := at(t, Config{}, Streaming)
			if test.window > 0 {
				run(t, s, []step{
					{control(message.WindowAcknowledgementSize(test.window)), "", Streaming, nil},
					{control(message.WindowAcknowledgementSize(0)), "", Streaming, nil}, // is passed over
					{&message.Message{Type: message.TypeWindowAcknowledgementSize}, "", Streaming, nil},
				})
			}
			total := uint64(1) << 33 // more than the wire's 32 bits, from the start
			s.Received(nil, total)
			if got := show(s.Received(nil, total+test.every-1)); got != "" {
				t.Errorf("one byte early: says %s", got)
			}
			rs := s.Received(nil, total+test.every)
			if len(rs) != 1 || rs[0].Message.Type != message.TypeAcknowledgement {
				t.Fatalf("says %s, want an Acknowledgement", show(rs))
			}
			if v, _ := rs[0].Message.Uint32(); v != uint32(total+test.every) {
				t.Errorf("acknowledges %d, want %d", v, uint32(total+test.every))
			}
			if got := show(s.Received(nil, total+test.every)); got != "" {
				t.Errorf("twice: says %s", got)
			}
			s.Stop(nil)
			if got := show(s.Received(nil, total*2)); got != "" {
				t.Errorf("after the end: says %s", got)
			}
		})
	}
}
