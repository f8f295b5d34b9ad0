// Package serve is a small RTMP server that plays FLV files to any client, and
// relays what one client publishes to all who play it: for trying things out,
// for tests, and as the source of benchmarks.
//
// A connection has two goroutines: one reads what the client says, the other
// answers, and sends the stream between the answers. They share a channel and
// nothing else. A file is shared by all who play it and is never written to,
// and so is each message that is published: it is copied once, when it comes.
//
// A publisher's goroutine puts messages into its players' queues. A player that
// does not keep up holds up the publisher, so that nothing is lost by a hiccup,
// and is cut off when it does so for too long in all. A publisher that is held
// up waits for the player's queue and for nothing else: for it to have room, for
// the player to leave, or for the server to end.
//
// What a client can make the server keep has limits, for each and for all.
//
// Listening is left to the caller, and so are logs: the server tells what
// happens through OnEvent.
//
//	s := &serve.Server{Streams: map[string]string{"live/show": "show.flv"}, Speed: 1}
//	l, err := net.Listen("tcp", "127.0.0.1:1935")
//	...
//	err = s.Serve(ctx, l)
package serve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
)

// DefaultChunkSize is what the server announces unless it is told otherwise.
// Most servers of today announce 4096 or 60000.
const DefaultChunkSize = 4096

// MaxConnections is how many clients are served at a time.
const MaxConnections = 256

// minSpeed keeps what is due in years out of the clock's arithmetic.
const minSpeed = 0.01

// A Server plays FLV files and what is published. Its fields must not change
// once Load or Serve has been called.
type Server struct {
	// Streams has the path of an FLV file by "app/name", if there are any. The
	// name is all that follows the last slash, but a client may split it
	// otherwise. Nobody can publish a stream of that name.
	Streams map[string]string

	// Loop is how many times a file is played, on one unbroken time line.
	// 0 and 1: once; below 0: for ever.
	Loop int

	// Speed is how many seconds of a file are sent in a second. 0: as fast as
	// the client takes them.
	Speed float64

	ChunkSize uint32 // 0: DefaultChunkSize
	Cut       Cut    // a fault, for tests

	// OnEvent is called with all that happens, by many goroutines at once. It
	// must not block: the connection that it is about waits.
	OnEvent func(Event)

	once    sync.Once
	loadErr error
	sources map[string]*source
	relays  relays
}

// Load opens and reads the files, so that one that cannot be played is found
// before the server listens. Serve does it if it has not been done, and closes
// the files in the end.
func (s *Server) Load() error {
	s.once.Do(func() {
		if s.loadErr = s.load(); s.loadErr != nil {
			s.unload()
		}
	})
	return s.loadErr
}

func (s *Server) load() error {
	if s.ChunkSize == 0 {
		s.ChunkSize = DefaultChunkSize
	}
	switch {
	case s.ChunkSize > chunk.MaxSize:
		return fmt.Errorf("serve: a chunk size of %d; the largest is %d", s.ChunkSize, chunk.MaxSize)
	case s.Speed != 0 && !(s.Speed >= minSpeed): // NaN too
		return fmt.Errorf("serve: a speed of %v; the lowest is %v, and 0 is the highest", s.Speed, minSpeed)
	}
	s.sources = make(map[string]*source)
	memory := int64(maxImages)
	for _, name := range slices.Sorted(maps.Keys(s.Streams)) {
		if app, stream := splitName(name); app == "" || stream == "" {
			return fmt.Errorf("serve: a stream called %q: it needs an application and a name, as in live/show", name)
		}
		src, err := openSource(s.Streams[name], s.Loop)
		if err != nil {
			return fmt.Errorf("serve: %w", err)
		}
		s.sources[name] = src
		if err := src.prepare(s.ChunkSize, &memory); err != nil {
			return fmt.Errorf("serve: %w", err)
		}
	}
	return nil
}

func (s *Server) unload() {
	for _, src := range s.sources {
		_ = src.file.Close()
	}
}

func splitName(s string) (app, name string) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}

// Serve serves those who come to l until ctx ends, and returns nil then. It
// closes l, and returns when all connections are closed and their goroutines
// are gone. It can be called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer l.Close()
	if err := s.Load(); err != nil {
		return err
	}
	defer s.unload()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()

	s.tell(Event{Kind: Listening, Addr: l.Addr()})
	slots := make(chan struct{}, MaxConnections)
	for id := 1; ; id++ {
		nc, err := accept(ctx, l)
		if err != nil {
			if ctx.Err() != nil {
				return nil // the listener was closed for that
			}
			return fmt.Errorf("serve: %w", err)
		}
		select {
		case slots <- struct{}{}:
		default:
			s.tell(Event{Kind: Disconnected, Conn: id, Addr: nc.RemoteAddr(), Err: errFull})
			_ = nc.Close()
			continue
		}
		wg.Go(func() {
			newConn(s, id, nc).run(ctx)
			<-slots
		})
	}
}

var errFull = fmt.Errorf("serve: there are %d connections already", MaxConnections)

// accept waits out what passes, such as a lack of file descriptors.
func accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	const firstPause, longestPause = 5 * time.Millisecond, time.Second
	pause := firstPause
	for {
		nc, err := l.Accept()
		var passing interface{ Temporary() bool }
		if err == nil || ctx.Err() != nil || !errors.As(err, &passing) || !passing.Temporary() {
			return nc, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// find returns the file of a name in an application. Clients disagree about
// where an application ends, so that only both together count; and those of
// the Flash era write a type before a recorded stream's name (flv:show) and
// leave out the file's.
func (s *Server) find(app, name string) (string, *source) {
	app, name = cleanPath(app), cleanPath(name)
	if i := strings.LastIndexByte(name, ':'); i >= 0 && s.sources[app+"/"+name] == nil {
		name = name[i+1:]
	}
	for _, ending := range []string{"", ".flv"} {
		path := app + "/" + name + ending
		if src := s.sources[path]; src != nil {
			return path, src
		}
	}
	return "", nil
}

// cleanPath leaves out a query, which is for servers that ask who is there, and
// slashes at either end.
func cleanPath(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return strings.Trim(s, "/")
}
