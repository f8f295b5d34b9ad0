package job

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns has more recordings than may use the disk at a time.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, few, takes = 20, 4, 10 * time.Millisecond
		turns := NewTurns(few)
		var mu sync.Mutex
		at, most := 0, 0
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			at += n
			most = max(most, at)
		}
		var all sync.WaitGroup
		begun := time.Now()
		for range many {
			all.Go(func() {
				defer turns.take(nil, time.Minute)()
				count(1)
				time.Sleep(takes)
				count(-1)
			})
		}
		all.Wait()
		if d := time.Since(begun); most != few || d != takes*many/few {
			t.Errorf("%d at a time, in %v; want %d in %v", most, d, few, takes*many/few)
		}

		for range few { // whose disk hangs
			defer turns.take(nil, time.Minute)()
		}
		begun = time.Now()
		turns.take(nil, time.Second)()
		if d := time.Since(begun); d != time.Second {
			t.Errorf("waited for %v for those that hang, want a second", d)
		}
		end := make(chan struct{})
		time.AfterFunc(time.Millisecond, func() { close(end) })
		begun = time.Now()
		turns.take(end, time.Second)()
		if d := time.Since(begun); d != time.Millisecond {
			t.Errorf("waited for %v beyond the end", d-time.Millisecond)
		}
	})
}
