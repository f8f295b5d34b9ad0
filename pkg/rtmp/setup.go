package rtmp

import (
	"bytes"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// setUp does all that comes before the stream. cautious is the second attempt,
// after which there is no other.
func (p *Player) setUp(deadline time.Time, cautious bool) error {
	p.setupBy, p.since = deadline, time.Now()
	p.phase = PhaseHandshake
	h := handshake.NewClient(handshake.Config{Digest: cautious})
	if err := p.shakeHands(h); err != nil {
		return p.wrap(err)
	}
	if !cautious { // leave time for the second attempt
		p.answerBy = p.since.Add(min(answerTimeout, deadline.Sub(p.since)/2))
	}
	for p.phase < PhaseStream {
		m, err := p.step()
		if err != nil {
			return p.wrap(err)
		}
		// Media is never passed over: it is what ends this loop.
		if m != nil && (m.Type.IsMedia() || len(p.pending) < maxPending) {
			p.pending = append(p.pending, m.Clone())
		}
	}
	return nil
}

// shakeHands sends C2 together with the opening of the session, since S2 holds
// nothing that has to be waited for.
func (p *Player) shakeHands(h *handshake.Client) error {
	var out bytes.Buffer
	if err := h.Hello(&out); err != nil {
		return err
	}
	// A server of another kind may have said so and hung up already.
	_, err := p.conn.Write(out.Bytes())
	if err = p.conn.written(err); err != nil {
		return err
	}
	out.Reset()
	if err := h.Reply(p.conn, &out); err != nil {
		return p.readFailed(err)
	}
	p.conn.head = out.Bytes()
	if p.reactions, err = p.session.Start(p.reactions[:0]); err != nil {
		return err
	}
	if _, err := p.react(); err != nil {
		return err
	}
	if err := h.Finish(p.conn); err != nil {
		return p.readFailed(err)
	}
	p.client.phaseDone(PhaseHandshake, &p.since)
	p.phase = PhaseConnect
	return nil
}

// setPhase follows the session's state.
func (p *Player) setPhase() {
	phase := p.phase
	switch p.session.State() {
	case session.Creating:
		phase = PhaseCreateStream
	case session.Starting:
		phase = PhasePlay
	case session.Streaming:
		phase = PhaseStream
	}
	if phase == p.phase {
		return
	}
	for ; p.phase < phase; p.phase++ { // one by one: createStream may be answered first
		p.client.phaseDone(p.phase, &p.since)
	}
	p.lastMedia = p.since
	p.nudgeAt = time.Time{}
	if phase == PhaseCreateStream {
		p.nudgeAt = p.since.Add(nudgeAfter)
	}
}
