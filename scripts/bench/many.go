//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

const (
	manyServers = 2

	beginTimeout = 30 * time.Second // for all streams
	endTimeout   = 10 * time.Second // after SIGINT
)

// A fleet is what records many live streams: one process or more, one file for
// each stream.
type fleet struct {
	name  string
	start func(urls []string, dir string) []*exec.Cmd
}

// A fleetCost is what that took.
type fleetCost struct {
	cpu      float64 // of a core, while all were recorded
	pss      int64   // bytes, at the end; what processes share is counted once
	rss      int64
	whole    int           // files that have all from the first frame on
	least    time.Duration // of media in a file
	begin    time.Duration // until there was something in all files
	end      time.Duration // from SIGINT to the end of the last process
	startCPU float64       // seconds, until 2 s after that
	endCPU   float64       // seconds, after SIGINT
}

// many records live streams side by side: by one rtmpull, and by an rtmpdump for
// each.
func many(out io.Writer, dir, bin, source string, streams int, seconds time.Duration) error {
	want, err := framesOf(source)
	if err != nil {
		return err
	}
	// The recorder is to share no memory with the servers.
	apart := filepath.Join("build", "bench-server")
	if err := copyFile(apart, bin); err != nil {
		return err
	}
	if err := os.Chmod(apart, 0o700); err != nil {
		return err
	}
	defer func() { _ = os.Remove(apart) }()
	// They listen on all addresses, so that each stream may have a host of its own
	// to be named after: all of 127.0.0.0/8 is this machine.
	var bases []string
	for range manyServers {
		s, u, err := startServer(apart, "--listen", "0.0.0.0:0", "--loop=inf", source)
		if err != nil {
			return err
		}
		defer s.stop()
		bases = append(bases, u)
	}
	urls := make([]string, streams)
	for i := range urls {
		u, err := url.Parse(bases[i%manyServers])
		if err != nil {
			return err
		}
		u.Host = fmt.Sprintf("127.0.%d.%d:%s", i/250, 2+i%250, u.Port())
		urls[i] = u.String()
	}
	_, _ = fmt.Fprintf(out, "%d streams of %.2f Mbit/s, %d and %d frames in %v\n",
		streams, float64(want.bytes)*8/want.length.Seconds()/1e6, len(want.video), len(want.audio), want.length)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "program\tprocesses\tCPU %% a stream\tof rtmpdump\tPSS KB a stream\tof rtmpdump\tRSS KB a stream\twhole files\tleast media s\tbegin s, CPU s\tend s, CPU s\t\n")
	list := []fleet{
		{"rtmpdump", func(urls []string, dir string) (cmds []*exec.Cmd) {
			for i, u := range urls {
				cmds = append(cmds, exec.Command("rtmpdump", "-q", "-v", "-r", u, "-o", filepath.Join(dir, strconv.Itoa(i)+".flv"))) //nolint:gosec // our own table
			}
			return cmds
		}},
		{"rtmpull", func(urls []string, dir string) []*exec.Cmd {
			return []*exec.Cmd{exec.Command(bin, append([]string{"-q", "-o", filepath.Join(dir, "{host}.flv")}, urls...)...)} //nolint:gosec // our own table
		}},
	}
	var first fleetCost
	for i, f := range list {
		n, c, err := f.record(dir, urls, seconds, want)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if i == 0 {
			first = c
		}
		each := float64(streams)
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.3f\t%.2f\t%.0f\t%.2f\t%.0f\t%d of %d\t%.1f\t%.1f, %.2f\t%.2f, %.2f\t\n", f.name, n,
			100*c.cpu/each, c.cpu/first.cpu, float64(c.pss)/1e3/each, float64(c.pss)/float64(first.pss), float64(c.rss)/1e3/each,
			c.whole, streams, c.least.Seconds(), c.begin.Seconds(), c.startCPU, c.end.Seconds(), c.endCPU)
	}
	return w.Flush()
}

// record has a fleet record all streams for so long after the last has begun.
func (f fleet) record(dir string, urls []string, length time.Duration, want *frames) (processes int, c fleetCost, err error) {
	dir, err = os.MkdirTemp(dir, "many")
	if err != nil {
		return 0, c, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmds := f.start(urls, dir)
	defer func() {
		for _, cmd := range cmds {
			if cmd.Process != nil && cmd.ProcessState == nil {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
		}
	}()
	begun := time.Now()
	for _, cmd := range cmds {
		if err := cmd.Start(); err != nil {
			return 0, c, err
		}
	}
	for !allBegun(dir, len(urls)) {
		if c.begin = time.Since(begun); c.begin > beginTimeout {
			return 0, c, errors.New("not all streams have begun")
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.begin = time.Since(begun)
	time.Sleep(2 * time.Second) // until what the beginning costs is over
	if c.startCPU, err = cpuOf(cmds); err != nil {
		return 0, c, err
	}
	from := time.Now()
	time.Sleep(length)
	took := time.Since(from)
	used, err := cpuOf(cmds)
	if err != nil {
		return 0, c, err
	}
	c.cpu = (used - c.startCPU) / took.Seconds()
	if c.pss, c.rss, err = memoryOf(cmds); err != nil {
		return 0, c, err
	}
	if c.end, err = interrupt(cmds); err != nil {
		return 0, c, err
	}
	for _, cmd := range cmds {
		c.endCPU += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	c.endCPU -= used
	c.whole, c.least, err = compareFiles(dir, length, want)
	return len(cmds), c, err
}

// allBegun tells whether there are so many files that are not empty.
func allBegun(dir string, n int) bool {
	list, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range list {
		if info, err := e.Info(); err == nil && info.Size() > 0 {
			n--
		}
	}
	return n <= 0
}

// interrupt ends all processes and returns how long that took.
func interrupt(cmds []*exec.Cmd) (time.Duration, error) {
	begun := time.Now()
	late := time.AfterFunc(endTimeout, func() {
		for _, cmd := range cmds {
			_ = cmd.Process.Kill()
		}
	})
	for _, cmd := range cmds {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			return 0, err
		}
	}
	for _, cmd := range cmds {
		_ = cmd.Wait() // its status tells of the signal
	}
	if !late.Stop() {
		return 0, errors.New("they do not end")
	}
	return time.Since(begun), nil
}

// cpuOf is what processes have used so far, in seconds, by all of their threads: to
// the nanosecond, where others count in hundredths.
func cpuOf(cmds []*exec.Cmd) (sum float64, err error) {
	for _, cmd := range cmds {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", cmd.Process.Pid))
		if err != nil || len(threads) == 0 {
			return 0, errors.Join(fmt.Errorf("process %d has no threads", cmd.Process.Pid), err)
		}
		for _, path := range threads {
			b, err := os.ReadFile(path)
			if err != nil {
				return 0, err
			}
			var ns float64
			if _, err := fmt.Sscan(string(b), &ns); err != nil {
				return 0, err
			}
			sum += ns / 1e9
		}
	}
	return sum, nil
}

// memoryOf is what processes have in memory: what they share counted once, and
// counted for each.
func memoryOf(cmds []*exec.Cmd) (pss, rss int64, err error) {
	for _, cmd := range cmds {
		f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", cmd.Process.Pid))
		if err != nil {
			return 0, 0, err
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			fields := strings.Fields(s.Text())
			if len(fields) < 3 {
				continue
			}
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			switch fields[0] {
			case "Pss:":
				pss += n << 10
			case "Rss:":
				rss += n << 10
			}
		}
		_ = f.Close()
	}
	return pss, rss, nil
}
