package main

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// An airtime is a stretch of time, from a test's start on.
type airtime struct{ from, to time.Duration }

// A station is a server in memory, of one kind or another, with one stream, which is
// on the air at times. It works in virtual time.
type station struct {
	manner
	air  []airtime
	down airtime // when nobody can connect

	began time.Time
	mu    sync.Mutex
	sent  []sending
	plays []*message.Command
}

// A sending is a frame that a player was sent.
type sending struct {
	frame
	conn int
	due  time.Duration // when it was on the air
}

// dial connects to the station, from now on.
func (s *station) dial(t *testing.T) rtmptest.DialFunc {
	s.began = time.Now()
	const most = 300 // connections
	var scripts []rtmptest.Script
	for n := range most {
		scripts = append(scripts, func(p *rtmptest.Peer) { s.serve(p, n) })
	}
	dial := rtmptest.Dial(t, scripts[0], scripts[1:]...)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if at := s.now(); at >= s.down.from && at < s.down.to {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		return dial(ctx, network, addr)
	}
}

func (s *station) now() time.Duration { return time.Since(s.began) }

// until waits for a moment.
func (s *station) until(at time.Duration) { time.Sleep(at - s.now()) }

// next is the span that is on the air, or the next one that will be.
func (s *station) next() (k int, live, ok bool) {
	for k, a := range s.air {
		if s.now() < a.to {
			return k, s.now() >= a.from, true
		}
	}
	return 0, false, false
}

// serve is what the station does with a player.
func (s *station) serve(p *rtmptest.Peer, conn int) {
	v := &visit{Peer: p, station: s, conn: conn, stream: 1}
	p.Handshake()
	connect := p.Expect("connect")
	if s.deaf != nil && s.deaf(connect) {
		p.Linger()
	}
	s.greet(v, connect)
	_, live, _ := s.next()
	if !live && s.nobody == hangsUp {
		return
	}
	p.Result(p.Await("createStream"), amf.Number(v.stream))
	v.play = p.Await("play")
	s.mu.Lock()
	s.plays = append(s.plays, v.play)
	s.mu.Unlock()
	if _, live, _ = s.next(); !live {
		switch s.nobody {
		case refuses, refusesAndCloses:
			v.say("error", s.refusal)
			if s.nobody == refuses {
				p.Linger()
			}
			return
		case saysNothing:
			p.Linger()
		case grantsAndCloses:
			s.grant(v)
			return
		}
	}
	s.grant(v)
	if !live && s.stale {
		v.headers(0, 0)
	}
	for stayed := false; ; stayed = true {
		k, live, ok := s.next()
		if !ok {
			p.Linger()
		}
		if !live {
			s.until(s.air[k].from)
		}
		if stayed && s.returns != nil {
			s.returns(v)
		}
		v.broadcast(k)
		if s.leaves != nil && !s.leaves(v) {
			return
		}
	}
}

// A visit is a player's stay at a station.
type visit struct {
	*rtmptest.Peer
	station *station
	conn    int
	stream  uint32
	play    *message.Command
	begun   bool          // it was sent frames
	joined  time.Duration // when the first of them was due
}

// say sends an onStatus about the stream.
func (v *visit) say(level, code string) {
	v.Command(v.stream, "onStatus", 0, nil, rtmptest.Info(level, code, ""))
}

// control sends a User Control message about the stream.
func (v *visit) control(e message.ControlEvent) { v.UserControl(e, v.stream) }

// data sends a data message on a message stream.
func (v *visit) data(stream uint32, values ...amf.Value) {
	b, err := amf.Append(nil, values...)
	if err != nil {
		panic(err)
	}
	v.Send(message.Message{ChunkStreamID: 5, Type: message.TypeData, StreamID: stream, Payload: b})
}

// broadcast sends what is on the air, until it is not.
func (v *visit) broadcast(k int) {
	s, m := v.station, &v.station.manner
	air := s.air[k]
	frames := publication(k, air.to-air.from)
	at := s.now() - air.from
	first := 0 // of the pictures
	for i, f := range frames {
		if f.key && (f.at <= at && m.joins == fromCache || f.at < at) {
			first = i
		}
	}
	begun := [2]bool{}
	for i, f := range frames {
		n := f.track()
		switch {
		case begun[n]:
		case m.joins == fromCache && i < first, m.joins != fromCache && f.at < at:
			continue
		case m.joins == fromKey && n == 1 && !f.key:
			continue
		}
		if !begun[0] && !begun[1] {
			if !v.begun {
				v.begun, v.joined = true, air.from+f.at
			}
			v.headers(air.from+f.at, f.at)
		}
		begun[n] = true
		s.until(air.from + f.at)
		v.frame(f, air.from+f.at, v.time(air.from+f.at, f.at))
	}
	s.until(air.to)
}

