package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/serve"
)

// serveOptions are the flags of `rtmpull serve`.
type serveOptions struct {
	log       logFlags
	listen    string
	loop      loopValue
	speed     speedValue
	chunkSize uint32
	cut       cutValue
}

func newServeCommand(env *environment) *cobra.Command {
	o := &serveOptions{loop: 1, speed: 1}
	cmd := &cobra.Command{
		Use:   "serve [flags] [[APP/NAME=]FILE...]",
		Short: "play FLV files to any RTMP client, and relay what one publishes",
		Long: `Serve is a small RTMP server for trying things out, for tests and for benchmarks.
Each FLV file is a stream: FILE is played as live/FILE without .flv, or as APP/NAME.
What a client publishes under any other name is relayed to all who play that name.
Clients that ask for RTMPE (rtmpe://) are served that.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), env, args) },
	}
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	fs.StringVar(&o.listen, "listen", "127.0.0.1:1935", "`address` to listen on; port 0 takes a free one and tells which")
	fs.Var(&o.loop, "loop", "how often to play each file")
	fs.Var(&o.speed, "speed", "how fast to play a file: 1 is real time, max as fast as the client takes it")
	fs.Uint32Var(&o.chunkSize, "chunk-size", serve.DefaultChunkSize, "chunk size, in `bytes`")
	fs.Var(&o.cut, "cut-after", "cut each connection off after so many bytes, or so long (5s), of media, played or published: a fault for tests")
	fs.Var((*cutKindValue)(&o.cut.Kind), "cut-with", "how to cut: close, reset, or freeze, which leaves the connection open")
	fs.IntVar(&o.cut.Conns, "cut-first", 0, "cut the first `N` connections only (default: all)")
	o.log.add(fs)
	setGroups(cmd, flagGroup{"Flags", fs})
	return cmd
}

// run serves until a signal comes, which is the usual end and no error.
func (o *serveOptions) run(ctx context.Context, env *environment, args []string) error {
	logging, err := o.log.options()
	if err != nil {
		return err
	}
	logging.Color = isTerminal(env.stderr)
	streams := make(map[string]string, len(args))
	for _, arg := range args {
		name, path := streamName(arg)
		if _, twice := streams[name]; twice {
			return badUsage("two files are to be %s; name one of them otherwise: APP/NAME=FILE", name)
		}
		streams[name] = path
	}
	log := obs.New(env.stderr, logging)
	server := &serve.Server{
		Streams: streams, Loop: int(o.loop), Speed: float64(o.speed),
		ChunkSize: o.chunkSize, Cut: serve.Cut(o.cut),
		OnEvent: log.Served,
	}
	if err := server.Load(); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	// Whoever started us with port 0 waits for these lines, quiet or not.
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		_, _ = fmt.Fprintf(env.stderr, "serving rtmp://%s/%s\n", l.Addr(), name)
	}
	if len(streams) == 0 {
		_, _ = fmt.Fprintf(env.stderr, "relaying rtmp://%s/APP/NAME\n", l.Addr())
	}
	return server.Serve(ctx, l)
}

// streamName reads [APP/NAME=]FILE.
func streamName(arg string) (name, path string) {
	if name, path, ok := strings.Cut(arg, "="); ok && strings.Count(name, "/") > 0 && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, ".") {
		return name, path
	}
	base := filepath.Base(arg)
	return "live/" + strings.TrimSuffix(base, filepath.Ext(base)), arg
}

// A loopValue is a flag that takes a number of times, or "for ever".
type loopValue int

func (v *loopValue) String() string {
	if *v < 0 {
		return "inf"
	}
	return strconv.Itoa(int(*v))
}

func (v *loopValue) Type() string { return "N|inf" }

func (v *loopValue) Set(s string) error {
	if s == "inf" {
		*v = -1
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("write how often, or inf")
	}
	*v = loopValue(n)
	return nil
}

// A speedValue is a flag that takes a factor, or max, which is 0.
type speedValue float64

func (v *speedValue) String() string {
	if *v == 0 {
		return "max"
	}
	return strconv.FormatFloat(float64(*v), 'g', -1, 64)
}

func (v *speedValue) Type() string { return "1|N|max" }

func (v *speedValue) Set(s string) error {
	if s == "max" {
		*v = 0
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0) || f > 1e6 {
		return errors.New("write 1, 2.5 or max")
	}
	*v = speedValue(f)
	return nil
}

// A cutValue is a flag that says where to cut.
type cutValue serve.Cut

func (v *cutValue) String() string {
	switch {
	case v.Bytes > 0:
		return strconv.FormatInt(v.Bytes, 10)
	case v.Media > 0:
		return v.Media.String()
	}
	return ""
}

func (v *cutValue) Type() string { return "bytes|duration" }

func (v *cutValue) Set(s string) error {
	cut, err := serve.ParseCut(s)
	if err != nil {
		return errors.New("write 100000, in bytes, or 5s, of media")
	}
	v.Bytes, v.Media = cut.Bytes, cut.Media
	return nil
}

// A cutKindValue is a flag that says how to cut.
type cutKindValue serve.CutKind

var cutKinds = [...]string{serve.CutClose: "close", serve.CutReset: "reset", serve.CutFreeze: "freeze"}

func (v *cutKindValue) String() string { return cutKinds[*v] }

func (v *cutKindValue) Type() string { return "close|reset|freeze" }

func (v *cutKindValue) Set(s string) error {
	i := slices.Index(cutKinds[:], s)
	if i < 0 {
		return errors.New("write close, reset or freeze")
	}
	*v = cutKindValue(i)
	return nil
}
