package rtmp_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// A server that demands a user and a password is given them, by whoever plays
// and whoever publishes.
func TestAuthentication(t *testing.T) {
	const right = "rtmp://joe:p%40w@host/live/show"
	auth := func(mode string, atOnce bool) *rtmptest.Authenticator {
		return &rtmptest.Authenticator{Mode: mode, User: "joe", Password: "p@w", AtOnce: atOnce}
	}
	take := func(p *rtmptest.Peer) {
		p.GrantPublish()
		for p.ReadMedia() != nil {
		}
	}
	for _, mode := range []string{"adobe", "llnw"} {
		for _, atOnce := range []bool{false, true} {
			for _, url := range []string{right, "rtmp://joe:p%40w@host/live?x=1/show?key=y", "rtmp://joe:p%40w@host/a/b/show"} {
				t.Run(fmt.Sprint(mode, atOnce, url), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						scripts := auth(mode, atOnce).Demand(take)
						demands := 0
						c := rtmp.Client{
							DialContext: rtmptest.Dial(t, scripts[0], scripts[1:]...),
							Trace:       &rtmp.Trace{Authenticate: func() { demands++ }},
						}
						if err, closing := publish(t, &c, target(t, url), videoAt(0)); err != nil || closing != nil {
							t.Error(err, closing)
						}
						if demands != len(scripts)-1 {
							t.Errorf("told of %d demands, want %d", demands, len(scripts)-1)
						}
						scripts = auth(mode, atOnce).Demand(func(p *rtmptest.Peer) {
							p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
							p.Await("play")
							p.Video(0, payload)
							stop(p)
						})
						c.DialContext = rtmptest.Dial(t, scripts[0], scripts[1:]...)
						if _, err := pull(t, &c, target(t, url)); err != io.EOF {
							t.Errorf("playing: %v", err)
						}
					})
				})
			}
		}
		for name, test := range map[string]struct {
			url  string
			want error
		}{
			"no password":    {"rtmp://host/live/show", rtmp.ErrNoCredentials},
			"wrong password": {"rtmp://joe:secretish@host/live/show", rtmp.ErrWrongCredentials},
			"unknown user":   {"rtmp://jim:p%40w@host/live/show", rtmp.ErrNoSuchUser},
		} {
			t.Run(mode+" "+name, func(t *testing.T) {
				judge := auth(mode, false).Judge(take)
				c := rtmp.Client{DialContext: rtmptest.Dial(t, judge, judge, judge, judge)}
				err, _ := publish(t, &c, target(t, test.url), videoAt(0))
				checkError(t, err, rtmp.PhaseConnect, test.want, "authmod="+mode)
				if _, ok := errors.AsType[*session.StatusError](err); !ok {
					t.Errorf("%v is no refusal", err)
				}
				for _, secret := range []string{"secretish", "p@w", "salt", "opaque", "response"} {
					if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
						t.Errorf("%v tells %s", err, secret)
					}
				}
			})
		}
	}
}
