package job

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// A pipe is a source whose reads may wait, and so happen in a goroutine of
// their own. That reads when it is asked to, a tag at a time, and only between
// the asking and the answer: tags are lent and not copied.
type pipe struct {
	scan  *scan
	input *Input
	asked bool // an answer is awaited

	waited time.Duration // for answers
	reads  atomic.Bool

	ask    chan struct{}
	answer chan answer
	idle   chan struct{} // a Read is about to begin, which may wait
	quit   chan struct{}
	ended  chan struct{} // the goroutine has
}

type answer struct {
	tag flvout.Tag
	err error
}

func newPipe(in *Input) *pipe {
	p := &pipe{
		input:  in,
		ask:    make(chan struct{}),
		answer: make(chan answer),
		idle:   make(chan struct{}),
		quit:   make(chan struct{}),
		ended:  make(chan struct{}),
	}
	p.scan = newScan(in.Name, p)
	go p.run()
	return p
}

func (p *pipe) run() {
	defer close(p.ended)
	for {
		select {
		case <-p.ask:
		case <-p.quit:
			return
		}
		t, err := p.scan.next()
		select {
		case p.answer <- answer{t, err}:
		case <-p.quit:
			return
		}
	}
}

// Read is called by the scan, with nothing left to scan.
func (p *pipe) Read(b []byte) (int, error) {
	p.reads.Store(true)
	defer p.reads.Store(false)
	select {
	case p.idle <- struct{}{}:
	case <-p.quit:
		return 0, io.ErrClosedPipe
	}
	return p.input.Reader.Read(b)
}

func (p *pipe) next(ctx context.Context, out Sink) (flvout.Tag, error) {
	if !p.asked {
		p.asked = true
		p.ask <- struct{}{} // the goroutine waits for nothing else
	}
	var gone <-chan struct{}
	if out != nil {
		gone = out.Done()
	}
	var since time.Time
	for {
		select {
		case a := <-p.answer:
			p.asked = false
			if !since.IsZero() {
				p.waited += time.Since(since)
			}
			return a.tag, a.err
		case <-p.idle:
			if since.IsZero() {
				since = time.Now()
			}
			if out != nil && out.Flush() != nil {
				return flvout.Tag{}, errGone
			}
		case <-gone:
			return flvout.Tag{}, errGone
		case <-ctx.Done():
			return flvout.Tag{}, context.Cause(ctx)
		}
	}
}

func (p *pipe) rewind() error { return &InputError{p.input.Name, errOneWay} }

// close ends the goroutine and waits for it, unless it is in a Read that cannot
// be broken off.
func (p *pipe) close() {
	close(p.quit)
	d, ok := p.input.Reader.(interface{ SetReadDeadline(t time.Time) error })
	if ok = ok && d.SetReadDeadline(time.Unix(1, 0)) == nil; ok || !p.reads.Load() {
		<-p.ended
	}
}
