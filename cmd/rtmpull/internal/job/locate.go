package job

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// Locate has Fresh give Target, without which the output may have no name. That it
// does not is a setback like any other, before there is any output: the stream is
// waited for, and what that takes counts for Run. If there is a Backup, Target is
// like that until Fresh has an answer.
func (p *Pull) Locate(ctx context.Context) error {
	start := time.Now()
	p.origins = make([]origin, 1)
	s := survivor{Retry: p.Retry, wait: p.Wait, sources: 1, since: start}
	defer func() {
		if p.Wait > 0 {
			p.Wait = max(1, p.Wait-time.Since(start))
		}
	}()
	for left := p.Wait; ; {
		begun := time.Now()
		t, err := p.ask(ctx, left)
		switch {
		case err == nil:
			p.Target = t
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case p.Backup != nil:
			other := *p.Backup
			p.Target, p.unknown = &other, err
			return nil
		}
		b := setback{err: err, took: time.Since(begun)}
		c := s.next(b, time.Now(), rand.Float64())
		if c.do != tryAgain {
			return s.verdict()
		}
		p.tell(&s, b, c, 0)
		left = c.left
		if err := sleep(ctx, c.wait); err != nil {
			return err
		}
	}
}

// ask is Fresh, for so long at most; 0: as long as it takes.
func (p *Pull) ask(ctx context.Context, left time.Duration) (t *rtmp.Target, err error) {
	if left > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left)
		defer cancel()
	}
	return p.Fresh(ctx)
}
