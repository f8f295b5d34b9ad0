package serve

import "github.com/rtmpull/rtmpull/pkg/rtmp/message"

const (
	// ackEvery is after how many bytes what has come is acknowledged if the
	// client does not say.
	ackEvery = 1 << 20

	// minAckEvery keeps a client with a tiny window from getting an
	// acknowledgement for each of its chunks.
	minAckEvery = 1 << 10
)

// acks is what was acknowledged of what the client sent.
type acks struct {
	window uint32 // the client's; 0: it has announced none
	last   int64
}

// acknowledge tells the client how much has arrived, twice in its window: there
// are clients that wait at the end of it.
func (c *conn) acknowledge() error {
	every := int64(ackEvery)
	if c.acks.window > 0 {
		every = max(minAckEvery, int64(c.acks.window/2))
	}
	n := c.link.received.Load()
	if n-c.acks.last < every {
		return nil
	}
	c.acks.last = n
	return c.send(message.Acknowledgement(uint64(n)))
}
