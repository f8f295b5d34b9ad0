package rtmp_test

import (
	"io"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// A server may grant a stream and hang up unread, before it can have come to the
// end. Linux tells so; the file's name keeps the
// test from other systems.
func TestCloseAfterHangUp(t *testing.T) {
	for range 20 {
		s := rtmptest.NewServer(t, func(p *rtmptest.Peer) { p.AcceptPublish() })
		if err, closing := publish(t, new(rtmp.Client), target(t, s.URL("live/show")), videoAt(0)); err == nil && closing == nil {
			t.Fatal("Close says that all has arrived at a server that has read nothing")
		}
		s = rtmptest.NewServer(t, func(p *rtmptest.Peer) {
			p.AcceptPublish()
			_, _ = io.Copy(io.Discard, p.Conn)
		})
		if err, closing := publish(t, new(rtmp.Client), target(t, s.URL("live/show")), videoAt(0)); err != nil || closing != nil {
			t.Fatalf("%v, %v, of a server that has read everything", err, closing)
		}
	}
}
