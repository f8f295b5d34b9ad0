package main

import (
	"encoding/binary"
	"fmt"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// rehearse lets a session say its opening words to a server that grants all, and
// returns them as they are shown.
func rehearse(cfg session.Config, mask *obs.Mask) (sent []string, err error) {
	s := session.New(cfg)
	said, err := s.Start(nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(said); i++ {
		if said[i].Do != session.Send {
			continue
		}
		sent = append(sent, show(&said[i].Message, mask))
		if said, err = grant(s, said, i); err != nil {
			return nil, err
		}
	}
	return sent, nil
}

// grant tells a session that a call of its own, if it waits for one, was granted.
func grant(s *session.Session, said []session.Reaction, i int) ([]session.Reaction, error) {
	m := &said[i].Message
	if m.Type != message.TypeCommand {
		return said, nil
	}
	call, err := message.ParseCommand(m)
	if err != nil {
		return said, err
	}
	answers := map[string]amf.Value{"connect": &amf.Object{}, "createStream": amf.Number(1)}
	answer, ok := answers[call.Name]
	if !ok {
		return said, nil
	}
	result := message.Command{Name: "_result", TransactionID: call.TransactionID, Args: []amf.Value{answer}}
	reply, err := result.Message(message.CommandChunkStreamID, 0)
	if err != nil {
		return said, err
	}
	return s.Handle(said, &reply)
}

// show writes a message as one line.
func show(m *message.Message, mask *obs.Mask) string {
	switch m.Type {
	case message.TypeCommand:
		c, err := message.ParseCommand(m)
		if err != nil {
			return err.Error()
		}
		text := c.Name + " " + amf.Format(amf.Number(c.TransactionID)) + " " + mask.Format(c.Object)
		for _, v := range c.Args {
			text += " " + mask.Format(v)
		}
		return text
	case message.TypeUserControl:
		event, value, _, _ := message.ParseUserControl(m.Payload)
		if event == message.EventSetBufferLength {
			return fmt.Sprintf("%v %d ms (stream %d)", event, binary.BigEndian.Uint32(m.Payload[6:]), value)
		}
		return fmt.Sprintf("%v (stream %d)", event, value)
	}
	v, _ := m.Uint32()
	return fmt.Sprintf("%v %d", m.Type, v)
}
