package serve

import (
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestPlaysRTMPE lets clients play a file with encryption and without at the same
// time: they share what is sent, and none may spoil it for the others.
func TestPlaysRTMPE(t *testing.T) {
	for _, size := range []uint32{128, 0, 65536} {
		addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}, ChunkSize: size})
		var players sync.WaitGroup
		for i := range 6 {
			scheme := []string{"rtmp", "rtmpe"}[i%2]
			players.Go(func() {
				got, err := pull(t, scheme+"://"+addr+"/live/show")
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s, chunk size %d: got %v, want EOF", scheme, size, err)
				}
				if want := fileFrames(t, bars); len(got) != len(want) {
					t.Errorf("%s, chunk size %d: %d frames came, want %d", scheme, size, len(got), len(want))
				} else {
					for i := range want {
						if got[i] != want[i] {
							t.Errorf("%s, chunk size %d: frame %d is another one", scheme, size, i)
							break
						}
					}
				}
			})
		}
		players.Wait()
	}
}

// TestRelaysRTMPE takes a stream by RTMPE and relays it both ways.
func TestRelaysRTMPE(t *testing.T) {
	addr := listen(t, &Server{})
	target, err := rtmp.ParseTarget("rtmpe://" + addr + "/any/show")
	if err != nil {
		t.Fatal(err)
	}
	c := rtmp.Client{EOFGrace: -1}
	p, err := c.Publish(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	var players []*rtmp.Player
	for _, scheme := range []string{"rtmp", "rtmpe"} {
		target, err := rtmp.ParseTarget(scheme + "://" + addr + "/any/show")
		if err != nil {
			t.Fatal(err)
		}
		player, err := c.Play(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer player.Close()
		players = append(players, player)
	}
	want := fileFrames(t, bars)[1:] // without the metadata, which the server may change
	for _, f := range want {
		m := message.Message{Type: message.Type(f.typ), Timestamp: f.timestamp, Payload: []byte(f.body)}
		if err := p.Write(&m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, player := range players {
		var got []frame
		for {
			m, err := player.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: got %v, want EOF", player.Target().Scheme, err)
				}
				break
			}
			got = append(got, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
		}
		sameFrames(t, got, want)
	}
}

// TestCutsRTMPE: a cut counts bytes on the wire, encrypted or not.
func TestCutsRTMPE(t *testing.T) {
	addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}, Cut: Cut{Bytes: 100_000}})
	got, err := pull(t, "rtmpe://"+addr+"/live/show")
	if err == nil || len(got) < 50 {
		t.Errorf("%d frames came, %v", len(got), err)
	}
	sameFrames(t, got, fileFrames(t, bars)[:len(got)])
}
