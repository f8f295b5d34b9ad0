package serve

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestParseCut(t *testing.T) {
	for in, want := range map[string]Cut{
		"100000": {Bytes: 100000},
		"5s":     {Media: 5 * time.Second},
		"1m30s":  {Media: 90 * time.Second},
	} {
		if got, err := ParseCut(in); err != nil || got != want {
			t.Errorf("ParseCut(%q) = %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "-1", "-5s", "0s", "5 apples"} {
		if got, err := ParseCut(in); err == nil || !strings.Contains(err.Error(), "5s") {
			t.Errorf("ParseCut(%q) = %+v, %v, want an error", in, got, err)
		}
	}
}

// countingConn counts what is read.
type countingConn struct {
	net.Conn
	n int64
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n += int64(n)
	return n, err
}

// readAll plays to the end of the connection, however that comes.
func readAll(t *testing.T, addr string, patience time.Duration) (int64, error) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := &countingConn{Conn: nc}
	_ = nc.SetDeadline(time.Now().Add(patience))
	if err := handshake.NewClient(handshake.Config{}).Do(c); err != nil {
		return c.n, err
	}
	if _, err := nc.Write(openingWords(t)); err != nil {
		return c.n, err
	}
	_, err = io.Copy(io.Discard, c)
	return c.n, err
}

func TestCutAfterBytes(t *testing.T) {
	for _, n := range []int64{1, 1536, 3073, 3074, 3200, 10000, 100000} {
		addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}, Cut: Cut{Bytes: n}})
		got, err := readAll(t, addr, time.Minute)
		if got != n || err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d: got %d bytes and %v", n, got, err)
		}
	}
}

func TestCutAfterMedia(t *testing.T) {
	addr := listen(t, &Server{Streams: map[string]string{"live/show": bars}, Cut: Cut{Media: 3 * time.Second, Conns: 1}})
	got, err := pull(t, "rtmp://"+addr+"/live/show")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want unexpected EOF", err)
	}
	if last := got[len(got)-1].timestamp; last < 2900 || last >= 3000 {
		t.Errorf("the last message is at %d ms", last)
	}
	// The second connection is spared.
	if got, err = pull(t, "rtmp://"+addr+"/live/show"); !errors.Is(err, io.EOF) {
		t.Errorf("the second time: got %v, want EOF", err)
	}
	sameFrames(t, got, fileFrames(t, bars))
}

func TestCutKinds(t *testing.T) {
	for _, c := range []struct {
		kind     CutKind
		patience time.Duration
		want     error
	}{
		{CutReset, time.Minute, syscall.ECONNRESET},
		{CutFreeze, time.Second, os.ErrDeadlineExceeded}, // the client's own patience
	} {
		addr := listen(t, &Server{
			Streams: map[string]string{"live/show": bars},
			Cut:     Cut{Bytes: 50000, Kind: c.kind},
		})
		if n, err := readAll(t, addr, c.patience); !errors.Is(err, c.want) || n > 50000 {
			t.Errorf("kind %d: got %d bytes and %v, want %v", c.kind, n, err, c.want)
		}
	}
}

// TestCutPublisherIsClosed has a publisher that goes on sending: it must not be
// listened to as if nothing had happened.
func TestCutPublisherIsClosed(t *testing.T) {
	for _, c := range []struct {
		kind  CutKind
		reads error // what a read says after the cut, all that was sent being read
	}{{CutClose, io.EOF}, {CutReset, syscall.ECONNRESET}} {
		p := dial(t, listen(t, &Server{Cut: Cut{Bytes: 5000, Kind: c.kind}}))
		p.askToPublish("show")
		p.hear("onStatus NetStream.Publish.Start")
		frame := func(size int) message.Message {
			return message.Message{ChunkStreamID: 7, Type: message.TypeVideo, StreamID: 1, Payload: make([]byte, size)}
		}
		p.write(frame(6000))
		p.flush()
		if _, err := p.Read(make([]byte, 1)); !errors.Is(err, c.reads) {
			t.Errorf("kind %d: got %v, want %v", c.kind, err, c.reads)
		}
		start := time.Now()
		var err error
		for err == nil && time.Since(start) < leaveTimeout {
			m := frame(100)
			if err = p.w.Write(&m); err == nil {
				err = p.w.Flush()
			}
			time.Sleep(time.Millisecond)
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("kind %d: got %v for what was sent after that", c.kind, err)
		}
	}
}
