package serve

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const clearDataFrame = "@clearDataFrame"

// A publication is what one client publishes. It belongs to the goroutine that
// answers the client.
type publication struct {
	relay    *relay
	streamID uint32
	cut      Cut // the zero Cut if this connection is spared
	clock    mediaClock
	bytes    int64 // of messages
}

// handlePublish lets the client publish, in place of what it did before.
func (c *conn) handlePublish(m *message.Message, cmd *message.Command) error {
	c.stop()
	if err := c.unpublish(); err != nil {
		return err
	}
	name := text(cmd, 0)
	path := relayPath(c.app, name)
	refuse := func(code, why string) error {
		// The client is left to leave: one who waits for a name may ask again.
		return c.onStatus(m.StreamID, status("error", code, why))
	}
	const badName, failed = "NetStream.Publish.BadName", "NetStream.Publish.Failed"
	if path == "" {
		return refuse(badName, "A stream needs a name of no more than 1024 bytes, its application's included.")
	}
	if _, src := c.server.find(c.app, name); src != nil {
		return refuse(badName, "There is a file of the name "+shown(name)+".")
	}
	r, err := c.server.relays.add(path)
	switch {
	case errors.Is(err, errTaken):
		return refuse(badName, "Somebody publishes "+shown(name)+" already.")
	case err != nil:
		return refuse(failed, fmt.Sprintf("There are %d publishers already.", maxPublishers))
	}
	c.publication = &publication{relay: r, streamID: m.StreamID}
	if c.server.Cut.concerns(c.id) {
		c.publication.cut = c.server.Cut
	}
	c.link.allow(math.MaxInt64)
	c.until = time.Now().Add(idleTimeout)
	c.tell(Event{Kind: Publishing, Stream: path})
	return c.onStatus(m.StreamID, status("status", "NetStream.Publish.Start", "Started publishing "+shown(name)+"."))
}

// handleFCPublish answers what Flash's encoders say before they publish.
// Whether they may is told when they do.
func (c *conn) handleFCPublish(m *message.Message, cmd *message.Command) error {
	if err := c.handleCourtesy(m, cmd); err != nil {
		return err
	}
	return c.onFC("onFCPublish", "NetStream.Publish.Start", "FCPublish to "+shown(text(cmd, 0))+".")
}

// handleFCUnpublish ends what is published.
func (c *conn) handleFCUnpublish(m *message.Message, cmd *message.Command) error {
	if err := c.handleCourtesy(m, cmd); err != nil {
		return err
	}
	if err := c.onFC("onFCUnpublish", "NetStream.Unpublish.Success", "FCUnpublish of "+shown(text(cmd, 0))+"."); err != nil {
		return err
	}
	return c.unpublish()
}

// unpublish ends what is published, and says so. All that came before has been
// pushed by then.
func (c *conn) unpublish() error {
	p := c.publication
	if p == nil {
		return nil
	}
	c.endPublication()
	c.link.allow(c.link.received.Load() + maxUnasked)
	return c.onStatus(p.streamID, status("status", "NetStream.Unpublish.Success", "Stopped publishing."))
}

// endPublication ends what is published without a word to the client.
func (c *conn) endPublication() {
	p := c.publication
	if p == nil {
		return
	}
	c.publication = nil
	c.until = time.Now().Add(idleTimeout)
	c.server.relays.end(p.relay)
	c.tell(Event{Kind: Unpublished, Stream: p.relay.path, Media: p.clock.furthest, Bytes: p.bytes})
}

// take relays a message that the client publishes. Others may still be under
// way when nothing is published any more.
func (c *conn) take(m *message.Message) error {
	p := c.publication
	if p == nil {
		return nil
	}
	p.bytes += int64(len(m.Payload))
	at := p.clock.add(m)
	if p.cut.Bytes > 0 && p.bytes >= p.cut.Bytes || p.cut.Media > 0 && at >= p.cut.Media {
		return errCut
	}
	if m = p.prepare(m); m != nil {
		p.relay.push(m, c.done)
	}
	c.until = time.Now().Add(idleTimeout)
	return nil
}

// prepare makes a message what players are to see, and returns nil for what is
// said to the server alone.
func (p *publication) prepare(m *message.Message) *message.Message {
	m.StreamID = 0
	switch m.Type {
	case message.TypeAudio:
		m.ChunkStreamID = audioChunkStreamID
		return m
	case message.TypeVideo:
		m.ChunkStreamID = videoChunkStreamID
		return m
	}
	m.ChunkStreamID = dataChunkStreamID
	body := message.DataBody(m)
	first, _ := amf.NewDecoder(body).Next()
	if name, _ := amf.AsString(first); name == clearDataFrame {
		p.relay.clearMetadata()
		return nil
	}
	const formatByte = 1 // of AMF3's form: all that is missing if there was no @setDataFrame
	if len(m.Payload)-len(body) > formatByte {
		m.Type, m.Payload = message.TypeData, body
	}
	return m
}

func isMetadata(m *message.Message) bool {
	t := flvout.Tag{Type: tag.TagType(m.Type), Body: m.Payload}
	return flvout.Classify(t).Kind == flvout.KindMetadata
}
