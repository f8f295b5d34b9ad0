//go:build interop

package interop

import (
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/peertest"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestAuthenticator: the scripted server that our own publisher is tested with
// admits other people's publishers if they have the right password, joe's pw,
// and no others.
func TestAuthenticator(t *testing.T) {
	for _, c := range []struct {
		name, mode, password string
		path                 string
		publish              func(t testing.TB, url string) *exec.Cmd
		connections          int32
		says                 string // when it is refused
	}{
		{"GStreamer, adobe", "adobe", "pw", "live/show", gstreamer, 3, ""},
		{"GStreamer, adobe, told", "adobe", "pw", "live/show", gstreamerAdobe, 2, ""}, // begins with the user
		{"GStreamer, adobe, wrong", "adobe", "other", "live/show", gstreamer, 3, "wrong credentials"},
		{"ffmpeg, adobe", "adobe", "pw", "live/show", ffmpeg, 3, ""},
		{"ffmpeg, adobe, wrong", "adobe", "other", "live/show", ffmpeg, 3, "Incorrect username/password"},
		{"ffmpeg, llnw", "llnw", "pw", "live/show", ffmpeg, 3, ""},
		{"ffmpeg, llnw, instance", "llnw", "pw", "live/one/show", ffmpeg, 3, ""},
		{"ffmpeg, llnw, wrong", "llnw", "other", "live/show", ffmpeg, 3, "reason=authfail&"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := &rtmptest.Authenticator{Mode: c.mode, User: "joe", Password: c.password}
			var connections, media atomic.Int32
			judge := a.Judge(func(p *rtmptest.Peer) { take(p, &media) })
			counted := func(p *rtmptest.Peer) {
				connections.Add(1)
				judge(p)
			}
			server := rtmptest.NewServer(t, counted, slices.Repeat([]rtmptest.Script{counted}, 9)...)

			publisher := peertest.Start(t, c.publish(t, server.URL(c.path)))
			status := publisher.Wait(peertest.Patience)
			if n := connections.Load(); n != c.connections {
				t.Errorf("got %d connections, want %d", n, c.connections)
			}
			if c.says != "" {
				if status == 0 || media.Load() > 0 || !strings.Contains(publisher.Output(), c.says) {
					t.Errorf("it ended with status %d after %d frames, want it refused with %q",
						status, media.Load(), c.says)
				}
				return
			}
			if n := media.Load(); status != 0 || n < 200 { // video.flv has so many
				t.Errorf("it ended with status %d after %d frames, want 0 and at least 200", status, n)
			}
		})
	}
}

// take takes a stream and counts its frames.
func take(p *rtmptest.Peer, media *atomic.Int32) {
	p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
	p.Await("publish")
	p.Status("status", "NetStream.Publish.Start")
	for {
		if m := p.ReadMessage(); m.Type == message.TypeAudio || m.Type == message.TypeVideo {
			media.Add(1)
		}
	}
}

// gstreamer publishes as joe with the password pw.
func gstreamer(t testing.TB, url string) *exec.Cmd {
	return exec.Command("gst-launch-1.0", "filesrc", "location="+peertest.Sample(t, "video.flv"), "!",
		"flvdemux", "!", "h264parse", "!", "flvmux", "streamable=true", "!",
		"rtmp2sink", "sync=false", "location="+url, "username=joe", "password=pw")
}

// gstreamerAdobe is gstreamer, told what the server is going to demand.
func gstreamerAdobe(t testing.TB, url string) *exec.Cmd {
	cmd := gstreamer(t, url)
	cmd.Args = append(cmd.Args, "authmod=adobe")
	return cmd
}

// ffmpeg publishes as joe with the password pw.
func ffmpeg(t testing.TB, url string) *exec.Cmd {
	return exec.Command("ffmpeg", "-nostdin", "-v", "warning", "-i", peertest.Sample(t, "video.flv"),
		"-map", "0", "-c", "copy", "-flvflags", "no_duration_filesize", "-f", "flv",
		strings.Replace(url, "://", "://joe:pw@", 1))
}
