package serve

import (
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestPlayRange asks for parts of a file.
func TestPlayRange(t *testing.T) {
	path := writeFLV(t,
		scriptTag(0, script(t, "onMetaData")), videoTag(0, headerAVC), audioTag(0, headerAAC),
		videoTag(1000, keyFrame), audioTag(1010, frameAAC), videoTag(1500, interPic),
		videoTag(2000, headerAVC), videoTag(2000, keyFrame), audioTag(2020, frameAAC), videoTag(2040, interPic),
	)
	all := fileFrames(t, path)
	at := func(f frame, ts uint32) frame {
		f.timestamp = ts
		return f
	}
	second := append([]frame{all[0], at(all[2], 2000), at(all[6], 2000)}, all[7:]...)
	first := append([]frame{all[0], at(all[1], 1000), at(all[2], 1000)}, all[3:]...)
	for _, c := range []struct {
		name string
		args []amf.Value
		want []frame
	}{
		{"nothing said", nil, all},
		{"live or recorded", []amf.Value{amf.Number(-2000)}, all},
		{"no number", []amf.Value{amf.Null{}, amf.Boolean(true)}, all},
		{"from the beginning", []amf.Value{amf.Number(0)}, all},
		{"within the first group", []amf.Value{amf.Number(999)}, first},
		{"at a key frame", []amf.Value{amf.Number(1000)}, second},
		{"near the end", []amf.Value{amf.Number(1039)}, second},
		{"behind the end", []amf.Value{amf.Number(60_000)}, nil},
		{"for ever behind it", []amf.Value{amf.Number(1e300)}, nil},
		{"half a second", []amf.Value{amf.Number(0), amf.Number(500)}, all[:5]},
		{"all of it", []amf.Value{amf.Number(0), amf.Number(-1000)}, all},
		{"one frame", []amf.Value{amf.Number(0), amf.Number(0)}, all[:4]},
		{"one later frame", []amf.Value{amf.Number(1000), amf.Number(0)}, second[:4]},
	} {
		for _, image := range []bool{true, false} {
			s := &Server{Streams: map[string]string{"live/show": path}}
			if err := s.Load(); err != nil {
				t.Fatal(err)
			}
			if !image {
				s.sources["live/show"].image = nil
			}
			cl := dial(t, listen(t, s))
			cl.connect("live")
			cl.say(0, "createStream")
			cl.say(1, "play", append([]amf.Value{amf.Null{}, text0("show")}, c.args...)...)
			cl.flush()
			cl.hear("onStatus NetStream.Play.Start")
			var got []frame
			for {
				m, err := cl.r.Next()
				if err != nil {
					t.Fatal(err)
				}
				name := describe(m)
				if name == "onPlayStatus NetStream.Play.Complete" {
					break
				}
				if m.Type == message.TypeAudio || m.Type == message.TypeVideo || name == "onMetaData" {
					got = append(got, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
				}
			}
			cl.hear("onStatus NetStream.Play.Stop")
			t.Run(c.name, func(t *testing.T) { sameFrames(t, got, c.want) })
		}
	}
}
