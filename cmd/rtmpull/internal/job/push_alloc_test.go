package job

import (
	"bytes"
	"context"
	"io"
	"testing"

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
		const few, many = 400_000, 20_000_000 // bytes, the one more than the file
		if a, b := allocated(few), allocated(many); b > a+50 {
			t.Errorf("%s: %v allocations, and %v for %d times as much", name, a, b, many/few)
		}
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
