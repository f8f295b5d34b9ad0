package swf

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if url := os.Getenv("SWF_TEST_URL"); url != "" { // TestProcesses
		c := Cache{Dir: os.Getenv("SWF_TEST_DIR"), Client: NewClient(&http.Transport{})}
		p, err := c.Get(context.Background(), url, 0)
		fmt.Println(p.Size, err)
		return
	}
	goleak.VerifyTestMain(m)
}

const day = 24 * time.Hour

// A web is a server in memory, and what it was asked for.
type web struct {
	answer func(r *http.Request) (status int, header http.Header, body io.Reader)
	asked  []*http.Request
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked = append(w.asked, r)
	status, header, body := w.answer(r)
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), Request: r}, nil
}

// gives answers every request with a file.
func gives(file []byte, header http.Header) func(*http.Request) (int, http.Header, io.Reader) {
	return func(*http.Request) (int, http.Header, io.Reader) { return 200, header, bytes.NewReader(file) }
}

func answers(status int) func(*http.Request) (int, http.Header, io.Reader) {
	return func(*http.Request) (int, http.Header, io.Reader) { return status, nil, strings.NewReader("") }
}

// TestAge: a young entry costs no word on the network, an old one is asked for, and
// one that has not changed is young again.
func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const url = "http://joe:pw@h/dir/player.swf?token=secret#frame"
		w := &web{answer: gives(fromHex(t, tiny), http.Header{"Last-Modified": {"Sun, 22 Nov 2026 20:21:23 GMT"}, "Etag": {`"one"`}})}
		var warned []string
		c := Cache{Dir: filepath.Join(t.TempDir(), "a", "b"), Client: NewClient(w), Warn: func(err error) { warned = append(warned, err.Error()) }}
		get := func(url string, age time.Duration, asked int) Player {
			t.Helper()
			p, err := c.Get(t.Context(), url, age)
			if err != nil || len(w.asked) != asked {
				t.Fatalf("asked %d times, want %d: %v", len(w.asked), asked, err)
			}
			return p
		}
		p := get(url, 30*day, 1)
		if hex.EncodeToString(p.Hash[:]) != tinyHash || p.Size != 16 {
			t.Errorf("got %+v", p)
		}
		if h := w.asked[0].Header; h.Get("Referer") != "http://h/" || !strings.HasPrefix(h.Get("User-Agent"), "Mozilla/5.0") || h.Get("If-None-Match") != "" {
			t.Errorf("asked with %v", h)
		}
		time.Sleep(30*day - time.Nanosecond)
		get(url, 30*day, 1)
		get("http://joe:pw@h/dir/player.swf?token=secret#other", 30*day, 1)
		for i, other := range []string{ // R27: none of them is the same player
			"http://joe:pw@h/other/player.swf?token=secret", "http://joe:pw@h/dir/player.swf?token=other", "http://joe:pw@h/dir/player.swf",
			"http://joe:pw@h/dir/player", "https://joe:pw@h/dir/player.swf?token=secret", "http://joe:pw@h:81/dir/player.swf?token=secret",
		} {
			get(other, 30*day, 2+i)
		}
		w.asked = nil
		time.Sleep(time.Nanosecond)
		w.answer = answers(304)
		if again := get(url, 30*day, 1); again != p {
			t.Errorf("got %+v", again)
		}
		if h := w.asked[0].Header; h.Get("If-Modified-Since") != "Sun, 22 Nov 2026 20:21:23 GMT" || h.Get("If-None-Match") != `"one"` {
			t.Errorf("asked with %v", h)
		}
		time.Sleep(29 * day)
		get(url, 30*day, 1)
		get(url, 0, 2) // always
		w.answer = gives(zipped(plain(100)), nil)
		if changed := get(url, 0, 3); changed.Size != 100 {
			t.Errorf("got %+v", changed)
		}
		if len(warned) > 0 {
			t.Errorf("warned: %q", warned)
		}

		// Nobody is there: what is remembered has to do.
		for i, status := range []int{0, 404, 500, 200} {
			w.answer = answers(status)
			if p := get(url, 0, 4+i); p.Size != 100 {
				t.Errorf("got %+v", p)
			}
		}
		if len(warned) != 4 || !strings.Contains(warned[0], "http://h/dir/player.swf could not be asked for, and is taken from memory: connection refused") {
			t.Errorf("warned: %q", warned)
		}

		files, _ := filepath.Glob(filepath.Join(c.Dir, "*"))
		if len(files) != 7 {
			t.Errorf("there are %q", files)
		}
		for _, file := range files {
			b, _ := os.ReadFile(file)
			if s := string(b) + strings.Join(warned, ""); strings.Contains(s, "secret") || strings.Contains(s, "pw") {
				t.Errorf("a secret is on the disk: %s", s)
			}
		}
	})
}

