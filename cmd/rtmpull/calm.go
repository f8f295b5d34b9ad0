package main

import (
	"sync"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// calm keeps quiet about the connections of a stream that is waited for: every few
// seconds there is another one, on which the same is said.
type calm struct {
	mu      sync.Mutex
	waiting bool
	said    session.Event // the last status
	url     string        // where a server led us last
}

// report takes an event of the job. It tells whether the wait is over.
func (c *calm) report(e job.Event) (over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case job.Waiting:
		c.waiting = true
	case job.FirstMedia:
		over, c.waiting = c.waiting, false
	}
	return over
}

// again tells of an event that one source after the other is tried once more.
func (c *calm) again(e job.Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting && e.Kind == job.SourceChanged
}

// led tells whether to tell where a server has led us.
func (c *calm) led(url string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	same := url == c.url
	c.url = url
	return !c.waiting || !same
}

// news tells whether an event of a connection says what has not been said before.
func (c *calm) news(e *session.Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case session.Status, session.PlayStatus:
		same := e.Code == c.said.Code && e.Description == c.said.Description
		c.said = session.Event{Code: e.Code, Description: e.Description}
		return !c.waiting || !same
	case session.Connected, session.Started:
		return !c.waiting
	}
	return true
}
