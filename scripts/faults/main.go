//go:build linux

// Faults has rtmpull, rtmpdump and ffmpeg record side by side from a real server
// and a real publisher, and does something to these or to the network in
// between: who ends, with which status, and what is in the files? It prints a
// table, and fails if rtmpull does not do what it promises. scripts/faults.sh
// calls it, in a network namespace.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/rtmpull/rtmpull/scripts/internal/measured"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("faults: ")
	var c config
	flag.StringVar(&c.bin, "bin", "bin/rtmpull", "the program to test")
	flag.StringVar(&c.args, "args", "", "more arguments for it")
	flag.StringVar(&c.dir, "dir", "", "where to keep recordings and logs (default: nowhere)")
	flag.IntVar(&c.parallel, "parallel", 8, "how many faults at once")
	only := flag.String("only", "", "these rows alone, with commas between: "+strings.Join(names(), ", "))
	doc := flag.String("doc", "", "a Markdown file to put the table into, between its markers")
	flag.Parse()
	rows, err := chosen(*only)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	broken, err := c.run(ctx, rows, *doc)
	stop()
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range broken {
		log.Print("broken: ", b)
	}
	if len(broken) > 0 {
		os.Exit(1)
	}
}

// chosen are the rows that are named, or all.
func chosen(only string) ([]fault, error) {
	if only == "" {
		return faults, nil
	}
	wanted := strings.Split(only, ",")
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("there is no row %q", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !slices.Contains(wanted, f.name) }), nil
}

func names() (list []string) {
	for _, f := range faults {
		list = append(list, f.name)
	}
	return list
}

type config struct {
	bin, args, dir string
	parallel       int
}

// run makes the table of rows, and tells which promises are broken.
func (c *config) run(ctx context.Context, rows []fault, doc string) (broken []string, err error) {
	// Packets are dropped: it should not be anybody else's.
	if links, err := net.Interfaces(); err != nil || len(links) != 1 {
		return nil, errors.Join(err, errors.New("this is no network namespace of its own; use scripts/faults.sh"))
	}
	if c.bin, err = filepath.Abs(c.bin); err != nil {
		return nil, err
	}
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "faults-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.dir)) }()
	} else if c.dir, err = filepath.Abs(c.dir); err != nil {
		return nil, err
	}
	samples := map[string]string{}
	for _, size := range []string{"320x180", "256x144"} {
		if samples[size], err = filepath.Abs(filepath.Join("build", "faults-"+size+".flv")); err != nil {
			return nil, err
		}
	}
	known, err := origins(samples)
	if err != nil {
		return nil, err
	}
	t := &rig{tools: c.tools(), samples: samples, known: known}
	results, errs := make([][]outcome, len(rows)), make([]error, len(rows))
	free := make(chan struct{}, c.parallel)
	var wait sync.WaitGroup
	for _, i := range longestFirst(rows) {
		f := rows[i]
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			results[i], errs[i] = t.row(ctx, f, filepath.Join(c.dir, f.name), firstPort+10*i)
			if errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", f.name, errs[i])
				return
			}
			log.Print(told(f, results[i], t.tools))
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	page := table(rows, results, t.tools)
	fmt.Print(page)
	for i, f := range rows {
		broken = append(broken, f.check(results[i][0])...)
	}
	if doc != "" {
		return broken, measured.Insert(doc, "scripts/faults.sh", page)
	}
	return broken, nil
}

// longestFirst is an order of rows in which to begin them.
func longestFirst(rows []fault) (order []int) {
	for i := range rows {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b].limit, rows[a].limit) })
	return order
}

// firstPort is the first of those that rows have, ten each. Nobody else is in
// the namespace.
const firstPort = 2000

// tools are those that are compared, rtmpull first. All have their defaults.
func (c *config) tools() []tool {
	return []tool{
		{"rtmpull", "`rtmpull`", func(url string) []string {
			return append([]string{c.bin, "--json", "-o", "show.flv", url}, strings.Fields(c.args)...)
		}},
		{"rtmpdump", "`rtmpdump -v`", func(url string) []string { return []string{"rtmpdump", "-v", "-r", url, "-o", "show.flv"} }},
		{"ffmpeg", "`ffmpeg -c copy`", func(url string) []string {
			return []string{"ffmpeg", "-nostdin", "-hide_banner", "-i", url, "-c", "copy", "-f", "flv", "show.flv"}
		}},
	}
}
