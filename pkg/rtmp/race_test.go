package rtmp_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Over a real connection Close, a cancelled context and Stats race with Next.
// Whoever wins, Next ends and says why.
func TestCloseRacesWithNext(t *testing.T) {
	flood := func(p *rtmptest.Peer) {
		p.AcceptPlay()
		for ts := uint32(0); ; ts += 40 {
			p.Video(ts, payload)
			p.UserControl(message.EventPingRequest, ts) // so that the client writes, too
		}
	}
	for round := range 40 {
		server := rtmptest.NewServer(t, flood)
		ctx, cancel := context.WithCancel(t.Context())
		p, err := new(rtmp.Client).Play(ctx, target(t, server.URL("live/show")))
		if err != nil {
			t.Fatal(err)
		}
		reached := make(chan struct{})
		var others sync.WaitGroup
		others.Go(func() {
			<-reached
			_ = p.Stats()
			if round%2 == 0 {
				cancel()
			}
			_ = p.Close()
		})
		for n := 0; err == nil; n++ {
			if n == round*3 {
				close(reached)
			}
			_, err = p.Next()
		}
		if !errors.Is(err, net.ErrClosed) && !errors.Is(err, context.Canceled) {
			t.Errorf("round %d: %v", round, err)
		}
		others.Wait()
		cancel()
		if s := p.Stats(); s.Video < int64(round*3) {
			t.Errorf("round %d: %d messages", round, s.Video)
		}
	}
}
