package main

import (
	"maps"
	"testing"
	"time"
)

func TestQuota(t *testing.T) {
	var q quota
	start := time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)
	told := func(kind string, at time.Duration) (omitted int, ok bool) { return q.take(kind, start.Add(at)) }
	for n := range quotaBurst {
		if omitted, ok := told("gap", time.Duration(n)*time.Millisecond); !ok || omitted != 0 {
			t.Fatalf("event %d: %d, %v", n, omitted, ok)
		}
	}
	for n := range 5 {
		if _, ok := told("gap", time.Second); ok {
			t.Errorf("event %d behind the burst is told", n)
		}
	}
	if omitted, ok := told("jump", time.Second); !ok || omitted != 0 {
		t.Errorf("another kind: %d, %v", omitted, ok)
	}
	// One an interval, and each says how many were left out.
	for n, want := range []int{5, 3, 3} {
		at := time.Duration(n+1) * quotaInterval
		if omitted, ok := told("gap", at); !ok || omitted != want {
			t.Errorf("interval %d: %d, %v, want %d", n, omitted, ok, want)
		}
		for range 3 {
			if _, ok := told("gap", at+time.Second); ok {
				t.Errorf("interval %d: a second one is told", n)
			}
		}
	}
	if got, want := q.rest(), map[string]int{"gap": 3}; !maps.Equal(got, want) {
		t.Errorf("the rest is %v, want %v", got, want)
	}
	if got := q.rest(); len(got) > 0 {
		t.Errorf("it is told twice: %v", got)
	}
	// A long calm gives the burst back, and no more than that.
	later, n := 1000*quotaInterval, 0
	for range 10 * quotaBurst {
		if _, ok := told("gap", later); ok {
			n++
		}
	}
	if n != quotaBurst {
		t.Errorf("%d are told after a long calm, want %d", n, quotaBurst)
	}
}
