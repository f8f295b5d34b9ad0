//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// keyDistance is that of the samples' key frames.
const keyDistance = 2 * time.Second

// A run is a life of the publisher. It sends its sample from offset on in real
// time, and sent that at base. No two runs of a testbed send the same: the sample
// goes on while nobody publishes.
type run struct {
	sample string
	offset time.Duration
	base   time.Time
}

// A source is what to publish.
type source struct {
	sample  string
	silent  string        // the track that falls silent
	silence time.Duration // after so long
}

// A publisher is ffmpeg, again and again.
type publisher struct {
	testbed *testbed
	begun   time.Time

	mu      sync.Mutex
	process *process
	runs    []run
	loop    chan struct{} // closed when the loop has ended
	stopped bool
}

// publish begins a run and returns when media goes out.
func (p *publisher) publish(src source) error {
	offset := time.Since(p.begun)
	if len(p.runs) == 0 {
		offset = 0
	}
	offset = (offset + keyDistance - 1).Truncate(keyDistance)
	input := func(args ...string) []string {
		if offset > 0 {
			// ffmpeg looks a little earlier than it is told to.
			args = append(args, "-ss", seconds(offset+120*time.Millisecond))
		}
		return append(args, "-re", "-i", p.testbed.samples[src.sample])
	}
	argv := append([]string{"ffmpeg", "-nostdin", "-hide_banner", "-v", "warning", "-progress", "pipe:1", "-stats_period", "0.1"}, input()...)
	if src.silent != "" {
		argv = append(argv, input("-t", seconds(src.silence))...)
		if src.silent == "sound" {
			argv = append(argv, "-map", "0:v", "-map", "1:a")
		} else {
			argv = append(argv, "-map", "1:v", "-map", "0:a")
		}
	}
	argv = append(argv, "-c", "copy", "-flvflags", "no_duration_filesize", "-f", "flv", p.testbed.url(p.testbed.port, p.testbed.app, "show"))

	sent := make(chan time.Time, 1)
	proc, err := start(p.testbed.dir, filepath.Join(p.testbed.dir, "publisher.log"), argv, func(f *os.File) { watch(f, sent) })
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.process = proc
	if p.stopped {
		proc.signal(syscall.SIGKILL)
	}
	p.mu.Unlock()
	select {
	case base := <-sent:
		p.mu.Lock()
		p.runs = append(p.runs, run{src.sample, offset, base})
		p.mu.Unlock()
		return nil
	case <-proc.done:
		return errors.New("ffmpeg does not publish")
	case <-p.testbed.ctx.Done():
		proc.kill()
		return p.testbed.ctx.Err()
	}
}

// watch reads ffmpeg's -progress, and tells when its first frame went out.
func watch(r *os.File, sent chan<- time.Time) {
	told := false
	for s := bufio.NewScanner(r); s.Scan(); {
		n, ok := strings.CutPrefix(s.Text(), "out_time_us=")
		if !ok || told {
			continue
		}
		// Below 0 or no number before there is any.
		if at, err := strconv.ParseInt(n, 10, 64); err == nil && at > 0 {
			sent <- time.Now().Add(-time.Duration(at) * time.Microsecond)
			told = true
		}
	}
}

// again publishes over and over, from another goroutine, whenever it fails or
// is cut off.
func (p *publisher) again(src source) {
	p.loop = make(chan struct{})
	go func() {
		defer close(p.loop)
		for {
			if p.publish(src) == nil {
				<-p.current().done
			}
			p.mu.Lock()
			over := p.stopped
			p.mu.Unlock()
			if over || p.testbed.sleep(300*time.Millisecond) != nil {
				return
			}
		}
	}()
}

// await waits until so many runs have begun.
func (p *publisher) await(runs int) error {
	for range 300 {
		if len(p.lives()) >= runs {
			return nil
		}
		if err := p.testbed.sleep(100 * time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("the publisher does not begin; it says in %s/publisher.log why", p.testbed.dir)
}

// lives are the runs so far.
func (p *publisher) lives() []run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]run(nil), p.runs...)
}

func (p *publisher) current() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process
}

// kill ends the run without a word to the server.
func (p *publisher) kill() { p.current().kill() }

// stop ends it all.
func (p *publisher) stop() {
	p.mu.Lock()
	p.stopped = true
	proc := p.process
	p.mu.Unlock()
	if proc != nil {
		proc.kill()
	}
	if p.loop != nil {
		<-p.loop
	}
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
