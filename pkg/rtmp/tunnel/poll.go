package tunnel

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxSession is how long a server's name for a session may be. Known ones have
// 16 characters.
const maxSession = 256

// lastWords is the longest pause between requests while the server is left time for
// its last words.
const lastWords = 50 * time.Millisecond

// open opens the session.
func (c *Conn) open() error {
	if err := c.link.connect(c.ctx); err != nil {
		return err
	}
	c.local, c.remote = c.link.nc.LocalAddr(), c.link.nc.RemoteAddr()
	c.link.compose("/open/1", idleBody)
	answer, err := c.link.do(c.ctx)
	if err != nil {
		return err
	}
	switch {
	case answer.StatusCode != http.StatusOK:
		return &StatusError{Status: answer.StatusCode}
	case endless(answer):
		return &ResponseError{Reason: noLength}
	}
	name, err := io.ReadAll(io.LimitReader(answer.Body, maxSession+1))
	if err != nil {
		return c.link.failed(err)
	}
	whole := len(name) <= maxSession
	name = bytes.TrimRight(name, "\r\n\t \x00")
	if !whole || len(name) == 0 || bytes.ContainsFunc(name, unfit) {
		return &ResponseError{Reason: "it names no session"}
	}
	c.session = string(name)
	c.link.finish(answer)
	return nil
}

// unfit tells what cannot be in a session's name, since it would be something else in
// a path.
func unfit(r rune) bool {
	return r <= ' ' || r >= 0x7f || bytes.ContainsRune([]byte(`/?#%\<>"`), r)
}

// run makes requests until the session is over.
func (c *Conn) run() {
	defer close(c.done)
	defer c.cancel()
	err := c.poll()
	c.link.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	c.changed.Broadcast()
}

// poll makes requests until the session is over, and returns why it is: io.EOF if we
// have closed it.
func (c *Conn) poll() error {
	for {
		closes := c.next()
		if closes {
			defer time.AfterFunc(parting, c.cut).Stop()
		}
		err := c.post()
		if closes {
			return io.EOF // whatever that says: all that counts has been answered
		}
		if err != nil && !c.interrupted() {
			if odd, ok := errors.AsType[*ResponseError](err); ok {
				odd.Begun = true
			}
			return err
		}
	}
}

// noLength is what an answer is refused for that ends with its connection: one that was cut
// off would be as good as whole, and what is missing nobody would know. librtmp takes
// none of those.
const noLength = "it does not say how long it is"

func endless(answer *http.Response) bool {
	return answer.ContentLength < 0 && len(answer.TransferEncoding) == 0
}

// interrupted tells whether the request that has just failed was one that only asked,
// when nobody was to hear the answer any more.
func (c *Conn) interrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asking || !c.closed || c.ctx.Err() != nil {
		return false
	}
	c.asking = false
	c.link.close()
	return true
}

// idleBody is the body of requests that bring nothing.
var idleBody = []byte{0}

// next waits until it is time for a request, and composes that: at once if there is
// something to send. closes: it is the last one.
func (c *Conn) next() (closes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		now, ask := time.Now(), c.askAt()
		wake := ask
		switch {
		case len(c.out) > 0:
			c.compose("send", c.out)
			c.flying = len(c.out)
			c.out = c.out[:0]
			c.changed.Broadcast()
			return false
		case c.closed:
			c.compose("close", idleBody)
			return true
		case !c.ended.IsZero():
			if c.leaveAt.IsZero() {
				c.leaveAt = now.Add(c.patience(now))
			}
			if !now.Before(c.leaveAt) {
				c.compose("close", idleBody)
				return true
			}
			if wake.After(c.leaveAt) {
				wake = c.leaveAt
			}
		}
		if c.starved = c.unread > inSize/2; c.starved {
			wake = c.leaveAt
		} else if !now.Before(ask) {
			c.compose("idle", idleBody)
			c.asking = true
			return false
		}
		c.mu.Unlock()
		c.sleep(wake)
		c.mu.Lock()
	}
}

// askAt is when the server is to be asked next. That is not while there may be
// something to say to begin with, or about what has come: servers hold an answer back
// until they have something to say, and what is written meanwhile waits for that. Who
// waits in Read has nothing to say, and hardly who does not come back to it soon.
func (c *Conn) askAt() time.Time {
	c.polite = false
	soon := c.answered.Add(leastPause)
	if !c.ended.IsZero() || c.waiting > 0 && c.unread == 0 || c.pollAt.After(soon) {
		return c.pollAt
	}
	c.polite = true
	return soon
}

func (c *Conn) compose(command string, body []byte) {
	c.link.compose("/"+command+"/"+c.session+"/"+strconv.FormatUint(c.n, 10), body)
	c.n++
}

// patience is how long the server is given for its last words.
func (c *Conn) patience(now time.Time) time.Duration {
	if c.writeBy.IsZero() {
		return parting
	}
	return max(0, min(parting, c.writeBy.Sub(now)/2))
}

// sleep waits until it is kicked, or until then; zero: it is kicked.
func (c *Conn) sleep(until time.Time) {
	if until.IsZero() {
		<-c.kick
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-c.kick:
	case <-timer.C:
	}
}

// post makes the request that was composed, and takes the answer.
func (c *Conn) post() error {
	answer, err := c.link.do(c.ctx)
	if err != nil {
		return err
	}
	switch {
	case answer.StatusCode != http.StatusOK:
		return &StatusError{Status: answer.StatusCode, Begun: true}
	case endless(answer):
		return &ResponseError{Reason: noLength}
	}
	hint, came, err := c.receive(answer.Body)
	if err != nil {
		return c.link.failed(err)
	}
	c.link.finish(answer)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = time.Now()
	pause := c.pace.next(hint, came > 0, c.flying > 0)
	if !c.ended.IsZero() {
		pause = min(pause, lastWords)
	}
	c.pollAt = c.answered.Add(pause)
	c.flying, c.asking = 0, false
	return nil
}

// receive takes the body of an answer: the polling interval, and RTMP's bytes.
func (c *Conn) receive(body io.Reader) (hint byte, came int64, err error) {
	var first [1]byte
	if _, err := io.ReadFull(body, first[:]); err != nil {
		if err == io.EOF { // an empty body: no known server's, and harmless
			err = nil
		}
		return 0, 0, err
	}
	for {
		n, err := body.Read(c.room())
		came += int64(n)
		c.arrived(n)
		if err == io.EOF {
			return first[0], came, nil
		}
		if err != nil {
			return first[0], came, err
		}
	}
}

// room waits until there is room for what comes, and returns it. When the Conn is
// closed, nobody reads any more, and what comes is of no interest.
func (c *Conn) room() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.unread == len(c.ring) && !c.closed {
		c.starved = true
		c.changed.Wait()
	}
	if c.closed {
		c.begin, c.unread = 0, 0
	}
	end := c.begin + c.unread
	if end >= len(c.ring) {
		return c.ring[end-len(c.ring) : c.begin]
	}
	return c.ring[end:]
}

// arrived has n bytes in the room given out last read.
func (c *Conn) arrived(n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unread += n; c.unread == n {
		c.changed.Broadcast()
	}
}
