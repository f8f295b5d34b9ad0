package job

import (
	"bytes"
	"testing"
	"testing/synctest"
)

// A file goes out as it is, each tag with its time and at its time.
func TestPushIsExact(t *testing.T) {
	for _, name := range []string{"bars.flv", "audio.flv", "video.flv"} {
		for _, speed := range []float64{0, 0.5, 1, 4} {
			b := sample(t, name)
			synctest.Test(t, func(t *testing.T) {
				sink := newSink()
				p := &Push{Input: Input{name, bytes.NewReader(b)}, Speed: speed, publish: server(sink)}
				r := p.Run(t.Context())
				if r.Err != nil || r.Reason != InputEnded || !r.Media || sink.closed != 1 {
					t.Fatalf("%+v, closed %d times", r, sink.closed)
				}
				same(t, sink.tags(), tags(t, b))
			})
		}
	}
}
