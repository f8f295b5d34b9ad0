package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

func TestPlaysEveryTag(t *testing.T) {
	for _, path := range []string{bars, audio, video} {
		for _, size := range []uint32{0, 128, 1, 65536} {
			addr := listen(t, &Server{Streams: map[string]string{"live/show": path}, ChunkSize: size})
			got, err := pull(t, "rtmp://"+addr+"/live/show")
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s, chunk size %d: got %v, want EOF", path, size, err)
			}
			sameFrames(t, got, fileFrames(t, path))
		}
	}
}

func TestPlaysFromTheFileWithoutAnImage(t *testing.T) {
	s := &Server{Streams: map[string]string{"live/show": bars}, Loop: 2}
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	withImage, _ := pull(t, "rtmp://"+listen(t, s)+"/live/show")

	s = &Server{Streams: map[string]string{"live/show": bars}, Loop: 2}
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	s.sources["live/show"].image = nil
	without, _ := pull(t, "rtmp://"+listen(t, s)+"/live/show")
	sameFrames(t, without, withImage)
}

func TestLoopIsOneTimeLine(t *testing.T) {
	const rounds = 3
	addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}, Loop: rounds})
	got, err := pull(t, "rtmp://"+addr+"/live/show")
	if !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, want EOF", err)
	}
	file := fileFrames(t, bars)
	// The metadata is sent once, and tells of all rounds.
	const wantPeriod = 10089 // the audio is longer than the video
	var want []frame
	for i := range uint32(rounds) {
		for _, f := range file[1:] {
			f.timestamp += i * wantPeriod
			want = append(want, f)
		}
	}
	if strings.Contains(got[0].body, "filesize") || !strings.Contains(got[0].body, "duration") {
		t.Errorf("got metadata %q", got[0].body)
	}
	sameFrames(t, got[1:], want)
}

func TestManyPlayAtOnce(t *testing.T) {
	addr := listen(t, &Server{Streams: map[string]string{"live/a": bars, "vod/b/c": video}})
	stalled := dialRaw(t, addr, "live", "a") // reads nothing, and harms no one
	defer stalled.Close()
	var wg sync.WaitGroup
	for i := range 20 {
		url, path := "rtmp://"+addr+"/live/a?token=x/y", bars
		if i%2 == 1 {
			url, path = "rtmp://"+addr+"/vod/b/c", video
		}
		wg.Go(func() {
			got, err := pull(t, url)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: got %v, want EOF", url, err)
			}
			if want := fileFrames(t, path); len(got) != len(want) {
				t.Errorf("%s: got %d frames, want %d", url, len(got), len(want))
			}
		})
	}
	wg.Wait()
}

func TestRefusals(t *testing.T) {
	addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}})
	const want = "NetStream.Play.StreamNotFound"
	for _, path := range []string{"live/other", "other/show", "liv/show"} {
		_, err := pull(t, "rtmp://"+addr+"/"+path)
		var status *session.StatusError
		if !errors.As(err, &status) || status.Code != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

func TestFindsStreams(t *testing.T) {
	s := &Server{Streams: map[string]string{"live/show": bars, "a/b/c.flv": bars}}
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	defer s.unload()
	for _, c := range []struct{ app, name, want string }{
		{"live", "show", "live/show"},
		{"live/", "show?x=/y", "live/show"},
		{"live?vhost=x", "flv:show", "live/show"},
		{"a", "b/c.flv", "a/b/c.flv"},
		{"a/b", "c", "a/b/c.flv"},
		{"a/b", "flv:c", "a/b/c.flv"},
		{"live", "", ""},
		{"", "live/show", ""},
		{"live", "Show", ""},
	} {
		if got, _ := s.find(c.app, c.name); got != c.want {
			t.Errorf("find(%q, %q) = %q, want %q", c.app, c.name, got, c.want)
		}
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(bars)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := func(name, path string) *Server { return &Server{Streams: map[string]string{name: path}} }
	for _, c := range []struct {
		name   string
		server *Server
		want   string
	}{
		{"missing", one("live/x", filepath.Join(dir, "none.flv")), "none.flv"},
		{"directory", one("live/x", dir), dir},
		{"no FLV", one("live/x", write("x.mp4", whole[500:9000])), "not an FLV"},
		{"empty", one("live/x", write("empty.flv", nil)), "not an FLV"},
		{"torn", one("live/x", write("torn.flv", whole[:len(whole)-50])), "torn"},
		{"header only", one("live/x", write("head.flv", whole[:13])), "neither audio nor video"},
		{"no application", one("show", bars), `"show"`},
		{"no name", one("live/", bars), `"live/"`},
		{"speed", &Server{Streams: map[string]string{"live/x": bars}, Speed: -1}, "speed of -1"},
		{"chunk size", &Server{Streams: map[string]string{"live/x": bars}, ChunkSize: 1 << 24}, "chunk size"},
		// The good file that was opened first is closed again.
		{"second", &Server{Streams: map[string]string{"live/a": bars, "live/b": write("bad.flv", whole[9:])}}, "bad.flv"},
	} {
		err := c.server.Load()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestServeClosesEverything(t *testing.T) {
	var (
		mu     sync.Mutex
		events []EventKind
	)
	s := &Server{Streams: map[string]string{"live/show": bars}, Loop: -1, Speed: 1, OnEvent: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e.Kind)
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	playing := dial(t, l.Addr().String())
	playing.connect("live")
	playing.say(0, "createStream")
	playing.say(1, "play", nil, text0("show"))
	playing.flush()
	playing.hear("onStatus NetStream.Play.Start")
	silent, err := net.Dial("tcp", l.Addr().String()) // in the middle of a handshake
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()

	cancel()
	if err := <-done; err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if _, err := io.Copy(io.Discard, playing.Conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a connection is still open")
	}
	mu.Lock()
	defer mu.Unlock()
	if events[0] != Listening || events[1] != Connected || events[len(events)-1] != Disconnected {
		t.Errorf("got events %v", events)
	}
}
