package session

import (
	"math"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// The values of play's start argument that are no position (RTMP 1.0, 7.2.2.1,
// in ms as servers take them).
const (
	startAny  = -2000
	startLive = -1000
)

// play asks for the stream.
func (s *Session) play(dst []Reaction) []Reaction {
	if s.state != Creating {
		return dst
	}
	s.state = Starting
	path := amf.String(s.cfg.PlayPath)
	if s.cfg.Playlist {
		list := &amf.Object{Kind: amf.ECMAArray}
		list.Set("0", path)
		dst = s.call(dst, "set_playlist", message.StreamChunkStreamID, s.streamID, list)
	}
	args := []amf.Value{path}
	switch {
	case s.cfg.Kind == Live:
		args = append(args, amf.Number(startLive))
	case s.cfg.Kind == Recorded, s.cfg.Kind == FromStart:
		args = append(args, amf.Number(s.cfg.Start))
	case s.cfg.Length > 0:
		args = append(args, amf.Number(startAny))
	}
	if s.cfg.Length > 0 {
		args = append(args, amf.Number(s.cfg.Length))
	}
	dst = s.call(dst, "play", message.StreamChunkStreamID, s.streamID, args...)
	return append(dst, Reaction{Do: Send, Message: message.SetBufferLength(s.streamID, s.cfg.Buffer)})
}

// started notes that the stream plays, or that it may be sent.
func (s *Session) started(dst []Reaction) []Reaction {
	if s.state != Starting { // in Creating, play or publish is yet to be said
		return dst
	}
	s.state = Streaming
	return notify(dst, Event{Kind: Started, StreamID: s.streamID})
}

// media is what the session remembers of the stream's audio and video.
type media struct {
	foreign    uint32 // a stream ID that is not ours, on which the media comes
	hasForeign bool
	hasOwn     bool // some came on our stream, or on stream 0

	last    uint32   // timestamp of the newest, ms
	tracks  [2]track // of audio and video
	seeking bool     // a seek is under way: what comes is from before it

	recorded bool // the server says so
	listed   bool // it says that all of a playlist has been played
	forgiven ends // what the answer to a pause of ours may look like

	held     bool   // the stream is paused by Pause
	bouncing bool   // a pause of ours is under way, to be followed by a resume
	stamp    uint32 // where it was paused, ms
	idle     bool   // nothing new has come since
}

// A track is how far audio or video has come. Servers interleave them as they like.
type track struct {
	begun  bool
	last   uint32 // timestamp of the newest frame, ms
	behind bool   // the server went back at a bounce: frames up to last were delivered before
}

// track is the one that a message is of.
func (m *media) track(t message.Type) *track {
	if t == message.TypeAudio {
		return &m.tracks[0]
	}
	return &m.tracks[1]
}

// belongs tells whether audio and video on a message stream are the stream we
// asked for. Node-Media-Server 4 sends them on stream 0. Media that comes on
// some other stream, before any on ours, must be ours as well: we asked for no
// other.
func (m *media) belongs(id, own uint32) bool {
	switch {
	case id == own || id == 0:
		m.hasOwn = true
	case m.hasForeign:
		return id == m.foreign
	case m.hasOwn:
		return false
	default:
		m.foreign, m.hasForeign = id, true
	}
	return true
}

// adopted tells whether a message stream has become ours by what came on it.
func (m *media) adopted(id uint32) bool { return m.hasForeign && m.foreign == id }

// Ends are kinds of announcements that a stream ends, by which servers also answer
// a pause of ours, when they mean nothing: SRS with a Stream EOF, nginx-rtmp with that
// and an UnpublishNotify. One of each is forgiven, until the stream is resumed.
type ends uint8

const (
	forgiveEOF ends = 1 << iota
	forgiveLeft
)

// forgives tells whether an announcement is the answer to a pause of ours.
func (m *media) forgives(e ends) bool {
	was := m.forgiven
	m.forgiven &^= e
	return was&e != 0
}

// resumes notes that the stream goes on after a pause.
func (m *media) resumes() { m.forgiven = 0 }

// Recorded tells whether the stream was asked for as a recorded one, or is one by
// the server's word. MediaMTX and lal say that of every stream.
func (s *Session) Recorded() bool {
	return s.cfg.Kind == Recorded || s.cfg.Kind != Live && s.media.recorded
}

// handleMedia delivers audio and video. It may come before Play.Start, or
// without one.
func (s *Session) handleMedia(dst []Reaction, m *message.Message) []Reaction {
	if s.cfg.Role != Play || s.state < Starting || !s.media.belongs(m.StreamID, s.streamID) || s.media.seeking {
		return dst
	}
	if s.state == Starting {
		dst = s.started(dst)
	}
	if t := s.media.track(m.Type); m.HasFrames() {
		if t.behind && int32(m.Timestamp-t.last) <= 0 {
			return dst
		}
		*t = track{begun: true, last: m.Timestamp}
		s.media.idle, s.media.listed = false, false
	}
	s.media.last = m.Timestamp
	return append(dst, Reaction{Do: Deliver, Message: *m})
}

// handleData delivers the stream's data messages, and keeps those that are between
// the server and us: onStatus, onPlayStatus and |RtmpSampleAccess.
func (s *Session) handleData(dst []Reaction, m *message.Message) ([]Reaction, error) {
	name, values, err := message.ParseData(m)
	switch name {
	case "|RtmpSampleAccess":
		return dst, nil
	case "onStatus": // SRS 5: NetStream.Data.Start
		return s.status(dst, firstObject(values))
	case "onPlayStatus":
		info := firstObject(values)
		e := Event{Kind: PlayStatus, Code: text(info, "code"), Level: text(info, "level"), Info: info}
		if s.cfg.Role == Play {
			e.Ending, e.Begun = e.Code == "NetStream.Play.Complete", e.Code == "NetStream.Play.Switch"
			s.media.listed = e.Ending
		}
		return notify(dst, e), nil
	}
	if err != nil {
		dst = oddity(dst, "a %s of %d bytes: %v", m.Type, len(m.Payload), err)
	}
	if s.cfg.Role != Play || s.state < Starting || len(m.Payload) == 0 {
		return dst, nil
	}
	if name == "onMetaData" {
		dst = s.enlarge(dst, firstObject(values))
	}
	d := *m
	d.Type, d.Payload = message.TypeData, message.DataBody(m)
	return append(dst, Reaction{Do: Deliver, Message: d}), nil
}

// enlarge announces a buffer that has room for the whole of a stream.
func (s *Session) enlarge(dst []Reaction, metadata *amf.Object) []Reaction {
	const spare = 5000 // ms
	seconds, _ := amf.AsNumber(metadata.Get("duration"))
	ms := min(seconds*1000, math.MaxInt32-spare)
	if s.cfg.Kind == Live || s.cfg.Buffer != DefaultBuffer || math.IsNaN(ms) || ms <= float64(s.buffer) {
		return dst
	}
	s.buffer = uint32(ms) + spare
	return append(dst, Reaction{Do: Send, Message: message.SetBufferLength(s.streamID, s.buffer)})
}

func firstObject(values []amf.Value) *amf.Object {
	for _, v := range values {
		if o, ok := amf.AsObject(v); ok {
			return o
		}
	}
	return nil
}

// Seek asks a recorded stream to go on at ms. What comes until the server says
// that it has is dropped.
func (s *Session) Seek(dst []Reaction, ms uint32) []Reaction {
	if s.cfg.Role != Play || s.state != Streaming {
		return dst
	}
	s.media.seeking = true
	return s.call(dst, "seek", message.StreamChunkStreamID, s.streamID, amf.Number(ms))
}

// Pause stops and resumes a recorded stream.
func (s *Session) Pause(dst []Reaction, on bool) []Reaction {
	if s.cfg.Role != Play || s.state != Streaming {
		return dst
	}
	s.media.held = on
	return s.pause(dst, on, s.media.last)
}

func (s *Session) pause(dst []Reaction, on bool, ms uint32) []Reaction {
	if on {
		s.media.forgiven = forgiveEOF | forgiveLeft
	}
	return s.call(dst, "pause", message.StreamChunkStreamID, s.streamID, amf.Boolean(on), amf.Number(ms))
}

// Bounce pauses a recorded stream that has fallen silent, to resume it as soon
// as the server says that it is paused: that wakes servers up which wait for a
// player to empty its buffer. A bounce that was never answered may be repeated.
func (s *Session) Bounce(dst []Reaction) []Reaction {
	if s.cfg.Role != Play || s.state != Streaming {
		return dst
	}
	s.media.bouncing, s.media.idle, s.media.stamp = true, true, s.media.last
	return s.pause(dst, true, s.media.stamp)
}

// emptied is for a server that has sent as much of a recorded stream as the buffer
// that was announced, and waits until that has been played: a bounce has it go on at
// once. If the last bounce brought nothing new there is no other: the server goes on
// by its own clock, or the silence ends in a time-out.
func (s *Session) emptied(dst []Reaction) []Reaction {
	m := &s.media
	switch {
	case s.cfg.Realtime, m.held, m.seeking, !s.Recorded():
		return dst
	case m.bouncing && m.forgiven&forgiveEOF == 0: // which some say instead of Pause.Notify
		return s.resume(dst)
	case m.idle, !m.tracks[0].begun && !m.tracks[1].begun:
		return dst
	}
	return s.Bounce(dst)
}

// resume ends a pause of Bounce's.
func (s *Session) resume(dst []Reaction) []Reaction {
	if !s.media.bouncing {
		return dst
	}
	s.media.bouncing = false
	for i := range s.media.tracks {
		s.media.tracks[i].behind = s.media.tracks[i].begun
	}
	return s.pause(dst, false, s.media.stamp)
}
