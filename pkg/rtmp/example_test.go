package rtmp_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

func ExampleClient() {
	url, stop := exampleServer()
	defer stop()

	target, err := rtmp.ParseTarget(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	var client rtmp.Client
	player, err := client.Play(context.Background(), target)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer player.Close()
	for {
		m, err := player.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.Type, m.Timestamp, len(m.Payload))
	}
	// Output:
	// Data 0 14
	// Audio 0 3
	// Video 40 5
	// EOF
}

// exampleServer plays a stream of three messages.
func exampleServer() (url string, stop func()) {
	t := &exampleTest{}
	server := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.Data(0, amf.String("onMetaData"), amf.Null{})
		p.Audio(0, []byte{0xaf, 1, 0x21})
		p.Video(40, []byte{0x17, 1, 0, 0, 0})
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	return server.URL("live/show?key=secret"), func() { t.cleanup() }
}

// An exampleTest is the part of a test that a server needs.
type exampleTest struct {
	testing.TB
	cleanup func()
}

func (*exampleTest) Helper()                        {}
func (t *exampleTest) Cleanup(f func())             { t.cleanup = f }
func (*exampleTest) Errorf(format string, a ...any) { fmt.Printf(format, a...) }

func ExampleParseTarget() {
	for _, url := range []string{
		"rtmp://host/live/show?key=a/b",
		"rtmp://host/vod/_definst_/mp4:films/one.mp4",
		"rtmp://host/a//b/c",
	} {
		t, err := rtmp.ParseTarget(url)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %q %q\n", t.TcURL(), t.Session.App, t.Session.PlayPath)
	}
	// Output:
	// rtmp://host/live "live" "show?key=a/b"
	// rtmp://host/vod/_definst_ "vod/_definst_" "mp4:films/one.mp4"
	// rtmp://host/a "a" "b/c"
}
