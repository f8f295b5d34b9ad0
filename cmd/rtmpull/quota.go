package main

import (
	"sync"
	"time"
)

// How much is told of each kind of event of a stream: so many at once, and then
// one each time that the interval has passed. A stream that jumps with every frame
// would fill a disk with that otherwise.
const (
	quotaBurst    = 20
	quotaInterval = 10 * time.Second
)

// A quota bounds what is told of a stream, kind by kind. Each line says how many
// were left out before it.
type quota struct {
	mu    sync.Mutex
	kinds map[string]*allowance
}

type allowance struct {
	spent   int       // of the burst
	at      time.Time // when spent was right
	omitted int       // since the last one that was told
}

// take tells whether an event may be told, and how many of its kind were left out
// since the last one that was.
func (q *quota) take(kind string, now time.Time) (omitted int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.kinds[kind]
	if a == nil {
		if q.kinds == nil {
			q.kinds = make(map[string]*allowance)
		}
		a = &allowance{at: now}
		q.kinds[kind] = a
	}
	if n := int(now.Sub(a.at) / quotaInterval); n > 0 {
		a.spent, a.at = max(0, a.spent-n), a.at.Add(time.Duration(n)*quotaInterval)
	}
	if a.spent == quotaBurst {
		a.omitted++
		return 0, false
	}
	if a.spent == 0 {
		a.at = now // the interval begins with the first that is told
	}
	a.spent++
	omitted, a.omitted = a.omitted, 0
	return omitted, true
}

// rest returns how many of each kind were left out and that no line has told of.
func (q *quota) rest() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := make(map[string]int)
	for kind, a := range q.kinds {
		if a.omitted > 0 {
			rest[kind] = a.omitted
			a.omitted = 0
		}
	}
	return rest
}
