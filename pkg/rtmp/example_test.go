package rtmp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func ExampleClient() {
	url, stop := exampleServer("rtmp", threeMessages)
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

// A recorded stream is asked for as such, here from 10 s on for 5 s. It ends with
// io.EOF by the server's word alone: a connection that just stops is
// io.ErrUnexpectedEOF, and what is missing can be asked for from there on.
func ExampleClient_Play_recorded() {
	url, stop := exampleServer("rtmp", func(p *rtmptest.Peer) {
		play := p.AcceptPlay()
		fmt.Println("the server is asked for", amf.Format(play.Args[0]), amf.Format(play.Args[1]), amf.Format(play.Args[2]))
		p.Video(10_000, []byte{0x17, 1, 0, 0, 0})
		p.Video(14_960, []byte{0x27, 1, 0, 0, 0})
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	defer stop()

	target, err := rtmp.ParseTarget(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	target.Session.Kind = session.Recorded
	target.Session.Start, target.Session.Length = 10_000, 5_000 // ms
	if err := play(target); err != nil {
		fmt.Println(err)
	}
	// Output:
	// the server is asked for "show?key=secret" 10000 5000
	// Video 10000 5
	// Video 14960 5
}

// The scheme says what is between RTMP and the network, here HTTP requests and then
// RTMPE. What is asked for is that or an error, and never anything weaker.
func ExampleClient_Play_transports() {
	for _, scheme := range []string{"rtmpt", "rtmpe"} {
		url, stop := exampleServer(scheme, threeMessages)
		defer stop()

		target, err := rtmp.ParseTarget(url)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(target.Scheme, "tunnelled:", target.Tunnelled(), "encrypted:", target.Encrypted(), "TLS:", target.TLS())
		if err := play(target); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// rtmpt tunnelled: true encrypted: false TLS: false
	// Data 0 14
	// Audio 0 3
	// Video 40 5
	// rtmpe tunnelled: false encrypted: true TLS: false
	// Data 0 14
	// Audio 0 3
	// Video 40 5
}

// Some servers let none but a certain Flash player in. What they ask for is made of
// the player's hash and of its size, both of the decompressed file.
func ExampleTarget_verification() {
	file := []byte("FWS\x0a\x0c\x00\x00\x00demo") // what http://example.com/player.swf is, decompressed
	mac := hmac.New(sha256.New, []byte(handshake.SWFKey))
	mac.Write(file)
	player := handshake.SWF{Hash: [sha256.Size]byte(mac.Sum(nil)), Size: uint32(len(file))}

	url, stop := exampleServer("rtmp", func(p *rtmptest.Peer) {
		p.AcceptPlay()
		p.VerifySWF(player)
		fmt.Println("the server knows the player")
		p.Video(0, []byte{0x17, 1, 0, 0, 0})
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	defer stop()

	target, err := rtmp.ParseTarget(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	target.SWF = &player
	target.Session.SWFURL = "http://example.com/player.swf"
	if err := play(target); err != nil {
		fmt.Println(err)
	}
	// Output:
	// the server knows the player
	// Video 0 5
}

// What is written is gathered until Flush. Close returns when the server has heard
// everything, or says why it has not.
func ExampleClient_Publish() {
	url, stop := exampleServer("rtmp", func(p *rtmptest.Peer) {
		p.AcceptPublish()
		for range 2 {
			m := p.ReadMedia()
			fmt.Println("the server has", m.Type, m.Timestamp, len(m.Payload))
		}
		p.Await("deleteStream")
		p.Status("status", "NetStream.Unpublish.Success")
	})
	defer stop()

	target, err := rtmp.ParseTarget(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	var client rtmp.Client
	publisher, err := client.Publish(context.Background(), target)
	if err != nil {
		fmt.Println(err)
		return
	}
	for ts := range uint32(2) {
		m := message.Message{Type: message.TypeVideo, Timestamp: 40 * ts, Payload: []byte{0x17, 1, 0, 0, 0}}
		if err := publisher.Write(&m); err != nil {
			break // Close says why
		}
	}
	fmt.Println("closed:", publisher.Close())
	// Output:
	// the server has Video 0 5
	// the server has Video 40 5
	// closed: <nil>
}

// An *rtmp.Error has the phase in which a stream failed, and wraps the server's own words
// if it refused.
func ExampleError() {
	url, stop := exampleServer("rtmp", func(p *rtmptest.Peer) {
		p.AcceptConnect()
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		p.Await("play")
		p.Status("error", "NetStream.Play.StreamNotFound")
		p.Linger()
	})
	defer stop()

	target, err := rtmp.ParseTarget(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = play(target)
	if e, ok := errors.AsType[*rtmp.Error](err); ok {
		fmt.Println("phase:", e.Phase)
	}
	if refused, ok := errors.AsType[*session.StatusError](err); ok {
		fmt.Println("refused:", refused.Code)
	}
	// Output:
	// phase: play
	// refused: NetStream.Play.StreamNotFound
}

// play prints what comes of a stream, until it ends.
func play(target *rtmp.Target) error {
	var client rtmp.Client
	player, err := client.Play(context.Background(), target)
	if err != nil {
		return err
	}
	defer player.Close()
	for {
		m, err := player.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Println(m.Type, m.Timestamp, len(m.Payload))
	}
}

// exampleServer does as a script says with its first connection, over the transport of
// a scheme.
func exampleServer(scheme string, script rtmptest.Script) (url string, stop func()) {
	t := &exampleTest{}
	addr := rtmptest.NewServer(t, script).Addr
	if scheme == "rtmpt" {
		addr = new(rtmptest.Tunnel).Proxy(t, addr)
	}
	return scheme + "://" + addr + "/live/show?key=secret", t.end
}

// threeMessages plays a stream of as many.
func threeMessages(p *rtmptest.Peer) {
	p.AcceptPlay()
	p.Data(0, amf.String("onMetaData"), amf.Null{})
	p.Audio(0, []byte{0xaf, 1, 0x21})
	p.Video(40, []byte{0x17, 1, 0, 0, 0})
	p.Status("status", "NetStream.Play.Complete")
	p.Linger()
}

// An exampleTest is the part of a test that a server needs.
type exampleTest struct {
	testing.TB
	cleanups []func()
}

func (*exampleTest) Helper()                        {}
func (t *exampleTest) Cleanup(f func())             { t.cleanups = append(t.cleanups, f) }
func (*exampleTest) Errorf(format string, a ...any) { fmt.Printf(format, a...) }

// end cleans up, what was begun last first.
func (t *exampleTest) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

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
