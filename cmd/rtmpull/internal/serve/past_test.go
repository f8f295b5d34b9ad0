package serve

import (
	"strings"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestWhereViewersBegin gives a stream, and what who comes then gets of it.
func TestWhereViewersBegin(t *testing.T) {
	var (
		key, inter = videoAt(0, avcKey), videoAt(0, avcInter)
		hdr, sound = videoAt(0, avcHeader), audioAt(0, aacFrame)
		long       = videoAt(0, avcInter+strings.Repeat("x", maxGOP))
		huge       = videoAt(0, avcHeader+strings.Repeat("x", flvout.MaxHeaders))
		hugeData   = data(t, 0, text0("onMetaData"), text0(strings.Repeat("x", maxMetadata)))

		hevc0, hevc1 = videoAt(0, "\x96\x00hvc1\x00first"), videoAt(0, "\x96\x00hvc1\x01second")
		newHEVC0     = videoAt(0, "\x90hvc1anew")
		key0, key1   = videoAt(0, "\x96\x01hvc1\x00\x00\x00\x00key"), videoAt(0, "\x96\x01hvc1\x01\x00\x00\x00key")
		opus, layout = audioAt(0, "\x90Opushead"), audioAt(0, "\x94Opus\x01\x02\x00\x00\x00\x03")
		hidden       = audioAt(0, "\x97\x02\x00\x00\x00\x04Opus\x01\x02\x00\x00\x00\x03") // a layout, behind ModEx
		colors       = videoAt(0, "\xd4hvc1\x02\x00\x09colorInfo")

		start, end = 2 * uint32(videoGap), videoAt(0, "\x17\x02\x00\x00\x00") // as OBS says it
	)
	for _, c := range []struct {
		name              string
		before, live, get []frame
	}{
		{"nothing yet", nil, []frame{inter}, []frame{inter}},
		{"only headers", []frame{hdr}, []frame{key}, []frame{hdr, key}},
		{"a key frame", []frame{hdr, key, inter, key, sound, inter}, []frame{inter}, []frame{hdr, key, sound, inter, inter}},
		{"never a key frame", []frame{inter, inter}, []frame{inter}, []frame{inter}},
		{"only sound", []frame{sound, sound}, []frame{sound}, []frame{sound}},
		{"too long", []frame{hdr, key, long, sound}, []frame{inter, sound, key, inter}, []frame{hdr, key, inter}},
		{
			"too long, and the video has ended",
			[]frame{hdr, key, long}, []frame{sound, audioAt(videoGap+1, aacFrame), sound},
			[]frame{videoAt(videoGap+1, avcHeader), audioAt(videoGap+1, aacFrame), sound},
		},
		{"a header repeated", []frame{hdr, key, hdr, inter}, []frame{inter}, []frame{hdr, key, hdr, inter, inter}},
		{"a new header", []frame{hdr, key, videoAt(0, avcHeader+"2")}, []frame{key}, []frame{hdr, key, videoAt(0, avcHeader+"2"), key}},
		{"a huge header", []frame{huge, key}, []frame{inter}, []frame{key, inter}},
		{"huge metadata", []frame{hugeData, key}, []frame{inter}, []frame{key, inter}},
		{"tracks", []frame{hevc0, hevc1, key0, key1}, []frame{key1, key0}, []frame{hevc0, hevc1, key0, key1, key1, key0}},
		{"a track's new header", []frame{hevc0, hevc1, newHEVC0, key0}, []frame{key1}, []frame{hevc1, newHEVC0, key0, key1}},
		{"layout and colors", []frame{opus, layout, newHEVC0, colors, key0}, nil, []frame{opus, layout, newHEVC0, colors, key0}},
		{"layout behind ModEx", []frame{opus, hidden, newHEVC0, key0}, nil, []frame{opus, hidden, newHEVC0, key0}},
		{"colors of another codec", []frame{newHEVC0, colors, hdr, key}, nil, []frame{hdr, key}},
		{
			"too long, and an end with time 0",
			[]frame{hdr, videoAt(start, avcKey), long, videoAt(start, avcInter), end}, []frame{audioAt(start, aacFrame), videoAt(start, avcKey)},
			[]frame{videoAt(start, avcHeader), videoAt(start, avcKey)},
		},
		{"an end with time 0, not a key frame", []frame{hdr, videoAt(start, avcInter), end}, []frame{audioAt(start, aacFrame)}, []frame{videoAt(start, avcHeader), audioAt(start, aacFrame)}},
		{"another codec", []frame{hdr, audioAt(0, aacHeader), newHEVC0, key0}, nil, []frame{audioAt(0, aacHeader), newHEVC0, key0}},
	} {
		r := &relay{memory: new(memory)}
		v := newViewer(r, 1, nil, DefaultChunkSize)
		push := func(frames []frame) {
			for _, f := range frames {
				r.push(&message.Message{Type: message.Type(f.typ), Timestamp: f.timestamp, Payload: []byte(f.body)}, nil)
			}
		}
		push(c.before)
		r.join(v)
		push(c.live)
		var got []frame
		for _, m := range v.queue {
			got = append(got, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
		}
		t.Run(c.name, func(t *testing.T) { sameFrames(t, got, c.get) })
	}
}

// TestPastIsBounded publishes headers for all tracks and frames without end.
func TestPastIsBounded(t *testing.T) {
	var p past
	body := []byte("\x96\x00hvc1\x00" + strings.Repeat("x", 20_000))
	for track := range 256 {
		body[6] = byte(track)
		m := message.Message{Type: message.TypeVideo, Payload: body}
		p.add(m.Clone())
	}
	if size := p.headers.Size(); size > flvout.MaxHeaders || size < flvout.MaxHeaders/2 {
		t.Errorf("%d bytes of headers are kept, want up to %d", size, flvout.MaxHeaders)
	}
	p.add(&message.Message{Type: message.TypeVideo, Payload: []byte(avcKey)})
	for range maxGOP / messageCost { // of next to nothing each
		p.add(&message.Message{Type: message.TypeAudio, Payload: []byte(aacFrame)})
	}
	if len(p.gop) > 0 || !p.keyed {
		t.Errorf("%d messages are kept", len(p.gop))
	}
}
