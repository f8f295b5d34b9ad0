//go:build interop

package interop

import (
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// TestSeekAndPause plays a recorded stream and moves about in it: rows 24, 25,
// 26 and 30 of docs/handler.md.
func TestSeekAndPause(t *testing.T) {
	servers := map[string]func(*testing.T) string{
		"nginx-rtmp": func(t *testing.T) string {
			s := peertest.Nginx(t)
			// nginx-rtmp seeks by the file's index, or else to its beginning.
			out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", peertest.Sample(t, "bars.flv"), "-c", "copy",
				"-flvflags", "add_keyframe_index", filepath.Join(s.Dir, "media", "bars.flv")).CombinedOutput()
			if err != nil {
				t.Fatalf("ffmpeg: %v\n%s", err, out)
			}
			return s.URL("vod", "bars.flv")
		},
		"rtmpull serve": func(t *testing.T) string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &serve.Server{Streams: map[string]string{"vod/bars": peertest.Sample(t, "bars.flv")}, Speed: 1}
			done := make(chan error, 1)
			go func() { done <- s.Serve(t.Context(), l) }()
			t.Cleanup(func() {
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
			return "rtmp://" + l.Addr().String() + "/vod/bars"
		},
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, err := rtmp.ParseTarget(start(t))
			if err != nil {
				t.Fatal(err)
			}
			to.Session.Kind = session.Recorded
			to.Session.Buffer = 1000 // so that the server keeps time, and there is something to pause
			heard := make(map[string]bool)
			c := rtmp.Client{
				IdleTimeout: peertest.Patience,
				Trace: &rtmp.Trace{Event: func(e *session.Event) {
					if e.Code != "" {
						heard[e.Code] = true
					}
				}},
			}
			p, err := c.Play(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			videoFrom(t, p, 0)
			if err := p.Seek(6000); err != nil {
				t.Fatal(err)
			}
			// A key frame near to it, and there is one each second.
			if m := videoFrom(t, p, 1); m.Timestamp < 5000 || m.Timestamp > 7040 {
				t.Errorf("after a seek to 6000 ms the first picture is at %d", m.Timestamp)
			}
			if err := p.Pause(true); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // what was under way arrives
			if err := p.Pause(false); err != nil {
				t.Fatal(err)
			}
			last := videoFrom(t, p, 7500).Timestamp
			for {
				m, err := p.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if m.Type == message.TypeVideo {
					last = m.Timestamp
				}
			}
			if last < 9900 {
				t.Errorf("the last picture is at %d ms; the file has 10 s", last)
			}
			for _, code := range []string{"NetStream.Seek.Notify", "NetStream.Pause.Notify", "NetStream.Play.Complete"} {
				if !heard[code] {
					t.Errorf("the server did not say %s", code)
				}
			}
		})
	}
}

// videoFrom returns the first picture from ms on.
func videoFrom(t *testing.T, p *rtmp.Player, ms uint32) *message.Message {
	t.Helper()
	for {
		m, err := p.Next()
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == message.TypeVideo && m.Timestamp >= ms {
			return m
		}
	}
}
