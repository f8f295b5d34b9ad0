package serve

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// handlePlay begins a stream, in place of the one that plays.
func (c *conn) handlePlay(m *message.Message, cmd *message.Command) error {
	c.stop()
	if err := c.unpublish(); err != nil {
		return err
	}
	name := text(cmd, 0)
	path, src := c.server.find(c.app, name)
	if src == nil {
		if begun, err := c.watch(m.StreamID, name); begun || err != nil {
			return err
		}
		// The client is left to leave: one whose playlist goes on may ask for more.
		return c.onStatus(m.StreamID, status("error", "NetStream.Play.StreamNotFound", "There is no stream "+shown(name)+"."))
	}
	if c.server.Loop >= 0 { // or it is as good as live
		if err := c.send(message.UserControl(message.EventStreamIsRecorded, m.StreamID)); err != nil {
			return err
		}
	}
	if err := c.begin(m.StreamID, name); err != nil {
		return err
	}
	c.play = newPlayback(c.server, src, path, m.StreamID, c.link)
	if c.server.Cut.concerns(c.id) {
		c.play.cut = c.server.Cut.Media
	}
	c.tell(Event{Kind: Playing, Stream: path})
	start, length := playRange(cmd)
	if err := c.out.Flush(); err != nil {
		return err
	}
	return c.play.begin(start, length, c.server.ChunkSize, time.Now())
}

// playRange returns which part of a file a play command asks for, in ms: from where
// on, and how much of it, which is below 0 for all. A start below 0 leaves it to
// the server whether the stream is live (RTMP 1.0, 7.2.2.1).
func playRange(cmd *message.Command) (start, length int64) {
	number := func(i int) int64 {
		if i < len(cmd.Args) {
			if n, ok := amf.AsNumber(cmd.Args[i]); ok && n >= 0 {
				return int64(min(n, 1<<32))
			}
		}
		return -1
	}
	return max(number(1), 0), number(2)
}

// watch begins a stream that is published, if there is one of the name.
func (c *conn) watch(streamID uint32, name string) (begun bool, err error) {
	r := c.server.relays.get(relayPath(c.app, name))
	if r == nil {
		return false, nil
	}
	v := newViewer(r, streamID, c.link, c.server.ChunkSize)
	v.hangUp = func() { _ = c.link.Close() }
	if c.server.Cut.concerns(c.id) {
		v.cut = c.server.Cut.Media
	}
	if !r.join(v) {
		return false, nil
	}
	c.viewer = v
	c.tell(Event{Kind: Playing, Stream: r.path})
	return true, c.begin(streamID, name)
}

// begin says what comes before a stream. It goes out before the stream does.
func (c *conn) begin(streamID uint32, name string) error {
	if err := c.send(message.UserControl(message.EventStreamBegin, streamID)); err != nil {
		return err
	}
	if err := c.onStatus(streamID, status("status", "NetStream.Play.Reset", "Playing and resetting "+shown(name)+".")); err != nil {
		return err
	}
	if err := c.onStatus(streamID, status("status", "NetStream.Play.Start", "Started playing "+shown(name)+".")); err != nil {
		return err
	}
	return c.sendData(streamID, amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true))
}

// end says what comes after a stream. The clients differ in what they believe:
// rtmpdump and ffmpeg in Play.Stop, GStreamer in Stream EOF. GStreamer forgets
// the message before that if it follows closely, which is why a data message
// stands between the media and it.
func (c *conn) end(now time.Time) error {
	p, v := c.play, c.viewer
	c.stop()
	c.until = now.Add(endGrace)
	info := status("status", "NetStream.Play.Complete", "")
	var streamID uint32
	if p != nil {
		streamID = p.streamID
		info.Set("duration", amf.Number(p.src.length(p.loop).Seconds()))
	} else {
		streamID = v.streamID
		if err := c.onStatus(streamID, status("status", "NetStream.Play.UnpublishNotify",
			"Nobody publishes "+v.relay.path+" any more.")); err != nil {
			return err
		}
		info.Set("duration", amf.Number(v.clock.furthest.Seconds()))
	}
	info.Set("bytes", amf.Number(c.link.sent.Load()))
	if err := c.sendData(streamID, amf.String("onPlayStatus"), info); err != nil {
		return err
	}
	if p != nil { // all has been said of a file; a publisher may come back
		if err := c.onStatus(streamID, status("status", "NetStream.Play.Complete", "Played all of it.")); err != nil {
			return err
		}
	}
	if err := c.onStatus(streamID, status("status", "NetStream.Play.Stop", "Stopped playing.")); err != nil {
		return err
	}
	return c.send(message.UserControl(message.EventStreamEOF, streamID))
}

func (c *conn) sendData(streamID uint32, values ...amf.Value) error {
	b, err := amf.Append(nil, values...)
	if err != nil {
		return err
	}
	return c.send(message.Message{
		ChunkStreamID: statusChunkStreamID, Type: message.TypeData, StreamID: streamID, Payload: b,
	})
}

// handlePause pauses and resumes. What was sent before is with the client, so
// that a file goes on where it stopped and not at the time that the client says.
func (c *conn) handlePause(m *message.Message, cmd *message.Command) error {
	on := false
	if len(cmd.Args) > 0 {
		on, _ = amf.AsBool(cmd.Args[0])
	}
	switch now := time.Now(); {
	case c.play == nil && c.viewer == nil:
		return nil
	case c.play != nil && on:
		c.play.pause(now)
	case c.play != nil:
		c.play.resume(now)
	case on:
		c.viewer.pause(now)
	default:
		c.viewer.resume()
	}
	if on {
		return c.onStatus(m.StreamID, status("status", "NetStream.Pause.Notify", "Paused."))
	}
	return c.onStatus(m.StreamID, status("status", "NetStream.Unpause.Notify", "Playing again."))
}

// pausedAt is zero unless what plays is paused.
func (c *conn) pausedAt() time.Time {
	switch {
	case c.play != nil:
		return c.play.pausedAt
	case c.viewer != nil:
		return c.viewer.pausedAt
	}
	return time.Time{}
}

// handleSeek goes on at another place.
func (c *conn) handleSeek(m *message.Message, cmd *message.Command) error {
	var ms uint32
	ok := false
	if len(cmd.Args) > 0 {
		ms, ok = amf.AsUint32(cmd.Args[0])
	}
	if c.play == nil || !ok {
		return c.onStatus(m.StreamID, status("error", "NetStream.Seek.Failed", "There is nothing to seek in."))
	}
	if err := c.onStatus(m.StreamID, status("status", "NetStream.Seek.Notify", "Seeking.")); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return err
	}
	return c.play.seek(int64(ms), c.server.ChunkSize, time.Now())
}

// handleStop ends what plays or is published. It is no call that could be
// answered.
func (c *conn) handleStop(*message.Message, *message.Command) error {
	c.stop()
	return c.unpublish()
}
