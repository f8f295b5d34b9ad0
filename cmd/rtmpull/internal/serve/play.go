package serve

import (
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// handlePlay begins a stream, in place of the one that plays.
func (c *conn) handlePlay(m *message.Message, cmd *message.Command) error {
	c.stop()
	name := text(cmd, 0)
	path, src := c.server.find(c.app, name)
	if src == nil {
		// The client is left to leave: one whose playlist goes on may ask for more.
		return c.onStatus(m.StreamID, status("error", "NetStream.Play.StreamNotFound", "There is no stream "+name+"."))
	}
	if err := c.begin(m.StreamID, name); err != nil {
		return err
	}
	c.play = newPlayback(c.server, src, path, m.StreamID, c.link)
	if c.server.Cut.concerns(c.id) {
		c.play.cut = c.server.Cut.Media
	}
	c.play.start(time.Now())
	c.tell(Event{Kind: Playing, Stream: path})
	return nil
}

// begin says what comes before a stream. It goes out before the stream does.
func (c *conn) begin(streamID uint32, name string) error {
	if err := c.send(message.UserControl(message.EventStreamBegin, streamID)); err != nil {
		return err
	}
	if err := c.onStatus(streamID, status("status", "NetStream.Play.Reset", "Playing and resetting "+name+".")); err != nil {
		return err
	}
	if err := c.onStatus(streamID, status("status", "NetStream.Play.Start", "Started playing "+name+".")); err != nil {
		return err
	}
	return c.sendData(streamID, amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true))
}

// end says what comes after a stream. The clients differ in what they believe:
// rtmpdump and ffmpeg in Play.Stop, GStreamer in Stream EOF. GStreamer forgets
// the message before that if it follows closely, which is why a data message
// stands between the media and it.
func (c *conn) end(now time.Time) error {
	p := c.play
	c.stop()
	c.until = now.Add(endGrace)
	info := status("status", "NetStream.Play.Complete", "")
	info.Set("duration", amf.Number(p.src.length(p.loop).Seconds()))
	info.Set("bytes", amf.Number(c.link.sent))
	if err := c.sendData(p.streamID, amf.String("onPlayStatus"), info); err != nil {
		return err
	}
	if err := c.onStatus(p.streamID, status("status", "NetStream.Play.Stop", "Stopped playing.")); err != nil {
		return err
	}
	return c.send(message.UserControl(message.EventStreamEOF, p.streamID))
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
// that it goes on where it stopped and not at the time that the client says.
func (c *conn) handlePause(m *message.Message, cmd *message.Command) error {
	if c.play == nil {
		return nil
	}
	on := false
	if len(cmd.Args) > 0 {
		on, _ = amf.AsBool(cmd.Args[0])
	}
	if on {
		c.play.pause(time.Now())
		return c.onStatus(m.StreamID, status("status", "NetStream.Pause.Notify", "Paused."))
	}
	c.play.resume(time.Now())
	return c.onStatus(m.StreamID, status("status", "NetStream.Unpause.Notify", "Playing again."))
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

// handleStop ends what plays. It is no call that could be answered.
func (c *conn) handleStop(*message.Message, *message.Command) error {
	c.stop()
	return nil
}
