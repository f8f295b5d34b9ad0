package session

import (
	"io"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// claim is what a publisher says when it is connected. Nothing waits for the
// answers to releaseStream, which throws out what a crashed publisher has left
// behind, and FCPublish, which the networks of the Flash era want; servers that
// do not know them answer with an _error or not at all.
func (s *Session) claim(dst []Reaction) []Reaction {
	if s.cfg.ChunkSize != 0 {
		dst = append(dst, Reaction{Do: Send, Message: message.SetChunkSize(s.cfg.ChunkSize)})
	}
	path := amf.String(s.cfg.PlayPath)
	dst = s.call(dst, "releaseStream", message.CommandChunkStreamID, 0, path)
	dst = s.call(dst, "FCPublish", message.CommandChunkStreamID, 0, path)
	return s.createStream(dst)
}

// publish asks the server to take the stream.
func (s *Session) publish(dst []Reaction) []Reaction {
	s.state = Starting
	return s.call(dst, "publish", message.StreamChunkStreamID, s.streamID,
		amf.String(s.cfg.PlayPath), amf.String("live"))
}

// publishStatus is what a status means for a publisher. Those about playing are
// not for it, unless they refuse.
func (s *Session) publishStatus(dst []Reaction, v verdict, info *amf.Object) ([]Reaction, error) {
	switch v {
	case granted:
		s.done("publish")
		return s.started(dst), nil
	case taken:
		switch s.state {
		case Leaving:
			return dst, io.EOF
		case Streaming: // thrown out, by an operator or another publisher
			return dst, ErrClosed
		}
	case refused: // even when we leave: it may have asked others meanwhile
		return dst, newStatusError(s.waiting(), info)
	}
	return dst, nil
}
