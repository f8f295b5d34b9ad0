package serve

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

const (
	// ackWindow is what the client is told of acknowledgements, in bytes. Nobody
	// holds it to that.
	ackWindow = 5_000_000

	statusChunkStreamID = 5

	// maxStreams is how many message streams a client may create.
	maxStreams = 1024
)

// handlers are the commands that mean something; handlers of calls answer them.
var handlers = map[string]func(*conn, *message.Message, *message.Command) error{
	"connect":         (*conn).handleConnect,
	"createStream":    (*conn).handleCreateStream,
	"releaseStream":   (*conn).handleCourtesy,
	"FCPublish":       (*conn).handleFCPublish,
	"FCUnpublish":     (*conn).handleFCUnpublish,
	"_checkbw":        (*conn).handleCourtesy,
	"FCSubscribe":     (*conn).handleFCSubscribe,
	"getStreamLength": (*conn).handleGetStreamLength,
	"play":            (*conn).handlePlay,
	"publish":         (*conn).handlePublish,
	"pause":           (*conn).handlePause,
	"pauseRaw":        (*conn).handlePause,
	"seek":            (*conn).handleSeek,
	"closeStream":     (*conn).handleStop,
	"deleteStream":    (*conn).handleStop,
}

// handle takes a message from the client.
func (c *conn) handle(m *message.Message) error {
	switch m.Type {
	case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3:
		return c.take(m)
	case message.TypeWindowAcknowledgementSize:
		c.acks.window, _ = m.Uint32()
		return nil
	case message.TypeUserControl:
		if event, v, ok, _ := message.ParseUserControl(m.Payload); ok && event == message.EventPingRequest {
			return c.send(message.UserControl(message.EventPingResponse, v))
		}
		return nil
	}
	cmd, err := message.ParseCommand(m)
	if cmd == nil {
		return fmt.Errorf("serve: %w", err)
	}
	c.tell(Event{Kind: Command, Text: formatCommand(cmd)})
	handler := handlers[cmd.Name]
	switch {
	case handler != nil && (c.connected || cmd.Name == "connect"):
		return handler(c, m, cmd)
	case cmd.Name == "_result" || cmd.Name == "_error" || cmd.TransactionID == 0:
		return nil
	}
	return c.reply(cmd, "_error", amf.Null{}, status("error", "NetConnection.Call.Failed",
		"There is no such call: "+shown(cmd.Name)))
}

func isCommand(t message.Type) bool {
	return t == message.TypeCommand || t == message.TypeCommandAMF3
}

func (c *conn) send(m message.Message) error { return c.out.Write(&m) }

// reply answers a call.
func (c *conn) reply(call *message.Command, name string, values ...amf.Value) error {
	r := message.Command{Name: name, TransactionID: call.TransactionID, Object: values[0], Args: values[1:]}
	m, err := r.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		return err
	}
	return c.send(m)
}

// onStatus tells what became of a stream.
func (c *conn) onStatus(streamID uint32, info *amf.Object) error {
	r := message.Command{Name: "onStatus", Args: []amf.Value{info}}
	m, err := r.Message(statusChunkStreamID, streamID)
	if err != nil {
		return err
	}
	return c.send(m)
}

func status(level, code, description string) *amf.Object {
	o := &amf.Object{}
	o.Set("level", amf.String(level))
	o.Set("code", amf.String(code))
	o.Set("description", amf.String(description))
	return o
}

// handleConnect takes any application that has a name: there is one as soon as
// somebody publishes in it.
func (c *conn) handleConnect(_ *message.Message, cmd *message.Command) error {
	o, _ := amf.AsObject(cmd.Object)
	c.app, _ = amf.AsString(o.Get("app"))
	if cleanPath(c.app) == "" {
		if err := c.reply(cmd, "_error", amf.Null{}, status("error", "NetConnection.Connect.InvalidApp",
			"There is no application without a name.")); err != nil {
			return err
		}
		return errRefused
	}
	c.connected = true
	properties := &amf.Object{}
	properties.Set("fmsVer", amf.String("FMS/3,0,1,123")) // as nginx-rtmp: there are clients that compare
	properties.Set("capabilities", amf.Number(31))
	info := status("status", "NetConnection.Connect.Success", "Connection succeeded.")
	info.Set("objectEncoding", amf.Number(0))
	for _, m := range []message.Message{
		message.WindowAcknowledgementSize(ackWindow),
		message.SetPeerBandwidth(ackWindow, message.LimitDynamic),
		message.SetChunkSize(c.server.ChunkSize),
	} {
		if err := c.send(m); err != nil {
			return err
		}
	}
	return c.reply(cmd, "_result", properties, info)
}

func (c *conn) handleCreateStream(_ *message.Message, cmd *message.Command) error {
	if c.streams++; c.streams > maxStreams {
		return fmt.Errorf("serve: the client wants more than %d message streams", maxStreams)
	}
	return c.reply(cmd, "_result", amf.Null{}, amf.Number(c.streams))
}

// handleCourtesy answers what nothing follows from.
func (c *conn) handleCourtesy(_ *message.Message, cmd *message.Command) error {
	return c.reply(cmd, "_result", amf.Null{}, amf.Undefined{})
}

func (c *conn) handleFCSubscribe(_ *message.Message, cmd *message.Command) error {
	return c.onFC("onFCSubscribe", "NetStream.Play.Start", "FCSubscribe to "+shown(text(cmd, 0))+".")
}

// onFC calls the client back, as Flash Media Server does beside its answer.
func (c *conn) onFC(name, code, description string) error {
	on := message.Command{Name: name, Args: []amf.Value{status("status", code, description)}}
	m, err := on.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		return err
	}
	return c.send(m)
}

func (c *conn) handleGetStreamLength(_ *message.Message, cmd *message.Command) error {
	var length time.Duration // of one that has no end: 0
	if _, src := c.server.find(c.app, text(cmd, 0)); src != nil && c.server.Loop >= 0 {
		length = src.length(c.server.Loop)
	}
	return c.reply(cmd, "_result", amf.Null{}, amf.Number(length.Seconds()))
}

// shown is what a name is called in descriptions: without its query, which may
// have secrets, since there are clients that show what they are told.
func shown(name string) string {
	name, _, _ = strings.Cut(name, "?")
	return name
}

// text is an argument that should be a string.
func text(cmd *message.Command, i int) string {
	if i >= len(cmd.Args) {
		return ""
	}
	s, _ := amf.AsString(cmd.Args[i])
	return s
}
