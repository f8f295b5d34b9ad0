package job

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A nullSink takes everything and keeps nothing.
type nullSink struct{ fakeSink }

func (s *nullSink) Write(*message.Message) error { return nil }

// unending is a file that goes on and on, and can seek for all that anybody knows.
type unending struct{ io.Reader }

func (unending) Seek(int64, int) (int64, error) { return 0, nil }

// publishes is a Push of so many bytes of bars.flv, again and again.
func publishes(t testing.TB, size int64, wrap func(io.Reader) io.Reader) *Push {
	const head = 13
	b := sample(t, "bars.flv")
	in := io.MultiReader(bytes.NewReader(b[:head]), &endless{b: b[head:]})
	return &Push{
		Input: Input{"x", wrap(in)}, Limits: Limits{Size: size},
		publish: func(context.Context) (Sink, error) { return &nullSink{*newSink()}, nil },
	}
}

// TestPushAllocations: from file to sink, a tag allocates nothing, whether it is
// read in place or by another goroutine.
func TestPushAllocations(t *testing.T) {
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"file": func(r io.Reader) io.Reader { return unending{r} },
		"pipe": func(r io.Reader) io.Reader { return r },
	} {
		allocated := func(size int64) float64 {
			return testing.AllocsPerRun(5, func() {
				if r := publishes(t, size, wrap).Run(t.Context()); r.Err != nil || r.Size < size-5000 {
					t.Fatalf("%+v", r)
				}
			})
		}
		const few, many = 400_000, 4_000_000 // bytes, the one more than the file
		if a, b := allocated(few), allocated(many); b > a+20 {
			t.Errorf("%s: %v allocations, and %v for %d times as much", name, a, b, many/few)
		}
	}
}

// Nor do tags of several tracks, or headers that come again and again.
func TestFeedAllocations(t *testing.T) {
	tracks := flvout.Tag{Type: videoTag, Body: []byte("\x96\x11av01\x01\x00\x00\x01a\x02\x00\x00\x01b")}
	header := flvout.Tag{Type: videoTag, Body: []byte("\x96\x10av01\x01\x00\x00\x01a\x02\x00\x00\x01b")}
	b := flv(script(0, "onMetaData"), header, tracks, avcConfig(0, 1), avcFrame(0, 1, true), aacConfig(0), aacFrame(0, 1))
	const head = 13
	in := unending{io.MultiReader(bytes.NewReader(b[:head]), &endless{b: b[head:]})}
	f, err := openFeed(t.Context(), &Input{"x", in}, 1)
	if err != nil {
		t.Fatal(err)
	}
	step := func() {
		if _, err := f.next(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations a tag", n)
	}
	if f.gate.open[0] != 7 || f.known.headers.Len() != 3 {
		t.Errorf("tracks %b, %d headers", f.gate.open[0], f.known.headers.Len())
	}
}

// BenchmarkPush measures the way of a file's bytes to the sink.
func BenchmarkPush(b *testing.B) {
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"file": func(r io.Reader) io.Reader { return unending{r} },
		"pipe": func(r io.Reader) io.Reader { return r },
	} {
		b.Run(name, func(b *testing.B) {
			const size = 20_000_000
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if r := publishes(b, size, wrap).Run(b.Context()); r.Err != nil {
					b.Fatal(r.Err)
				}
			}
		})
	}
}
