package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// FuzzFeed reads anything, once or in rounds, and loses the server now and then.
// It must come to an end, remember no more than it may, and each server must be
// given a stream that it can begin with, with no wait longer than a stream may be
// ahead.
func FuzzFeed(f *testing.F) {
	for _, name := range []string{"bars.flv", "audio.flv"} {
		b := sample(f, name)[:3500]
		f.Add(b, uint8(1), uint8(0))
		f.Add(b, uint8(3), uint8(7))
	}
	f.Add(flv(short()...), uint8(2), uint8(5))
	f.Add(flv(avcFrame(0, 1, true), avcFrame(1<<31, 2, false), avcEnd(0)), uint8(4), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, rounds, every uint8) {
		rounds = max(1, rounds%8)
		feed, err := openFeed(context.Background(), &Input{"x", bytes.NewReader(b)}, int(rounds))
		if err != nil {
			if _, ok := errors.AsType[*InputError](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		defer feed.close()
		p, now, media := pacer{speed: 1}, time.Unix(0, 0), time.Duration(0)
		keys := false // the server has had one of the video's
		const maxLost = 16
		lost := 0
		for n := 1; ; n++ {
			pk, err := feed.next(context.Background(), nil)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				if _, ok := errors.AsType[*InputError](err); !ok {
					t.Fatalf("%T: %v", err, err)
				}
				break
			}
			if every > 0 && n%int(every) == 0 && lost < maxLost {
				feed.resume()
				p.reset()
				keys = false
				lost++
			} else if pk.timed() {
				class := flvout.Classify(flvout.Tag{Type: 9, Body: pk.Payload})
				video := pk.Type == message.TypeVideo && class.Kind == flvout.KindFrame
				keys = keys || video && class.Key
				if video && !keys && !class.Multitrack {
					t.Fatalf("packet %d is video before a key frame", n)
				}
				at, _ := p.due(pk.video(), pk.Timestamp, now)
				if wait := at.Sub(now); wait > maxForward*time.Millisecond || p.media() < media {
					t.Fatalf("packet %d is waited for for %v, media is %v after %v", n, wait, p.media(), media)
				}
				media = p.media()
				if at.After(now) {
					now = at
				}
			}
			if size := feed.known.headers.Size() + len(feed.known.metadata.Body); size > flvout.MaxHeaders+maxMetadata {
				t.Fatalf("%d bytes of headers are remembered", size)
			}
			if n > int(rounds)*len(b)+maxLost*(feed.known.headers.Len()+2) {
				t.Fatalf("%d packets of %d bytes", n, len(b))
			}
		}
		if feed.left.Total() < 0 || feed.gate.total().Time < 0 {
			t.Fatalf("%+v, %+v", feed.left, feed.gate.total())
		}
	})
}
