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
	c.link.add("/open/1", 1, idleBody, 0)
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
			c.leaving = true
			defer time.AfterFunc(parting, c.cut).Stop()
		}
		err := c.post()
		if closes {
			for err == nil && len(c.link.queue) > 0 {
				err = c.post()
			}
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

// interrupted tells whether what has just failed were requests that only asked, when
// nobody was to hear the answer any more. The server is taken to have heard the first.
func (c *Conn) interrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asking == 0 || !c.closed || c.ctx.Err() != nil {
		return false
	}
	c.asking = 0
	c.link.close()
	c.n = c.link.queue[0].n + 1
	for len(c.link.queue) > 0 {
		c.link.drop()
	}
	return true
}

// idleBody is the body of requests that bring nothing.
var idleBody = []byte{0}

// mostBehind is how many bytes are sent behind a request that is not answered: so many as
// can be written though the server does not read before its answer has gone.
const mostBehind = 4 << 10

// next waits until it is time for a request, and queues that: at once if there is
// something to send. While a server has more to say than it puts into an answer, some more
// are queued: it is not to wait for each of them for a round trip. closes: it is the last
// one.
func (c *Conn) next() (closes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.link.queue) == 0 {
		now, ask := time.Now(), c.askAt()
		wake := ask
		switch {
		case len(c.out) > 0:
			c.send()
			continue
		case c.closed:
			c.compose("close", idleBody, 0)
			return true
		case !c.ended.IsZero():
			if c.leaveAt.IsZero() {
				c.leaveAt = now.Add(c.patience(now))
			}
			if !now.Before(c.leaveAt) {
				c.compose("close", idleBody, 0)
				return true
			}
			if wake.After(c.leaveAt) {
				wake = c.leaveAt
			}
		}
		if c.starved = c.unread > inSize/2; c.starved {
			wake = c.leaveAt
		} else if !now.Before(ask) {
			c.compose("idle", idleBody, 0)
			continue
		}
		c.mu.Unlock()
		c.sleep(wake)
		c.mu.Lock()
	}
	return c.fill()
}

// fill queues more requests behind the first, as many as may be under way at a time. Until
// the server is known to stand that, they are such as nothing is lost with.
func (c *Conn) fill() (closes bool) {
	may, sure := min(c.pace.ahead, c.link.mayAhead()), c.link.trial == passed
	for len(c.link.queue) < may || may > 1 && c.closed {
		switch {
		case !sure && (c.closed || len(c.out) > 0 || c.link.queue[0].ahead):
			return false
		case len(c.out) > mostBehind, c.unread > inSize/2, !c.ended.IsZero():
			return false
		case len(c.out) > 0:
			c.send()
		case c.closed:
			c.compose("close", idleBody, 0)
			return true
		default:
			c.compose("idle", idleBody, 0)
		}
	}
	return false
}

// send queues what waits to be sent.
func (c *Conn) send() {
	c.flying += len(c.out)
	c.compose("send", c.out, len(c.out))
	c.out = c.out[:0]
	c.changed.Broadcast()
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

func (c *Conn) compose(command string, body []byte, sends int) {
	c.link.add("/"+command+"/"+c.session+"/"+strconv.FormatUint(c.n, 10), c.n, body, sends)
	c.n++
	c.count(command == "idle")
}

// count counts the requests under way that bring nothing. idle: the last one is no close.
func (c *Conn) count(idle bool) {
	if c.asking = 0; c.flying == 0 && idle {
		c.asking = len(c.link.queue)
	}
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

// post makes the requests that are queued, and takes the answer to the first.
func (c *Conn) post() error {
	answer, err := c.link.do(c.ctx)
	if err == errMissed { //nolint:errorlint // it is the link's own
		c.mu.Lock()
		defer c.mu.Unlock()
		c.count(!c.leaving)
		return nil
	}
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
	sent := c.link.queue[0].sends
	c.link.finish(answer)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = time.Now()
	if c.link.waited > heldBack && came < worthyAnswer && c.link.trial == passed && c.pace.ahead > 1 {
		c.link.trial = missed
	}
	pause := c.pace.next(hint, came, sent > 0)
	if !c.ended.IsZero() {
		pause = min(pause, lastWords)
	}
	c.pollAt = c.answered.Add(pause)
	c.flying -= sent
	c.count(!c.leaving)
	return nil
}
