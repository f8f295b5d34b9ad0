package rtmp

import (
	"bytes"
	"fmt"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// setUp does all that comes before the stream. Messages that come already are
// given to keep.
func (d *dialogue) setUp(this try, keep func(*message.Message)) error {
	d.setupBy, d.since = this.deadline, time.Now()
	d.phase = PhaseHandshake
	h := handshake.NewClient(handshake.Config{
		Digest: this.opening == cautious, Encrypted: d.target.Encrypted(), SWF: d.target.SWF,
	})
	if err := d.shakeHands(h); err != nil {
		return d.wrap(err)
	}
	d.answerBy = this.answerBy(d.since)
	for d.phase < PhaseStream {
		m, err := d.hear()
		if err != nil {
			return d.wrap(err)
		}
		if m != nil {
			keep(m)
		}
	}
	return nil
}

// shakeHands sends C2 together with the opening of the session, since S2 holds
// nothing that has to be waited for. With RTMPE all is encrypted that we send after C2
// and the server after S2.
func (d *dialogue) shakeHands(h *handshake.Client) error {
	var out bytes.Buffer
	if err := h.Hello(&out); err != nil {
		return err
	}
	// A server of another kind may have said so and hung up already.
	_, err := d.conn.Write(out.Bytes())
	if err = d.conn.written(err); err != nil {
		return err
	}
	out.Reset()
	if err := h.Reply(d.conn, &out); err != nil {
		if err = d.owner.readFailed(err); d.target.Encrypted() && hungUp(err) {
			err = fmt.Errorf("%w: %w", err, ErrNoRTMPE)
		}
		return err
	}
	d.conn.head, d.conn.ciphers.Send = out.Bytes(), h.Ciphers().Send
	if d.target.SWF != nil {
		d.session.VerifyAs(h.Verification())
	}
	if d.reactions, err = d.session.Start(d.reactions[:0]); err != nil {
		return err
	}
	if _, err := d.react(); err != nil {
		return err
	}
	if err := h.Finish(d.conn); err != nil {
		return d.owner.readFailed(err)
	}
	d.conn.ciphers.Receive = h.Ciphers().Receive
	d.client.phaseDone(PhaseHandshake, &d.since)
	d.phase = PhaseConnect
	return nil
}

// setPhase follows the session's state.
func (d *dialogue) setPhase() {
	phase := d.phase
	switch d.session.State() {
	case session.Creating:
		phase = PhaseCreateStream
	case session.Starting:
		phase = d.asking()
	case session.Streaming:
		phase = PhaseStream
	}
	if phase == d.phase {
		return
	}
	for ; d.phase < phase; d.phase++ { // one by one: createStream may be answered first
		if d.phase != PhasePlay && d.phase != PhasePublish || d.phase == d.asking() {
			d.client.phaseDone(d.phase, &d.since)
		}
	}
	d.nudgeAt = time.Time{}
	switch phase {
	case PhaseCreateStream:
		d.nudgeAt = d.since.Add(nudgeAfter)
	case PhaseStream:
		d.owner.streaming()
	}
}

// asking is the phase in which the stream is asked for, or offered.
func (d *dialogue) asking() Phase {
	if d.session.Role() == session.Publish {
		return PhasePublish
	}
	return PhasePlay
}

// setUpBy is the deadline of a read before the stream.
func (d *dialogue) setUpBy() (by time.Time) {
	switch d.phase {
	case PhaseHandshake:
		by = d.since.Add(d.client.handshakeTimeout())
	case PhaseConnect:
		by = d.answerBy
	}
	return soonest(by, d.nudgeAt, d.setupBy)
}

// soonest is the first of some deadlines; zero ones do not count.
func soonest(times ...time.Time) (by time.Time) {
	for _, t := range times {
		if !t.IsZero() && (by.IsZero() || t.Before(by)) {
			by = t
		}
	}
	return by
}

// late is for a deadline that has passed before the stream: it does what can
// still be done, or names the wait that took too long.
func (d *dialogue) late(now time.Time) error {
	if !d.nudgeAt.IsZero() && !now.Before(d.nudgeAt) {
		d.nudgeAt = time.Time{}
		d.reactions, _ = d.session.Nudge(d.reactions[:0])
		_, err := d.react()
		return err
	}
	e := &TimeoutError{For: "answer to " + d.phase.String(), After: now.Sub(d.since)}
	switch d.phase {
	case PhaseHandshake:
		e.For = "RTMP handshake"
	case PhasePlay:
		e.kind = ErrNoMedia
	}
	return e
}
