//go:build linux

package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// minutesOfDay is how often the sample of a minute is played.
const minutesOfDay = 24 * 60

// filing tells what it costs that the output is a file: with an index, with
// checkpoints, and to be closed.
func filing(out io.Writer, dir, bin string, rounds int) error {
	dir, err := os.MkdirTemp(dir, "file")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "recording of 24 h\tCPU s\twall s\tpeak RSS MB\t\n")
	list := []program{{name: "with an index"}, {name: "without"}}
	costs, err := compare(list, rounds, func(p program) (cost, error) {
		return day(dir, bin, p.name == list[0].name)
	})
	if err != nil {
		return err
	}
	least := make([]float64, len(list)) // the machine's noise only adds
	for i, p := range list {
		c := costs[i]
		_, _ = fmt.Fprintf(w, "%s\t%.2f\t%.1f\t%.1f\t\n", p.name, median(c, func(c cost) float64 { return c.cpu }),
			median(c, func(c cost) float64 { return c.wall }), median(c, func(c cost) float64 { return float64(c.rss) })/1e6)
		least[i] = c[0].cpu
		for _, one := range c {
			least[i] = min(least[i], one.cpu)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	most := slices.MaxFunc(costs[0], func(a, b cost) int { return cmp.Compare(a.cpu, b.cpu) })
	_, _ = fmt.Fprintf(out, "the index: %+.1f %% of the CPU time, by the least of each; rounds with it differ by %.0f %%\n",
		100*(least[0]-least[1])/least[0], 100*(most.cpu-least[0])/least[0])
	each, err := checkpoint(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	n := minutesOfDay * 2
	_, _ = fmt.Fprintf(out, "checkpoints: %d of %v, %.2f %%\n", n, each, 100*float64(n)*each.Seconds()/least[0])
	return closing(out, filepath.Join(dir, "large.flv"))
}

// day records 24 hours of small frames, as fast as they come. Memory and the
// costs of an index do not depend on how large the frames are.
func day(dir, bin string, index bool) (c cost, err error) {
	server, url, err := startServer(bin, "--speed", "max", "--loop="+strconv.Itoa(minutesOfDay), "testdata/flv/minute.flv")
	if err != nil {
		return c, err
	}
	defer server.stop()
	path := filepath.Join(dir, "day.flv")
	args := []string{bin, "-q", "-o", path}
	if !index {
		args = append(args, "--index-entries", "0")
	}
	r, err := launched(append(args, url)...)
	if err != nil {
		return c, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	if r.Status != 0 {
		return c, fmt.Errorf("rtmpull ends with %d", r.Status)
	}
	one, err := os.Stat("testdata/flv/minute.flv")
	if err != nil {
		return c, err
	}
	// Its metadata and the end of its sequence are not written each time.
	if want := minutesOfDay * one.Size() / 100 * 99; info.Size() < want {
		return c, fmt.Errorf("a day has %d bytes, want %d", info.Size(), want)
	}
	return cost{cpu: r.CPU, wall: r.Wall, rss: r.RSS}, os.Remove(path)
}

// checkpoint is how long it takes to write as much as one into a file.
func checkpoint(path string) (time.Duration, error) {
	f, err := os.Create(path) //nolint:gosec // in our own directory
	if err != nil {
		return 0, err
	}
	const n = 10_000
	b := make([]byte, 512) // more than the fields take
	begun := time.Now()
	for range n {
		if _, err := f.WriteAt(b, 100); err != nil {
			return 0, errors.Join(err, f.Close())
		}
	}
	return time.Since(begun) / n, f.Close()
}

// closing writes a file of 1 GB the way a recording goes, and closes it when it is
// on the disk already.
func closing(out io.Writer, path string) error {
	var f *flvout.File
	r, err := flvout.NewRotator(flvout.RotatorOptions{Time: 365 * 24 * time.Hour, Open: func(int) (_ *flvout.File, err error) {
		f, err = flvout.Create(path)
		return f, err
	}})
	if err != nil {
		return err
	}
	s := flvout.NewSplicer(r, flvout.SplicerOptions{})
	b, err := os.ReadFile("testdata/flv/bars.flv")
	if err != nil {
		return err
	}
	tags, err := flvtest.Split(b)
	if err != nil {
		return err
	}
	for _, t := range tags[:4] { // with the sequence headers
		if !t.Frame() {
			if err := s.WriteTag(flvout.Tag{Type: t.Type, Body: t.Body}); err != nil {
				return err
			}
		}
	}
	frame := make([]byte, 20<<10) // 4 Mbit/s
	copy(frame, "\x27\x01\x00\x00\x00\x00\x00\x4f\xf7\x41")
	key := bytes.Clone(frame)
	copy(key, "\x17\x01\x00\x00\x00\x00\x00\x4f\xf7\x65")
	const n = 1_000_000_000 / (20 << 10)
	var before, after runtime.MemStats
	for i := range uint32(n) {
		t := flvout.Tag{Type: flvtest.Video, Timestamp: 40 * i, Body: frame}
		if i%50 == 0 {
			t.Body = key
		}
		binary.BigEndian.PutUint32(t.Body[1000:], i) // or it would be a repeat
		if err := s.WriteTag(t); err != nil {
			return err
		}
		if i == 1000 {
			runtime.ReadMemStats(&before)
		}
	}
	runtime.ReadMemStats(&after)
	if err := errors.Join(f.Flush(), f.Sync()); err != nil {
		return err
	}
	begun := time.Now()
	if err := s.Close(); err != nil {
		return err
	}
	took := time.Since(begun)
	_, err = fmt.Fprintf(out, "closing a file of %.2f GB that is on the disk: %v\nallocations a tag: %.4f\n",
		float64(f.Size())/1e9, took, float64(after.Mallocs-before.Mallocs)/(n-1000))
	return err
}
