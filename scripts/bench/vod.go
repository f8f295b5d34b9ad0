//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// vodSize is how much a recorded stream has, in bytes.
const vodSize = 300_000_000

// recorded is the table of what it costs to record a recorded stream to a file, as fast
// as it comes.
func recorded(out io.Writer, dir, bin, source string, rounds int) (err error) {
	dir, err = os.MkdirTemp(dir, "vod")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	loops, gb, err := loopsOf(source, vodSize)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "film.flv")
	clients := []program{
		{"rtmpull", func(u string) []string { return []string{bin, "-q", "--vod", "-o", file, u} }},
		{"rtmpdump", func(u string) []string { return []string{"rtmpdump", "-q", "-r", u, "-o", file} }},
	}
	costs, err := compare(clients, rounds, func(c program) (one cost, err error) {
		if one, err = measure(bin, source, 4096, loops, c.args); err != nil {
			return one, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return one, err
		}
		if least := int64(gb * 1e9 * 0.99); info.Size() < least {
			return one, fmt.Errorf("a recording has %d bytes, want %d", info.Size(), least)
		}
		return one, os.Remove(file)
	})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "program\twall s\tof rtmpdump\tCPU s\tof rtmpdump\tpeak RSS MB\t\n")
	wall := func(c cost) float64 { return c.wall }
	cpu := func(c cost) float64 { return c.cpu }
	for i, p := range clients {
		theirs := costs[len(costs)-1]
		_, _ = fmt.Fprintf(w, "%s\t%.3f\t%.2f\t%.3f\t%.2f\t%.1f\t\n", p.name,
			median(costs[i], wall), median(costs[i], wall)/median(theirs, wall),
			median(costs[i], cpu), median(costs[i], cpu)/median(theirs, cpu),
			median(costs[i], func(c cost) float64 { return float64(c.rss) })/1e6)
	}
	return w.Flush()
}
