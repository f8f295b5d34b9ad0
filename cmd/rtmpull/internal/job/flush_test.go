package job

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// TestFilesFlushed looks at how much of a live stream is in the file at any time,
// for who kills the recording then, and how often it was written to.
func TestFilesFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			frame  = 40 * time.Millisecond
			frames = 250
			oldest = flushEvery + gatherTime + frame // that may be missing
		)
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		begun := make(chan time.Time, 1)
		p := newPull(t, nil, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			begun <- time.Now()
			for i := range uint32(frames) {
				if i == 0 {
					p.Video(0, key)
				} else {
					p.Video(i*uint32(frame.Milliseconds()), inter)
				}
				time.Sleep(frame)
			}
			p.Linger()
		})
		p.Files = openFiles(t, dir, FilesOptions{})
		done := make(chan Result)
		go func() { done <- p.Run(ctx) }()
		start := <-begun
		time.Sleep(2 * patience)
		writes, before := 0, -1
		for ; time.Since(start) < frames*frame+time.Second; time.Sleep(10 * time.Millisecond) {
			synctest.Wait()
			b, err := os.ReadFile(filepath.Join(dir, "1.flv.part"))
			if err != nil {
				t.Fatal(err)
			}
			n := len(only(tags(t, b), videoTag))
			if n != before {
				writes, before = writes+1, n
			}
			if least := min(int((time.Since(start)-oldest)/frame), frames); n < least {
				t.Fatalf("after %v: got %d frames, want %d at least", time.Since(start), n, least)
			}
		}
		if most := int((frames*frame + time.Second) / flushEvery); before != frames || writes > most {
			t.Errorf("got %d frames in %d writes, want %d and %d at most", before, writes, frames, most)
		}
		cancel()
		if r := <-done; r.Stats.Video != frames {
			t.Errorf("got %+v", r)
		}
	})
}