// TestSpoiled: a spoiled file is none, and neither is one from the future.
func TestSpoiled(t *testing.T) {
	w := &web{answer: gives(fromHex(t, tiny), nil)}
	c := Cache{Dir: t.TempDir(), Client: NewClient(w)}
	const url = "http://h/p.swf"
	name := c.name(url)
	good := entry{Checked: time.Now(), Size: 16, Hash: tinyHash}
	future := good
	future.Checked = time.Now().Add(day)
	short := good
	short.Hash = tinyHash[:62]
	torn := good // what no header may be
	torn.ETag = "a\nb"
	for i, content := range []string{
		"", "{", "null", "[]", "url: http://h/p.swf\nhash: x\n", string(good.encode()[:60]), string(future.encode()), string(short.encode()), string(torn.encode()),
		strings.Replace(string(good.encode()), ":16", ":7", 1), strings.Repeat(" ", mostEntry) + string(good.encode()),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), url, 30*day); err != nil || len(w.asked) != i+1 {
			t.Errorf("%.80q: asked %d times, %v", content, len(w.asked), err)
		}
		if _, err := c.Get(t.Context(), url, 30*day); err != nil || len(w.asked) != i+1 {
			t.Errorf("%.80q is not mended: %v", content, err)
		}
	}
}

// TestNoDisk: a folder that cannot be written to is told of, and matters to nobody.
func TestNoDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var warned error
	for _, dir := range []string{"", filepath.Join(file, "cache")} {
		c := Cache{Dir: dir, Client: NewClient(&web{answer: gives(fromHex(t, tiny), nil)}), Warn: func(err error) { warned = err }}
		if p, err := c.Get(t.Context(), "http://h/p.swf", day); err != nil || p.Size != 16 {
			t.Errorf("got %+v, %v", p, err)
		}
		if (warned != nil) != (dir != "") {
			t.Errorf("%q: warned of %v", dir, warned)
		}
	}
}

// TestFetch: a real server, and what may go wrong with it.
func TestFetch(t *testing.T) {
	player := plain(100_000)
	var hits atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/p.swf", func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1) > 1 && r.Header.Get("If-None-Match") == `"x"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"x"`)
		_, _ = w.Write(zipped(player))
	})
	mux.HandleFunc("/moved.swf", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/p.swf", http.StatusFound) })
	mux.HandleFunc("/round.swf", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round.swf", http.StatusFound) })
	mux.HandleFunc("/away.swf", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "ftp://h/p.swf", http.StatusFound) })
	mux.HandleFunc("/304.swf", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("/page.swf", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>who are you?</html>") })
	mux.HandleFunc("/cut.swf", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(player[:5000])
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	down := httptest.NewTLSServer(http.RedirectHandler(s.URL+"/p.swf", http.StatusFound))
	defer down.Close()
	transport := &http.Transport{TLSClientConfig: down.Client().Transport.(*http.Transport).TLSClientConfig}
	defer transport.CloseIdleConnections()
	c := Cache{Dir: t.TempDir(), Client: NewClient(transport)}
	for range 2 {
		if p, err := c.Get(t.Context(), s.URL+"/p.swf", 0); err != nil || p.Size != 100_000 {
			t.Errorf("got %+v, %v", p, err)
		}
	}
	if p, err := c.Get(t.Context(), s.URL+"/moved.swf", 0); err != nil || p.Size != 100_000 {
		t.Errorf("moved: %+v, %v", p, err)
	}
	for url, want := range map[string]string{
		s.URL + "/no.swf?token=secret": "404 Not Found", s.URL + "/round.swf": "more than 5 places", s.URL + "/away.swf": "not the web",
		s.URL + "/304.swf": "304 Not Modified", s.URL + "/page.swf": ErrNotSWF.Error(), s.URL + "/cut.swf": "unexpected EOF",
		down.URL + "/p.swf": "https must not lead to http", "http://127.0.0.1:1/p.swf?token=secret": "connection refused",
		"ftp://h/secret": errURL.Error(), "p.swf": errURL.Error(), "http://": errURL.Error(), "http://h:x/secret": errURL.Error(),
	} {
		_, err := c.Get(t.Context(), url, 0)
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(e.Error(), "secret") {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
	if _, err := c.Get(t.Context(), s.URL+"/no.swf", 0); !errors.Is(err, StatusError(404)) {
		t.Errorf("got %v", err)
	}
}

// TestSplitHeader: R28. A header in two packets is no part of the player.
func TestSplitHeader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		_, _ = nc.Read(make([]byte, 4096))
		for _, part := range []string{"HTTP/1.0 200 O", "K\r\nLast-Modi", "fied: x\r\n\r", "\nFW", "S\x09\x10\x00\x00\x00\x00\x01\x02\x03", "\x04\x05\x06\x07"} {
			_, _ = io.WriteString(nc, part)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := Cache{Client: NewClient(transport)}
	p, err := c.Get(t.Context(), "http://"+l.Addr().String()+"/p.swf", 0)
	if hex.EncodeToString(p.Hash[:]) != tinyHash || err != nil {
		t.Errorf("got %+v, %v", p, err)
	}
	<-done
}

// waits is a server that never answers.
type waits struct{}

func (waits) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// slow is a player that comes a byte now and then.
type slow struct{ ctx context.Context }

func (s slow) Read(b []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(b, "F"), nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

// TestPatience: R20. A signal ends a fetch, and with its own cause; what takes too
// long is given up.
func TestPatience(t *testing.T) {
	drips := &web{answer: func(r *http.Request) (int, http.Header, io.Reader) {
		return 200, nil, io.MultiReader(strings.NewReader("FWS\x09aaaa"), slow{r.Context()})
	}}
	for name, transport := range map[string]http.RoundTripper{"silent": waits{}, "drips": drips} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				interrupted := errors.New("interrupted")
				c := Cache{Dir: t.TempDir(), Client: NewClient(transport)}
				start := time.Now()
				_, err := c.Get(t.Context(), "http://h/p.swf", 0)
				if took := time.Since(start); took != fetchTimeout || !strings.Contains(fmt.Sprint(err), "it takes longer than 30s") {
					t.Errorf("after %v: %v", took, err)
				}
				// The one that is remembered does not help then.
				if err := write(c.name("http://h/p.swf"), entry{Checked: time.Now(), Size: 16, Hash: tinyHash}); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(interrupted) })
				start = time.Now()
				_, err = c.Get(ctx, "http://h/p.swf", 0)
				if took := time.Since(start); took != 3*time.Second || err != interrupted {
					t.Errorf("after %v: %v", took, err)
				}
			})
		})
	}
}

