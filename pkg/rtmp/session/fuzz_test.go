package session

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// FuzzSession feeds arbitrary messages, in a form in which real conversations
// can be seeds: per message its type, stream ID, two bytes of length, payload. A
// type of 200 and more is one of the caller's own wishes.
func FuzzSession(f *testing.F) {
	for _, c := range slices.Concat(conversations, publications) {
		var seed []byte
		for _, st := range c.steps {
			if st.hear == nil {
				st.hear = &message.Message{Type: 204}
			}
			seed = appendFuzzed(seed, st.hear)
		}
		f.Add(seed, false, c.cfg.Role == Publish)
		f.Add(append(seed, 200, 0, 0, 0, 201, 0, 0, 0, 202, 0, 0, 0, 203, 0, 0, 0, 204, 0, 0, 0), true, c.cfg.Role == Publish)
	}
	f.Fuzz(func(t *testing.T, in []byte, cautious, publish bool) {
		cfg := Config{App: "live", PlayPath: "show", Token: "key", Playlist: true, UsherToken: "x", ChunkSize: 4096, Cautious: cautious}
		if publish {
			cfg.Role = Publish
		}
		s := New(cfg)
		rs, err := s.Start(nil)
		if err != nil {
			t.Fatal(err)
		}
		write(t, rs)
		var ended error
		for total := uint64(0); len(in) >= 4; total += 1 << 16 {
			m := &message.Message{Type: message.Type(in[0]), StreamID: uint32(in[1] & 15), Timestamp: uint32(in[1]) << 28}
			n := min(int(in[2])<<8|int(in[3]), len(in)-4)
			m.Payload, in = in[4:4+n], in[4+n:]
			before, was := bytes.Clone(m.Payload), s.State()
			switch m.Type {
			case 200:
				rs = s.Bounce(nil)
			case 201:
				rs = s.Seek(nil, total32(total))
			case 202:
				rs = s.Pause(nil, len(in) == 0)
			case 203:
				rs, _ = s.Nudge(nil)
			case 204:
				if rs = s.Stop(nil); s.State() < Leaving {
					t.Fatalf("is %v after Stop", s.State())
				}
			default:
				rs, err = s.Handle(nil, m)
				if was == Ended && err != ended {
					t.Fatalf("after the end: %v, was %v", err, ended)
				}
				if was != Ended && (s.State() == Ended) != (err != nil) {
					t.Fatalf("is %v, with the error %v", s.State(), err)
				}
				ended = err
			}
			rs = s.Received(rs, total)
			if was == Ended && len(rs) > 0 {
				t.Fatalf("after the end it says %s", show(rs))
			}
			if s.State() < was {
				t.Fatalf("was %v, is %v", was, s.State())
			}
			if len(rs) > 10 {
				t.Fatalf("%d reactions to one message: %s", len(rs), show(rs))
			}
			if !bytes.Equal(before, m.Payload) {
				t.Fatal("the payload was written to")
			}
			write(t, rs)
		}
		// Pauses and seeks are the caller's; the rest the server cannot multiply.
		if pauses := count(s, "pause") + count(s, "seek"); len(s.calls)-pauses > 10 {
			t.Fatalf("%d calls wait for an answer", len(s.calls))
		}
		s.Stop(nil)
		if s.State() < Leaving || len(s.Stop(nil)) > 0 || s.State() != Ended {
			t.Fatalf("is %v after two Stops", s.State())
		}
	})
}

func total32(n uint64) uint32 { return uint32(n) }

func count(s *Session, name string) (n int) {
	for _, c := range s.calls {
		if c.name == name {
			n++
		}
	}
	return n
}

// write checks that all that is said can be.
func write(t *testing.T, rs []Reaction) {
	w := chunk.NewWriter(io.Discard)
	for i := range rs {
		if rs[i].Do == Send {
			if err := w.Write(&rs[i].Message); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func appendFuzzed(b []byte, m *message.Message) []byte {
	b = append(b, byte(m.Type), byte(m.StreamID), byte(len(m.Payload)>>8), byte(len(m.Payload)))
	return append(b, m.Payload...)
}
