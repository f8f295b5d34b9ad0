//go:build linux

// Bench measures what it costs to record: CPU time, wall time and memory of
// rtmpull, rtmpdump and ffmpeg, and of a program that only reads the bytes, all
// from the same source in one run. `make bench` calls it.
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
	if len(os.Args) == 3 && os.Args[1] == "floor" {
		if err := floor(os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	bin := flag.String("bin", "bin/rtmpull", "the program to measure")
	source := flag.String("source", "build/bench.flv", "the FLV file to play")
	total := flag.Int64("bytes", 1e9, "how much media to play")
	rounds := flag.Int("rounds", 5, "how often; the median counts")
	flag.Parse()
	if err := run(*bin, *source, *total, *rounds); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("\nfrom the connection to the first byte on standard output, %v each way:\n", oneWay)
	if err := starts(os.Stdout, *bin, "testdata/flv/bars.flv"); err != nil {
		log.Fatal(err)
	}
}

// A cost is what one run of a program took.
type cost struct {
	cpu, wall float64 // seconds
	rss       int64   // bytes, at most
}

func run(bin, source string, total int64, rounds int) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	loops := max(1, int((total+info.Size()/2)/info.Size()))
	gb := float64(loops) * float64(info.Size()) / 1e9
	self, err := os.Executable()
	if err != nil {
		return err
	}
	clients := []struct {
		name string
		args func(url string) []string
	}{
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
		costs := make([][]cost, len(clients))
		for range rounds {
			// Each round runs all of them, so that a noisy neighbour hits all.
			for i, c := range clients {
				one, err := measure(bin, source, chunk, loops, c.args)
				if err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				costs[i] = append(costs[i], one)
			}
		}
		cpu := func(i int) float64 { return median(costs[i], func(c cost) float64 { return c.cpu }) }
		for i, c := range clients {
			_, _ = fmt.Fprintf(w, "%d\t%s\t%.3f\t%.2f\t%.2f\t%.2f\t%.1f\t\n", chunk, c.name,
				cpu(i)/gb, cpu(i)/cpu(2), cpu(i)/cpu(0),
				median(costs[i], func(c cost) float64 { return c.wall })/gb,
				median(costs[i], func(c cost) float64 { return float64(c.rss) })/1e6)
		}
	}
	return nil
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
	argv := args(url)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec // our own table
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return c, err
	}
	c.wall = time.Since(start).Seconds()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return c, errors.New("no resource usage on this system")
	}
	c.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	c.rss = int64(usage.Maxrss) * 1024 //nolint:unconvert // an int32 on 32-bit systems
	return c, nil
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

// floor reads what a player would and drops it.
func floor(url string) error {
	t, err := rtmp.ParseTarget(url)
	if err != nil {
		return err
	}
	var nc net.Conn
	client := rtmp.Client{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		nc, err = new(net.Dialer).DialContext(ctx, network, addr)
		return nc, err
	}}
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
