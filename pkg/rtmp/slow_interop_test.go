//go:build interop

package rtmp_test

import (
	"io"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A server that reads slowly, but does read, is no server that has stopped. What
// the system's buffers make of that is only seen with them, and in real time.
func TestSlowServer(t *testing.T) {
	const (
		patience  = 5 * time.Second
		perSecond = 200_000 // bytes
		total     = 6_000_000
	)
	read := make(chan int, 1)
	s := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		n := 0
		defer func() { read <- n }()
		p.AcceptPublish()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for buf := make([]byte, perSecond/50); ; <-tick.C {
			k, err := io.ReadFull(p.Conn, buf)
			if n += k; err != nil {
				return
			}
		}
	})
	c := rtmp.Client{WriteTimeout: patience}
	p, err := c.Publish(t.Context(), target(t, s.URL("live/show")))
	if err != nil {
		t.Fatal(err)
	}
	m := message.Message{Type: message.TypeVideo, Payload: make([]byte, 20_000)}
	for sent := 0; sent < total && err == nil; sent += len(m.Payload) {
		m.Timestamp += 40
		err = p.Write(&m)
	}
	if err != nil {
		t.Errorf("Write: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n := <-read; n < total {
		t.Errorf("the server has read %d bytes of %d", n, total)
	}
}
