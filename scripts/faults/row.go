//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// A rig is what all rows share.
type rig struct {
	tools   []tool
	samples map[string]string
	known   map[string]origin
	judging sync.Mutex // which takes more of the machine than to record: one at a time
}

// row makes one fault happen, with what is of it in dir, and on ports from port
// on.
func (t *rig) row(ctx context.Context, f fault, dir string, port int) ([]outcome, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	b, err := newTestbed(ctx, dir, cmp.Or(f.app, "live"), port, t.samples)
	defer b.close()
	if err != nil {
		return nil, err
	}
	players := port + 1
	switch {
	case f.proxy:
		players = port + 2
		if b.proxy, err = newProxy(loopback(players), loopback(port+1)); err != nil {
			return nil, err
		}
	case f.dead:
		players = port + 3
	}
	if !f.nobody {
		if err := b.open(f); err != nil {
			return nil, err
		}
	} else if err := b.happen(f); err != nil { // all is so before they begin
		return nil, err
	}
	var recorders []*recorder
	defer func() {
		for _, r := range recorders {
			r.kill()
		}
	}()
	for _, tool := range t.tools {
		r, err := record(tool, dir, b.url(players, b.app, cmp.Or(f.stream, "show")))
		if err != nil {
			return nil, err
		}
		recorders = append(recorders, r)
	}
	if !f.nobody {
		if err := b.warm(recorders); err != nil {
			return nil, err
		}
		if err := b.happen(f); err != nil {
			return nil, err
		}
	}
	over := time.Now()
	list, err := b.observe(recorders, over, f.patience, cmp.Or(f.limit, usualLimit))
	if err != nil {
		return nil, err
	}
	b.close()
	t.judging.Lock()
	defer t.judging.Unlock()
	for i, r := range recorders {
		o := &list[i]
		if o.verdict, err = judge(r.dir, f.source.silent != "picture", t.known, b.pub.lives()); err != nil {
			return nil, err
		}
		o.gone = over.Sub(b.struck)
		if o.ending == hung && !o.verdict.last.Before(over.Add(settle)) {
			o.ending = wentOn // it writes at longer intervals than we looked
		}
		o.tail = b.struck.Sub(o.verdict.last)
	}
	return list, nil
}

// open has the publisher begin.
func (b *testbed) open(f fault) error {
	src := f.source
	src.sample = "320x180"
	if !f.loop {
		return b.pub.publish(src)
	}
	b.pub.again(src)
	return b.pub.await(1)
}

func (b *testbed) happen(f fault) error {
	b.strike()
	if f.strike == nil {
		return nil
	}
	return f.strike(b)
}

// warm waits until all have recorded for long enough.
func (b *testbed) warm(recorders []*recorder) error {
	for _, r := range recorders {
		for n := 0; r.size() < 20_000; n++ {
			if !r.running() || n > 300 {
				said, _ := r.last()
				return fmt.Errorf("%s does not record: %s", r.name, said)
			}
			if err := b.sleep(100 * time.Millisecond); err != nil {
				return err
			}
		}
	}
	return b.sleep(time.Until(b.pub.lives()[0].base.Add(before + 2*time.Second)))
}
