package tunnel

import (
	"net"
	"time"
)

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.set(func() { c.readBy, c.writeBy = t, t })
}

// SetReadDeadline ends reads at t, also those under way; the zero time: never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.set(func() { c.readBy = t }) }

// SetWriteDeadline ends writes at t, also those under way; the zero time: never.
// What a write has left to wait is sent all the same.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.set(func() { c.writeBy = t }) }

func (c *Conn) set(f func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	f()
	c.changed.Broadcast()
	return nil
}

// wait waits for a change, but not beyond a deadline. Its caller has the mutex.
func (c *Conn) wait(by time.Time) {
	if !by.IsZero() {
		defer time.AfterFunc(time.Until(by), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.changed.Broadcast()
		}).Stop()
	}
	c.changed.Wait()
}

func expired(by time.Time) bool { return !by.IsZero() && !time.Now().Before(by) }
