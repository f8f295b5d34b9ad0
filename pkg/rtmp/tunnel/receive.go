package tunnel

import "io"

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
