package session

import (
	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// The bits that connect announces (RTMP 1.0, 7.2.1.1; E-RTMP v2, "Enhancing
// NetConnection connect Command").
const (
	capabilities = 15

	audioCodecsAll = 0x0fff
	videoCodecsAll = 0x00ff
	// What Flash Player sent: some servers of its time compare.
	audioCodecsFlash = 0x0c77
	videoCodecsFlash = 0x00fc

	videoFunctionSeek     = 0x0001
	videoFunctionHDR      = 0x0002
	videoFunctionMetadata = 0x0004

	canDecode  = 0x01
	canForward = 0x04

	capsReconnect           = 0x01
	capsMultitrack          = 0x02
	capsModEx               = 0x04
	capsTimestampNanoOffset = 0x08
)

// connectMessage is the command that opens a NetConnection. Its transaction ID
// is always 1.
func (s *Session) connectMessage() (message.Message, error) {
	c := &s.cfg
	o := &amf.Object{}
	o.Set("app", amf.String(c.App))
	if c.Role == Publish {
		o.Set("type", amf.String("nonprivate"))
	}
	setText(o, "flashVer", c.FlashVer)
	setText(o, "swfUrl", c.SWFURL)
	setText(o, "tcUrl", c.TcURL)
	if c.Role == Play {
		s.describePlayer(o)
	} else {
		setText(o, "pageUrl", c.PageURL)
	}
	if !c.Cautious {
		o.Set("objectEncoding", amf.Number(0))
		announceEnhanced(o, c)
	}
	args := []amf.Value(nil)
	if c.Auth != "" {
		args = append(args, amf.Boolean(true), amf.String(c.Auth))
	}
	args = append(args, c.Extra...)
	s.lastID++
	s.calls = append(s.calls, call{s.lastID, "connect"})
	command := message.Command{Name: "connect", TransactionID: float64(s.lastID), Object: o, Args: args}
	return command.Message(message.CommandChunkStreamID, 0)
}

// describePlayer adds what only players tell of themselves.
func (s *Session) describePlayer(o *amf.Object) {
	audio, video, function := audioCodecsAll, videoCodecsAll, videoFunctionHDR|videoFunctionMetadata
	if s.cfg.Cautious {
		audio, video, function = audioCodecsFlash, videoCodecsFlash, videoFunctionSeek
	}
	o.Set("fpad", amf.Boolean(false))
	o.Set("capabilities", amf.Number(capabilities))
	o.Set("audioCodecs", amf.Number(audio))
	o.Set("videoCodecs", amf.Number(video))
	o.Set("videoFunction", amf.Number(function))
	setText(o, "pageUrl", s.cfg.PageURL)
}

func setText(o *amf.Object, name, value string) {
	if value != "" {
		o.Set(name, amf.String(value))
	}
}

// announceEnhanced adds what Enhanced RTMP has clients announce. Each server
// looks at another part of it: MediaMTX at fourCcList alone, by exact name, so
// that the wildcard is not enough. A publisher passes on what it has, and
// decodes nothing.
func announceEnhanced(o *amf.Object, c *Config) {
	known := canForward
	if c.Role == Play {
		known |= canDecode
	}
	video := []string{"av01", "vp09", "vp08", "hvc1", "avc1", "vvc1"}
	audio := []string{"Opus", "fLaC", "ac-3", "ec-3", "mp4a", ".mp3"}
	var list amf.StrictArray
	infoMap := func(names []string) *amf.Object {
		m := &amf.Object{}
		m.Set("*", amf.Number(canForward))
		for _, name := range names {
			list = append(list, amf.String(name))
			m.Set(name, amf.Number(known))
		}
		return m
	}
	videoMap, audioMap := infoMap(video), infoMap(audio)
	if !c.NoFourCcList {
		o.Set("fourCcList", append(list, amf.String("*")))
	}
	o.Set("videoFourCcInfoMap", videoMap)
	o.Set("audioFourCcInfoMap", audioMap)
	caps := capsMultitrack | capsModEx | capsTimestampNanoOffset
	if c.Reconnect {
		caps |= capsReconnect
	}
	o.Set("capsEx", amf.Number(caps))
}

// connected takes the answer to connect, which may be a refusal all the same.
func (s *Session) connected(dst []Reaction, c *message.Command) ([]Reaction, error) {
	if s.connect {
		return dst, nil
	}
	info := c.Info()
	if verdictOf(text(info, "code"), text(info, "level")) == refused {
		return dst, newStatusError("connect", info)
	}
	s.connect = true
	s.state = Creating
	dst = notify(dst, Event{
		Kind: Connected, Code: text(info, "code"), Level: text(info, "level"),
		Description: text(info, "description"), Info: info,
	})
	dst = s.answerToken(dst, c)
	dst = s.flow.announce(dst)
	if s.cfg.Role == Publish {
		return s.claim(dst), nil
	}
	dst = append(dst, Reaction{Do: Send, Message: message.SetBufferLength(0, connectionBuffer)})
	if !s.early {
		dst = s.createStream(dst)
	}
	if s.cfg.UsherToken != "" {
		dst = s.call(dst, "NetStream.Authenticate.UsherToken", message.CommandChunkStreamID, 0,
			amf.String(s.cfg.UsherToken))
	}
	if path := s.subscribePath(); path != "" {
		dst = s.call(dst, "FCSubscribe", message.CommandChunkStreamID, 0, amf.String(path))
	}
	if s.created {
		dst = s.play(dst)
	}
	return dst, nil
}

// connectionBuffer is the buffer length of the connection as a whole, in ms;
// clients since librtmp send this one.
const connectionBuffer = 300

// subscribePath is what to send FCSubscribe for, which content delivery networks
// of the Flash era want before play of a live stream.
func (s *Session) subscribePath() string {
	if s.cfg.Subscribe == "" && (s.cfg.Kind == Live || s.cfg.Kind == Any) {
		return s.cfg.PlayPath
	}
	return s.cfg.Subscribe
}

// answerToken answers the secureToken that Wowza puts into connect's answer.
func (s *Session) answerToken(dst []Reaction, c *message.Command) []Reaction {
	if s.cfg.Token == "" {
		return dst
	}
	v := c.Info().Get("secureToken")
	if v == nil {
		o, _ := amf.AsObject(c.Object)
		v = o.Get("secureToken")
	}
	if v == nil {
		return dst
	}
	secret, ok := amf.AsString(v)
	if ok {
		var answer string
		if answer, ok = decodeToken(s.cfg.Token, secret); ok {
			return s.say(dst, "secureTokenResponse", 0, amf.String(answer))
		}
	}
	return oddity(dst, "a secureToken that is no hexadecimal text")
}

func (s *Session) createStream(dst []Reaction) []Reaction {
	return s.call(dst, "createStream", message.CommandChunkStreamID, 0)
}

// createAgain repeats a createStream that the server seems to have passed over.
func (s *Session) createAgain(dst []Reaction) []Reaction {
	s.early = false
	return s.createStream(dst)
}

// streamCreated takes the answer to createStream, which may come before that to
// connect if it was sent early.
func (s *Session) streamCreated(dst []Reaction, c *message.Command) ([]Reaction, error) {
	if s.created { // the answer to one that was repeated
		return dst, nil
	}
	id, ok := streamIDOf(c)
	switch {
	case ok:
	case s.early:
		return s.tooEarly(dst), nil
	default:
		return dst, ErrNoStreamID
	}
	s.streamID, s.created = id, true
	dst = notify(dst, Event{Kind: Created, StreamID: id})
	switch {
	case s.cfg.Role == Publish:
		dst = s.publish(dst)
	case s.connect:
		dst = s.play(dst)
	}
	return dst, nil
}

// streamIDOf is the number in an answer to createStream: its first argument, or
// where a server leaves out the null before it, its command object.
func streamIDOf(c *message.Command) (uint32, bool) {
	if len(c.Args) > 0 {
		return amf.AsUint32(c.Args[0])
	}
	return amf.AsUint32(c.Object)
}
