package rtmp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// Each wait for a server has an end and a name. The times are the defaults, but
// for those that the zero Client does not have.
func TestTimeouts(t *testing.T) {
	type dial = func(t *testing.T) rtmptest.DialFunc
	hangs := func(*testing.T) rtmptest.DialFunc {
		return func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	// after is how a dialer says that it has taken too long itself.
	after := func(d time.Duration, err error) dial {
		return func(*testing.T) rtmptest.DialFunc {
			return func(context.Context, string, string) (net.Conn, error) {
				time.Sleep(d)
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
		}
	}
	serves := func(script rtmptest.Script) dial {
		return func(t *testing.T) rtmptest.DialFunc { return rtmptest.Dial(t, script, script, script) }
	}
	connected := func(then func(p *rtmptest.Peer)) dial {
		return serves(func(p *rtmptest.Peer) {
			p.AcceptConnect()
			then(p)
		})
	}
	tests := []struct {
		name  string
		url   string // empty: rtmp
		dial  dial
		kind  error
		phase rtmp.Phase
		says  string // of the whole error
	}{
		{"the dial, without an end of its own", "", hangs,
			context.DeadlineExceeded, rtmp.PhaseDial, "rtmp: dial host:1935: no connection within 30s"},
		{"the dial", "", after(10*time.Second+1234567, os.ErrDeadlineExceeded),
			context.DeadlineExceeded, rtmp.PhaseDial, "rtmp: dial host:1935: no connection within 10s"},
		{"the name", "", after(10*time.Second, &net.DNSError{Err: "i/o timeout", Name: "host", IsTimeout: true}),
			context.DeadlineExceeded, rtmp.PhaseDial, "rtmp: dial host:1935: no address of host within 10s"},
		{"TLS", "rtmps://host/live/show", serves(silent),
			context.DeadlineExceeded, rtmp.PhaseTLS, "rtmp: tls host:443: no TLS handshake within 10s"},
		{"the handshake", "", serves(silent),
			nil, rtmp.PhaseHandshake, "rtmp: handshake host:1935: no RTMP handshake within 10s"},
		{"connect", "", serves(func(p *rtmptest.Peer) { p.Handshake(); p.Linger() }),
			nil, rtmp.PhaseConnect, "rtmp: connect host:1935: no answer to connect within 10s"},
		{"createStream", "", connected((*rtmptest.Peer).Linger),
			nil, rtmp.PhaseCreateStream, "rtmp: createStream host:1935: no answer to createStream within 30s"},
		{"play", "", connected(func(p *rtmptest.Peer) {
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Linger()
		}), rtmp.ErrNoMedia, rtmp.PhasePlay, "rtmp: play host:1935: no answer to play within 30s"},
		{"the first media", "", serves(playing((*rtmptest.Peer).Linger)[0]),
			rtmp.ErrNoMedia, rtmp.PhaseStream, "rtmp: stream host:1935: no media within 20s"},
		{"media", "", serves(playing(func(p *rtmptest.Peer) { p.Video(0, payload); p.Linger() })[0]),
			rtmp.ErrIdle, rtmp.PhaseStream, "rtmp: stream host:1935: no more media within 40s"},
		{"sending", "", serves(playing(func(p *rtmptest.Peer) {
			for {
				p.UserControl(message.EventPingRequest, 1) // whose answers nobody reads
			}
		})[0]), nil, rtmp.PhaseStream, "rtmp: stream host:1935: no progress in sending within 10s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := rtmp.Client{
					DialContext: test.dial(t), TLSConfig: &tls.Config{},
					StartTimeout: 20 * time.Second, IdleTimeout: 40 * time.Second,
				}
				url := test.url
				if url == "" {
					url = "rtmp://host/live/show"
				}
				start := time.Now()
				_, err := pull(t, &c, target(t, url))
				checkError(t, err, test.phase, test.kind, "")
				timeout, ok := errors.AsType[*rtmp.TimeoutError](err)
				if !ok || err.Error() != test.says {
					t.Errorf("got %v, want %s", err, test.says)
				}
				if took := time.Since(start); took > 41*time.Second || ok && timeout.After > took {
					t.Errorf("took %v, and says %v", took, timeout.After)
				}
			})
		})
	}
}

func TestPublisherTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptConnect()
			p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
			p.Linger()
		})}
		_, err := c.Publish(t.Context(), target(t, "rtmp://host/live/show"))
		if want := "rtmp: publish host:1935: no answer to publish within 30s"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// A time is told as precisely as it can be meant.
func TestTimeoutErrorText(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "no x within 0s", 1234567: "no x within 1ms", 1004 * time.Millisecond: "no x within 1s",
		1540 * time.Millisecond: "no x within 1.54s", 30*time.Second + 4*time.Millisecond: "no x within 30s",
		time.Hour + time.Second: "no x within 1h0m0s", 1<<63 - 1: "no x within 2561111h6m40s",
	} {
		if got := (&rtmp.TimeoutError{For: "x", After: after}).Error(); got != want {
			t.Errorf("%d: got %s, want %s", after, got, want)
		}
	}
}
