package message

import (
	"bytes"
	"testing"
)

func TestControl(t *testing.T) {
	for _, tt := range []struct {
		m     Message
		typ   Type
		want  string
		value uint32
	}{
		{SetChunkSize(4096), 1, "00001000", 4096},
		{Acknowledgement(1<<32 + 5), 3, "00000005", 5},
		{WindowAcknowledgementSize(2_500_000), 5, "002625A0", 2_500_000},
		{SetPeerBandwidth(2_500_000, LimitSoft), 6, "002625A0 01", 2_500_000},
	} {
		if tt.m.Type != tt.typ || tt.m.ChunkStreamID != 2 || tt.m.StreamID != 0 || !bytes.Equal(tt.m.Payload, wire(t, tt.want)) {
			t.Errorf("%v: got %+v, want %s", tt.typ, tt.m, tt.want)
		}
		if v, ok := tt.m.Uint32(); !ok || v != tt.value {
			t.Errorf("%v: got %d, %v, want %d", tt.typ, v, ok, tt.value)
		}
	}
}

func TestControlShort(t *testing.T) {
	for n := range 8 {
		m := Message{Type: TypeSetPeerBandwidth, Payload: wire(t, "00000100 0000FF")[:min(n, 7)]}
		v, ok := m.Uint32()
		if ok != (n >= 4) || ok && v != 256 || !ok && v != 0 {
			t.Errorf("%d bytes: got %d, %v", n, v, ok)
		}
		want := LimitDynamic
		if n >= 5 {
			want = LimitHard
		}
		if got := m.Limit(); got != want {
			t.Errorf("%d bytes: got limit type %d, want %d", n, got, want)
		}
	}
	m := Message{Payload: wire(t, "00000100 03")}
	if got := m.Limit(); got != LimitDynamic {
		t.Errorf("unknown limit type: got %d", got)
	}
}

func TestUserControl(t *testing.T) {
	for _, tt := range []struct {
		name  string
		m     Message
		want  string
		event string
		value uint32
	}{
		{"Set Buffer Length", SetBufferLength(1, 3000), "0003 00000001 00000BB8", "Set Buffer Length", 1},
		{"a pong", UserControl(EventPingResponse, 0xDEADBEEF), "0007 DEADBEEF", "Ping Response", 0xDEADBEEF},
		{"no data", UserControl(EventBufferReady), "0020", "Buffer Ready", 0},
		{"a SWF verification", SWFVerifyReply([]byte{1, 1, 0, 0, 16, 0}), "001B 010100001000", "SWF Verification Response", 0x01010000},
		{"an event that nobody knows", UserControl(999, 5), "03E7 00000005", "event 999", 5},
	} {
		if tt.m.Type != TypeUserControl || tt.m.ChunkStreamID != 2 || !bytes.Equal(tt.m.Payload, wire(t, tt.want)) {
			t.Errorf("%s: got %+v, want %s", tt.name, tt.m, tt.want)
		}
		event, value, hasValue, ok := ParseUserControl(tt.m.Payload)
		if event.String() != tt.event || value != tt.value || hasValue != (len(tt.m.Payload) > 2) || !ok {
			t.Errorf("%s: got %v, %d, %v, %v", tt.name, event, value, hasValue, ok)
		}
	}
}

func TestParseUserControlShort(t *testing.T) {
	body := wire(t, "0006 0000000A 00000000")
	for n := range len(body) + 1 {
		event, value, hasValue, ok := ParseUserControl(body[:n])
		if ok != (n >= 2) || hasValue != (n >= 6) {
			t.Errorf("%d bytes: got %v, %v", n, hasValue, ok)
		}
		if ok && event != EventPingRequest || hasValue && value != 10 || !hasValue && value != 0 {
			t.Errorf("%d bytes: got %v %d", n, event, value)
		}
	}
	// A demand for SWF verification has one byte of data.
	if event, _, hasValue, ok := ParseUserControl(wire(t, "001A 01")); event != EventSWFVerifyRequest || hasValue || !ok {
		t.Errorf("SWF verification: got %v, %v, %v", event, hasValue, ok)
	}
}
