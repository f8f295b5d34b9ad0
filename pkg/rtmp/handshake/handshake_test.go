package handshake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// fixed returns random bytes that are the same in every run.
func fixed(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// A link is one end of a buffered connection: a net.Pipe would hang, since
// both sides write before they read.
type link struct {
	in   <-chan []byte
	out  chan<- []byte
	rest []byte
}

func newLink() (a, b *link) {
	x, y := make(chan []byte, 16), make(chan []byte, 16)
	return &link{in: x, out: y}, &link{in: y, out: x}
}

func (l *link) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		b, ok := <-l.in
		if !ok {
			return 0, io.EOF
		}
		l.rest = b
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *link) Write(p []byte) (int, error) {
	l.out <- bytes.Clone(p)
	return len(p), nil
}

func (l *link) Close() error {
	close(l.out)
	return nil
}

// writes records each Write apart.
type writes [][]byte

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, bytes.Clone(p))
	return len(p), nil
}

// duplex joins a scripted peer and a record of what it was told.
type duplex struct {
	io.Reader
	io.Writer
}

// pattern is the block 00000000, v, and i for every byte i after it.
func pattern(v uint32) *[Size]byte {
	b := new([Size]byte)
	for i := range b {
		b[i] = byte(i)
	}
	clear(b[:4])
	binary.BigEndian.PutUint32(b[4:], v)
	return b
}

func TestBothSides(t *testing.T) {
	for _, offer := range []bool{false, true} {
		a, b := newLink()
		served := make(chan error, 1)
		go func() {
			defer b.Close()
			_, err := Server(b, Config{})
			if err == nil {
				_, err = b.Write([]byte("chunk"))
			}
			served <- err
		}()
		c := NewClient(Config{Digest: offer, Time: 1234})
		if err := c.Do(a); err != nil {
			t.Errorf("offer %v: client: %v", offer, err)
		}
		if err := <-served; err != nil {
			t.Errorf("offer %v: server: %v", offer, err)
		}
		if c.Digest() != offer {
			t.Errorf("offer %v: Digest() = %v", offer, c.Digest())
		}
		a.Close()
		rest, err := io.ReadAll(a)
		if string(rest) != "chunk" || err != nil {
			t.Errorf("offer %v: behind the handshake %q, %v; want %q", offer, rest, err, "chunk")
		}
	}
}

func TestWrongProtocol(t *testing.T) {
	tests := []struct {
		first          byte
		client, server Kind // what answers a client, what a server is opened with
		text           string
	}{
		{'H', HTTP, HTTP, "handshake: the peer answered with HTTP, not RTMP"},
		{'G', BadVersion, HTTP, "handshake: the peer answered with version 71, not 3"},
		{'P', BadVersion, HTTP, "handshake: the peer answered with version 80, not 3"},
		{0x15, TLS, TLS, "handshake: the peer answered with TLS, not RTMP"},
		{0x16, TLS, TLS, "handshake: the peer answered with TLS, not RTMP"},
		{6, RTMPE, 0, "handshake: the peer answered with RTMPE (version 6), not RTMP"},
		{8, RTMPE, 0, "handshake: the peer answered with RTMPE (version 8), not RTMP"},
		{9, RTMPE, 0, "handshake: the peer answered with RTMPE (version 9), not RTMP"},
		{0, BadVersion, BadVersion, "handshake: the peer answered with version 0, not 3"},
		{255, BadVersion, BadVersion, "handshake: the peer answered with version 255, not 3"},
	}
	for _, tt := range tests {
		// One byte is all there is: no verdict may wait for a whole block.
		peer := []byte{tt.first}

		c := NewClient(Config{})
		err := c.Do(duplex{bytes.NewReader(peer), io.Discard})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != tt.client || e.Version != tt.first {
			t.Errorf("client, %#x: got %#v, want kind %d", tt.first, err, tt.client)
		} else if e.Error() != tt.text {
			t.Errorf("client, %#x: got %q, want %q", tt.first, e, tt.text)
		}

		if tt.server == 0 {
			continue // a server takes it
		}
		var said writes
		_, err = Server(duplex{bytes.NewReader(peer), &said}, Config{})
		e, ok = errors.AsType[*Error](err)
		if !ok || e.Kind != tt.server || e.Version != tt.first {
			t.Errorf("server, %#x: got %#v, want kind %d", tt.first, err, tt.server)
		} else if !strings.HasPrefix(e.Error(), "handshake: the peer opened with ") {
			t.Errorf("server, %#x: got %q, want an opening", tt.first, e)
		}
		if len(said) != 0 {
			t.Errorf("server, %#x: wrote %d times, want silence", tt.first, len(said))
		}
	}
}

func TestRandFails(t *testing.T) {
	opening := new(bytes.Buffer)
	if err := NewClient(Config{Digest: true}).Hello(opening); err != nil {
		t.Fatal(err)
	}
	// Enough for no block, for the first, and for all but the last byte.
	for _, n := range []int64{0, Size - 8, Size - 8 + signed - 1} {
		cfg := Config{Digest: true, Rand: io.LimitReader(fixed(1), n)}
		_, err := Server(duplex{bytes.NewReader(opening.Bytes()), io.Discard}, cfg)
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("server, %d bytes: got %v, want an error that is no end of the peer", n, err)
		}
	}
	c := NewClient(Config{Rand: strings.NewReader("")})
	if err := c.Hello(io.Discard); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("client: got %v, want an error that is no end of the peer", err)
	}
}