// TestSilence: where a player is remembered, its server is not waited for as long as
// for one that is not; but what it sends is.
func TestSilence(t *testing.T) {
	slowly := &web{answer: func(r *http.Request) (int, http.Header, io.Reader) {
		file := zipped(plain(100))
		return 200, nil, io.MultiReader(bytes.NewReader(file[:20]), after(8*time.Second), bytes.NewReader(file[20:]))
	}}
	for name, test := range map[string]struct {
		transport http.RoundTripper
		took      time.Duration
		size      uint32
	}{
		"silent": {waits{}, 5 * time.Second, 16},
		"slow":   {slowly, 8 * time.Second, 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var warned []error
				c := Cache{Dir: t.TempDir(), Client: NewClient(test.transport), Warn: func(err error) { warned = append(warned, err) }}
				if err := write(c.name("http://h/p.swf"), entry{Checked: time.Now(), Size: 16, Hash: tinyHash}); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				p, err := c.Get(t.Context(), "http://h/p.swf", 0)
				if took := time.Since(start); took != test.took || err != nil || p.Size != test.size {
					t.Errorf("after %v: %d bytes, %v", took, p.Size, err)
				}
				if said := fmt.Sprint(warned); strings.Contains(said, "it takes longer than 5s") != (name == "silent") {
					t.Errorf("warned of %v", warned)
				}
			})
		})
	}
}

// after is nothing, once that has passed.
type after time.Duration

func (d after) Read([]byte) (int, error) {
	time.Sleep(time.Duration(d))
	return 0, io.EOF
}

// TestProcesses: several processes share a folder, and none finds half a file.
func TestProcesses(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipped(plain(5000))) }))
	defer s.Close()
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "SWF_TEST_URL="+s.URL+"/p.swf", "SWF_TEST_DIR="+dir)
		wait.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != "5000 <nil>\n" {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	c := Cache{Dir: dir}
	name := c.name(s.URL + "/p.swf")
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if b, err := os.ReadFile(name); err == nil {
			if e := decode(b); e.Size != 5000 {
				t.Fatalf("found %q", b)
			}
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 {
		t.Errorf("there are %q", files)
	}
}

// FuzzEntry: a file is an entry that stays what it is when it is written, or none.
func FuzzEntry(f *testing.F) {
	good := entry{URL: "http://h/p.swf", Checked: time.Unix(1e9, 0).UTC(), Modified: "x", ETag: `"y"`, Size: 16, Hash: tinyHash}
	f.Add(good.encode())
	f.Add([]byte("{}"))
	f.Add([]byte(`{"hash":"` + tinyHash + `","size":99999999999}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e := decode(b)
		if !e.known() {
			if e != (entry{}) {
				t.Fatalf("%q is half an entry: %+v", b, e)
			}
			return
		}
		again := decode(e.encode())
		if !again.Checked.Equal(e.Checked) || again.player() != e.player() || again.ETag != e.ETag || e.player().Size < headerSize {
			t.Fatalf("%+v becomes %+v", e, again)
		}
	})
}
