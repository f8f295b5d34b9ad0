package serve

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// TestStalledViewer takes nothing: it holds up the publisher for a while, and is
// cut off. Who watches beside it has all of it.
func TestStalledViewer(t *testing.T) {
	var told events
	inTime(t, &Server{OnEvent: told.on}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		var stalled []*caller
		for range 3 {
			stalled = append(stalled, startPlaying(t, l))
		}
		other := startPlaying(t, l)
		defer other.Close()
		heard := make(chan []frame)
		go func() { heard <- other.gather(over) }()

		start := time.Now()
		all := bigFrames(2 * maxQueue)
		p.push(all...)
		if got := time.Since(start); got != maxHoldUp {
			t.Errorf("the publisher was held up for %v, want %v", got, maxHoldUp)
		}
		p.Close()
		sameFrames(t, <-heard, all)
		for i, c := range stalled {
			kinds, last := told.of(i + 2)
			if want := []EventKind{Connected, Playing, Stopped, Disconnected}; !slices.Equal(kinds, want) || !errors.Is(last.Err, errTooSlow) {
				t.Errorf("told %v and %v", kinds, last.Err)
			}
			c.Close()
		}
	})
}

// bigFrames are so many bytes of video, and a little sound.
func bigFrames(size int) []frame {
	var frames []frame
	for ts := uint32(0); size > 0; ts += 40 {
		body := avcInter
		if ts%400 == 0 {
			body = avcKey
		}
		f := videoAt(ts, body+strings.Repeat("x", 60_000))
		frames = append(frames, f, audioAt(ts, aacFrame))
		size -= len(f.body)
	}
	return frames
}

// takeSlowly reads size bytes of media at a time, and waits before each time. It
// returns what it got until there were n messages, or the connection ended.
func (c *caller) takeSlowly(n, size int, wait time.Duration) (frames []frame) {
	for len(frames) < n {
		time.Sleep(wait)
		for taken := 0; taken < size && len(frames) < n; {
			m, err := c.r.Next()
			if err != nil {
				return frames
			}
			if m.Type.IsMedia() {
				frames = append(frames, frame{uint8(m.Type), m.Timestamp, string(m.Payload)})
				taken += len(m.Payload)
			}
		}
	}
	return frames
}

// TestSlowViewer takes a little again and again, just before it would have been
// stalling for too long: that does not help.
func TestSlowViewer(t *testing.T) {
	var told events
	inTime(t, &Server{OnEvent: told.on}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		c := startPlaying(t, l)
		defer c.Close()
		all := bigFrames(maxQueue + 4<<20)
		heard := make(chan int)
		go func() { heard <- len(c.takeSlowly(len(all), sliceSize+pipeBufferSize, maxHoldUp-time.Second)) }()
		start := time.Now()
		p.push(all...)
		const most = maxHoldUp + 2*maxHoldUp/holdUpShare
		if got := time.Since(start); got < maxHoldUp || got > most {
			t.Errorf("the publisher was held up for %v, want no more than %v", got, most)
		}
		if got := <-heard; got == len(all) {
			t.Errorf("the viewer has all %d messages", got)
		}
		if _, last := told.of(2); !errors.Is(last.Err, errTooSlow) {
			t.Errorf("told %v, want %v", last.Err, errTooSlow)
		}
	})
}

// TestHiccups holds up the publisher now and then, and has all of it.
func TestHiccups(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		c := startPlaying(t, l)
		defer c.Close()
		const minute = 3
		sound := audioAt(0, aacFrame)
		big := bigFrames(maxQueue + 4<<20)
		all := append(slices.Repeat([]frame{sound}, minute), big...)
		for range 3 {
			for range minute { // or the publisher is silent for too long
				time.Sleep(20 * time.Second)
				p.push(sound)
			}
			heard := make(chan []frame)
			go func() { heard <- c.takeSlowly(len(all), len(all)<<20, maxHoldUp-time.Second) }()
			start := time.Now()
			p.push(big...)
			sameFrames(t, <-heard, all)
			if got := time.Since(start); got != maxHoldUp-time.Second {
				t.Errorf("the publisher was held up for %v", got)
			}
		}
	})
}

// TestFasterThanRealTime holds up the publisher all the time, as everyone would,
// and has all of it.
func TestFasterThanRealTime(t *testing.T) {
	inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
		p := startPublishing(t, l)
		defer p.Close()
		c := startPlaying(t, l)
		defer c.Close()
		all := bigFrames(50 << 20)
		for i := range all {
			all[i].timestamp *= 10
		}
		heard := make(chan []frame)
		go func() { heard <- c.takeSlowly(len(all), 1<<20, 250*time.Millisecond) }()
		start := time.Now()
		p.push(all...)
		if held := time.Since(start); held < 2*maxHoldUp {
			t.Errorf("the publisher was held up for %v only", held)
		}
		sameFrames(t, <-heard, all)
	})
}

// TestHeldUpPublisher waits for a viewer that leaves, or for the server's end.
func TestHeldUpPublisher(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		inTime(t, &Server{}, func(t *testing.T, l *pipeListener) {
			p := startPublishing(t, l)
			defer p.Close()
			c := startPlaying(t, l)
			defer c.Close()
			pushed := make(chan time.Duration, 1)
			start := time.Now()
			go func() {
				for _, f := range bigFrames(2 * maxQueue) {
					m := message.Message{ChunkStreamID: 7, Type: message.TypeVideo, StreamID: 1, Payload: []byte(f.body)}
					if p.w.Write(&m) != nil {
						break
					}
				}
				_ = p.w.Flush()
				pushed <- time.Since(start)
			}()
			time.Sleep(time.Second)
			synctest.Wait()
			if len(pushed) > 0 {
				t.Fatal("the publisher was not held up")
			}
			if !leaves {
				return // inTime ends the server, which must return
			}
			c.Close()
			if got := <-pushed; got != time.Second {
				t.Errorf("the publisher was held up for %v, want %v", got, time.Second)
			}
		})
	}
}