// time is the timestamp of what comes at a moment, and so far into the publication.
func (v *visit) time(at, into time.Duration) uint32 {
	if v.station.ownClock {
		into = at - v.joined
	}
	return uint32(into.Milliseconds())
}

// headers sends what comes before the first frame.
func (v *visit) headers(at, into time.Duration) {
	m := &v.station.manner
	ts := v.time(at, into)
	if m.zeroHeaders {
		ts = 0
	}
	if m.metadata != nil {
		m.metadata(v)
	}
	v.media(message.TypeVideo, ts, []byte{0x17, 0, 0, 0, 0, 1, 0x64, 0, 30, 0xFF})
	v.media(message.TypeAudio, ts, []byte{0xAF, 0, 0x11, 0x90})
}

// frame sends a frame, which may have been kept since it was due.
func (v *visit) frame(f frame, due time.Duration, ts uint32) {
	s := v.station
	v.media(f.typ, ts, f.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sending{f, v.conn, due})
}

func (v *visit) media(typ message.Type, ts uint32, body []byte) {
	m := &v.station.manner
	stream, csid := v.stream, m.audio
	if m.streamZero {
		stream = 0
	}
	if typ == message.TypeVideo {
		csid = m.video
	}
	v.Send(message.Message{ChunkStreamID: csid, Type: typ, StreamID: stream, Timestamp: ts, Payload: body})
}

// A frame is one of a publication.
type frame struct {
	typ  message.Type
	at   time.Duration // since it began
	key  bool
	body []byte
}

func (f *frame) track() int {
	if f.typ == message.TypeVideo {
		return 1
	}
	return 0
}

// publication are the frames of publication number k, 25 pictures and 50 sounds a
// second with a key frame each second, of which no two are alike.
func publication(k int, length time.Duration) (all []frame) {
	body := func(n, size int, head ...byte) []byte {
		b := binary.BigEndian.AppendUint32(head, uint32(k)<<24|uint32(n))
		for i := range size {
			b = append(b, byte(n*31+i))
		}
		return b
	}
	const picture = 40 * time.Millisecond
	for n := 0; time.Duration(n)*picture < length; n++ {
		at := time.Duration(n) * picture
		b := []byte{0x27, 1, 0, 0, 0, 0, 0, 0, 0, 0x41}
		key := n%25 == 0
		if key {
			b[0], b[9] = 0x17, 0x65
		}
		b = body(n, 400, b...)
		binary.BigEndian.PutUint32(b[5:], uint32(len(b)-9))
		all = append(all,
			frame{message.TypeVideo, at, key, b},
			frame{message.TypeAudio, at, false, body(2*n, 60, 0xAF, 1, 0x21)},
			frame{message.TypeAudio, at + picture/2, false, body(2*n+1, 60, 0xAF, 1, 0x21)})
	}
	return all
}

// missed is for how long nothing of what was on the air was sent, between the first
// frame and the last. served is by how many connections there were any.
func (s *station) missed() (missed time.Duration, served int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const brief = 100 * time.Millisecond
	seen := map[string]bool{}
	conns := map[int]bool{}
	for i, f := range s.sent {
		conns[f.conn] = true
		if seen[string(f.body)] {
			continue
		}
		seen[string(f.body)] = true
		if i > 0 && f.due-s.sent[i-1].due > brief {
			missed += f.due - s.sent[i-1].due
		}
	}
	return missed, len(conns)
}

// expected are the frames of a track that a recording has to have: each that was sent
// behind the first key frame of a connection, once.
func (s *station) expected(typ tag.TagType) (bodies []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	keyed := map[int]bool{}
	for _, f := range s.sent {
		keyed[f.conn] = keyed[f.conn] || f.key
		if tag.TagType(f.typ) == typ && keyed[f.conn] && !seen[string(f.body)] {
			seen[string(f.body)] = true
			bodies = append(bodies, string(f.body))
		}
	}
	return bodies
}
