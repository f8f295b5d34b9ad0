package job

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// A run is a Push under way.
type run struct {
	*Push
	feed   *feed
	pace   pacer
	retry  retrier
	timer  *time.Timer
	kind   kinds
	result PushResult

	connected int       // connections
	frames    int64     // sent
	alive     time.Time // until when this connection went well
	lost      error     // the one before
	resumed   bool      // what that made us leave out is still to be told

	// An input that keeps us waiting longer than the clock does goes on by itself
	// while there is no server, as an encoder does. The clock is then kept: what
	// has gathered is due at once, or the stream would be late for ever.
	awaited time.Duration
	live    bool

	over bool // there is nothing left to send
}

// connections publishes over one connection after the other. The reason is empty
// if an error ended it.
func (r *run) connections(ctx context.Context) (Reason, error) {
	random := r.random
	if random == nil {
		random = rand.Float64
	}
	for {
		reason, t := r.connection(ctx)
		switch {
		case ctx.Err() != nil && t.err != nil:
			return "", context.Cause(ctx)
		case t.err == nil, r.over:
			return reason, t.err
		}
		r.lost = t.err
		wait, again := r.retry.next(t, time.Now(), random())
		if !again {
			return "", t.err
		}
		r.report(Event{Kind: Reconnect, Err: t.err, Wait: wait, Attempt: r.retry.attempt})
		r.timer.Reset(wait)
		select {
		case <-r.timer.C:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// connection publishes over one connection, until all is sent or it is lost.
func (r *run) connection(ctx context.Context) (Reason, trouble) {
	life := outlive(ctx, leaveTime)
	defer life.end()
	sink, err := r.connect(life.ctx)
	if err != nil {
		return "", trouble{err: err}
	}
	life.keep()
	if r.connected++; r.connected > 1 {
		r.result.Reconnects++
		r.progress.reconnects.Add(1)
	}
	begun, frames := time.Now(), r.frames
	r.alive = begun
	reason, err := r.send(ctx, sink)
	t, kept := trouble{err: err}, max(1, r.alive.Sub(begun))
	if r.frames > frames {
		t.live = kept
	}
	r.result.Longest = max(r.result.Longest, kept)
	// What was written is with the server only if Close says so.
	if e := sink.Close(); t.err == nil && e != nil {
		reason, t.err, r.over = "", e, true
	}
	r.result.Sent = sink.Stats()
	if t.err != nil {
		r.feed.resume()
		if r.live = r.feed.waited() > r.awaited; !r.live {
			r.pace.reset()
		}
		r.resumed = true
	}
	return reason, t
}

func (r *run) connect(ctx context.Context) (Sink, error) {
	if r.publish != nil {
		return r.publish(ctx)
	}
	p, err := r.Client.Publish(ctx, r.Target)
	if err != nil {
		return nil, err // and no Sink that is a nil *rtmp.Publisher
	}
	return p, nil
}

// send publishes until something ends it. The reason is empty if that is an
// error.
func (r *run) send(ctx context.Context, sink Sink) (Reason, error) {
	for {
		pk, err := r.feed.next(ctx, sink)
		switch {
		case errors.Is(err, io.EOF):
			r.over = true
			if r.feed.gate.resuming { // there was no key frame to go on with
				return "", r.lost
			}
			return InputEnded, nil
		case errors.Is(err, errGone):
			return "", r.gone(sink)
		case err != nil:
			return "", err
		}
		now := time.Now()
		r.alive = now
		if r.resumed {
			r.resumed = false
			if r.live {
				r.pace.skip(pk.Timestamp)
			}
			if s := r.feed.gate.now; s.Frames > 0 {
				r.report(Event{Kind: Gap, Duration: s.Time, Frames: s.Frames})
			}
		}
		if pk.timed() {
			at, jump := r.pace.due(pk.video(), pk.Timestamp, now)
			if jump != 0 {
				r.report(Event{Kind: Jump, Duration: time.Duration(jump) * time.Millisecond})
			}
			if limit := r.reached(pk); limit != "" {
				return limit, nil
			}
			if d := at.Sub(now); d > 0 {
				if err := r.await(ctx, sink, d); err != nil {
					return "", err
				}
				now, r.alive = at, at
			}
		}
		if err := sink.Write(&pk.Message); err != nil {
			return "", err
		}
		r.sent(pk, now)
	}
}

// await waits until a frame is due. What was written goes out before.
func (r *run) await(ctx context.Context, sink Sink, d time.Duration) error {
	if err := sink.Flush(); err != nil {
		return err
	}
	r.timer.Reset(d)
	select {
	case <-r.timer.C:
		r.awaited += d
		return nil
	case <-sink.Done():
		return r.gone(sink)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A timeout is an error that tells whether it is one of lateness.
type timeout interface {
	error
	Timeout() bool
}

// gone is why a sink is that was lost in a wait of ours. Up to then all went
// well, unless this is the end of a time in which the server took nothing. That
// of a write that fails does not count for the same reason.
func (r *run) gone(sink Sink) error {
	err := sink.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	if late, ok := errors.AsType[timeout](err); !ok || !late.Timeout() {
		r.alive = time.Now()
	}
	return err
}

// reached tells which limit there is no room left under for p.
func (r *run) reached(p *packet) Reason {
	switch {
	case r.Limits.Duration > 0 && r.pace.media() >= r.Limits.Duration:
		return DurationReached
	case r.Limits.Size > 0 && r.result.Size+int64(len(p.Payload)) > r.Limits.Size:
		return SizeReached
	}
	return ""
}

// sent counts a packet that is with the sink.
func (r *run) sent(p *packet, now time.Time) {
	s, live := &r.result, &r.progress
	s.Size += int64(len(p.Payload))
	live.size.Store(s.Size)
	switch p.Type {
	case message.TypeAudio:
		s.Audio++
		live.audio.Store(s.Audio)
	case message.TypeVideo:
		s.Video++
		live.video.Store(s.Video)
	}
	if p.class.Key {
		s.KeyFrames++
		live.lastKey.Store(now.UnixNano())
	}
	if !p.timed() {
		return
	}
	r.frames++
	s.Media, s.Duration = true, r.pace.media()
	live.duration.Store(int64(s.Duration))
	if r.kind.first(&p.Message) {
		r.report(Event{Kind: FirstMedia, Media: p.Type.String()})
	}
}
