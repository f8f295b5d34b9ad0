//go:build linux

// Bench measures what it costs to record and to publish: CPU time, wall time and
// memory of rtmpull, of other programs, and of one that only reads or writes the
// bytes, all with the same stream in one run. `make bench` calls it.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 2 && os.Args[1] == "floor" {
		play := func() error { return floor(os.Args[2]) }
		if len(os.Args) > 3 {
			play = func() error { return sendingFloor(os.Args[2], os.Args[3]) }
		}
		if err := play(); err != nil {
			log.Fatal(err)
		}
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "cost" {
		if err := launch(os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	bin := flag.String("bin", "bin/rtmpull", "the program to measure")
	source := flag.String("source", "build/bench.flv", "the FLV file to play")
	total := flag.Int64("bytes", 1e9, "how much media to play")
	rounds := flag.Int("rounds", 5, "how often; the median counts")
	only := flag.String("only", "", "one of the tables: record, start, file, vod, publish, damage or many")
	doc := flag.String("doc", "", "a Markdown file to put the table of damage into, between its markers")
	dir := flag.String("dir", "build", "where to put recordings and damaged files, 3 GB; /dev/shm keeps the disk out of the figures")
	live := flag.String("live", "build/many.flv", "the FLV file that many live streams are made of")
	streams := flag.Int("streams", 200, "how many live streams")
	seconds := flag.Int("seconds", 60, "for how long they are recorded")
	flag.Parse()
	tables := []struct {
		name string
		make func() error
	}{
		{"record", func() error { return run(*bin, *source, *total, *rounds) }},
		{"start", func() error {
			fmt.Printf("\nfrom the connection to the first byte on standard output, %v each way:\n", oneWay)
			return starts(os.Stdout, *bin, "testdata/flv/bars.flv")
		}},
		{"file", func() error {
			fmt.Printf("\nrecording to a file:\n")
			return filing(os.Stdout, *dir, *bin, *rounds)
		}},
		{"vod", func() error {
			fmt.Printf("\na recorded stream of %d MB to a file, as fast as it comes:\n", vodSize/1_000_000)
			return recorded(os.Stdout, *dir, *bin, *source, *rounds)
		}},
		{"publish", func() error {
			fmt.Printf("\npublishing:\n")
			return publishing(os.Stdout, *bin, *source, *total, *rounds)
		}},
		{"damage", func() error {
			fmt.Printf("\ndamaged files:\n")
			return damage(os.Stdout, *doc, *dir, *bin, *source, *rounds)
		}},
		{"many", func() error {
			fmt.Printf("\nlive streams side by side:\n")
			return many(os.Stdout, *dir, *bin, *live, *streams, time.Duration(*seconds)*time.Second)
		}},
	}
	for _, t := range tables {
		if *only != "" && *only != t.name {
			continue
		}
		if err := t.make(); err != nil {
			log.Fatal(err)
		}
	}
}

// A cost is what one run of a program took.
type cost struct {
	cpu, wall float64 // seconds
	rss       int64   // bytes, at most
}

// A program is one of those that are compared.
type program struct {
	name string
	args func(url string) []string
}

func run(bin, source string, total int64, rounds int) error {
	loops, gb, err := loopsOf(source, total)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	clients := []program{
		{"floor", func(u string) []string { return []string{self, "floor", u} }},
		{"rtmpull", func(u string) []string { return []string{bin, "-q", "-o", "/dev/null", u} }},
		{"rtmpdump", func(u string) []string { return []string{"rtmpdump", "-q", "-v", "-r", u, "-o", "/dev/null"} }},
		{"ffmpeg", func(u string) []string {
			return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", u, "-c", "copy", "-f", "flv", "-y", "/dev/null"}
		}},
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer func() { _ = w.Flush() }()
	_, _ = fmt.Fprintf(w, "chunk\tprogram\tCPU s/GB\tof rtmpdump\tof floor\twall s/GB\tpeak RSS MB\t\n")
	for _, chunk := range []int{4096, 128} {
		costs, err := compare(clients, rounds, func(c program) (cost, error) {
			return measure(bin, source, chunk, loops, c.args)
		})
		if err != nil {
			return err
		}
		rows(w, strconv.Itoa(chunk), clients, costs, gb, "rtmpdump", "floor")
	}
	return nil
}

// loopsOf is how often to play source to have so many bytes, and how many GB
// these are.
func loopsOf(source string, total int64) (loops int, gb float64, err error) {
	info, err := os.Stat(source)
	if err != nil {
		return 0, 0, err
	}
	loops = max(1, int((total+info.Size()/2)/info.Size()))
	return loops, float64(loops) * float64(info.Size()) / 1e9, nil
}

// compare runs all programs in each round, so that a noisy neighbour hits all.
func compare(list []program, rounds int, once func(program) (cost, error)) ([][]cost, error) {
	costs := make([][]cost, len(list))
	for range rounds {
		for i, p := range list {
			one, err := once(p)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			costs[i] = append(costs[i], one)
		}
	}
	return costs, nil
}

// rows prints the medians, and the CPU time in proportion to that of others.
func rows(w io.Writer, title string, list []program, costs [][]cost, gb float64, others ...string) {
	cpu := func(i int) float64 { return median(costs[i], func(c cost) float64 { return c.cpu }) }
	for i, p := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%.3f\t", title, p.name, cpu(i)/gb)
		for _, name := range others {
			ratio := "" // to one that is not there
			if j := slices.IndexFunc(list, func(p program) bool { return p.name == name }); j >= 0 {
				ratio = fmt.Sprintf("%.2f", cpu(i)/cpu(j))
			}
			_, _ = fmt.Fprintf(w, "%s\t", ratio)
		}
		_, _ = fmt.Fprintf(w, "%.2f\t%.1f\t\n", median(costs[i], func(c cost) float64 { return c.wall })/gb,
			median(costs[i], func(c cost) float64 { return float64(c.rss) })/1e6)
	}
}

func median(costs []cost, of func(cost) float64) float64 {
	v := make([]float64, 0, len(costs))
	for _, c := range costs {
		v = append(v, of(c))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// measure plays the source to one client, from a server of its own.
func measure(bin, source string, chunk, loops int, args func(string) []string) (c cost, err error) {
	server, url, err := startServer(bin, "--speed", "max", "--loop="+strconv.Itoa(loops),
		"--chunk-size", strconv.Itoa(chunk), source)
	if err != nil {
		return c, err
	}
	defer server.stop()
	return timed(args(url))
}

// timed runs a program to its end.
func timed(argv []string) (c cost, err error) {
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // our own table
	cmd.Stderr = os.Stderr
	return costOf(cmd)
}

// costOf runs a command to its end. The cost of one that fails is told too.
func costOf(cmd *exec.Cmd) (c cost, err error) {
	start := time.Now()
	failed := cmd.Run()
	if cmd.ProcessState == nil {
		return c, failed
	}
	c.wall = time.Since(start).Seconds()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return c, errors.New("no resource usage on this system")
	}
	c.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	c.rss = int64(usage.Maxrss) * 1024 //nolint:unconvert // an int32 on 32-bit systems
	return c, failed
}

// A server is a `rtmpull serve` of our own.
type server struct{ *exec.Cmd }

func startServer(bin string, args ...string) (server, string, error) {
	s := server{exec.Command(bin, append([]string{"serve", "-q", "--listen", "127.0.0.1:0"}, args...)...)}
	stderr, err := s.StderrPipe()
	if err != nil {
		return s, "", err
	}
	if err := s.Start(); err != nil {
		return s, "", err
	}
	url, err := findURL(stderr)
	if err != nil {
		s.stop()
		return s, "", err
	}
	go func() { _, _ = io.Copy(os.Stderr, stderr) }()
	return s, url, nil
}

func (s server) stop() {
	_ = s.Process.Signal(syscall.SIGTERM)
	_ = s.Wait()
}

// findURL reads the address that the server prints.
func findURL(r io.Reader) (string, error) {
	re := regexp.MustCompile(`rtmp://\S+`)
	for s := bufio.NewScanner(r); s.Scan(); {
		if u := re.FindString(s.Text()); u != "" {
			return u, nil
		}
	}
	return "", errors.New("the server did not say where it listens")
}

// clientOn is a Client whose connection is left in nc, for what goes over it as it is once
// the stream has begun.
func clientOn(nc *net.Conn) *rtmp.Client {
	return &rtmp.Client{DialContext: func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		*nc, err = new(net.Dialer).DialContext(ctx, network, addr)
		return *nc, err
	}}
}

// floor reads what a player would and drops it.
func floor(url string) error {
	t, err := rtmp.ParseTarget(url)
	if err != nil {
		return err
	}
	var nc net.Conn
	client := clientOn(&nc)
	if _, err := client.Play(context.Background(), t); err != nil {
		return err
	}
	buf := make([]byte, 128<<10)
	for {
		// The server leaves the connection open at the end.
		if err := nc.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			return err
		}
		if _, err := nc.Read(buf); err != nil {
			return nil //nolint:nilerr // the end
		}
	}
}
