package rtmp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// leads is a refusal of connect that names another place.
func leads(to string) *amf.Object {
	ex := &amf.Object{}
	ex.Set("code", amf.Number(302))
	ex.Set("redirect", amf.String(to))
	o := rtmptest.Info("error", "NetConnection.Connect.Rejected", "go away")
	o.Set("ex", ex)
	return o
}

// A host is what a server does with a connection whose connect it has read.
type host func(p *rtmptest.Peer, connect *message.Command)

func leadsTo(to string) host {
	return func(p *rtmptest.Peer, connect *message.Command) {
		p.Command(0, "_error", connect.TransactionID, nil, leads(to))
		p.Linger()
	}
}

// plays plays a frame to whoever asks for live/show at the host.
func plays(t *testing.T, tcURL string) host {
	return func(p *rtmptest.Peer, connect *message.Command) {
		o, _ := amf.AsObject(connect.Object)
		if got, _ := amf.AsString(o.Get("tcUrl")); got != tcURL {
			t.Errorf("tcUrl is %s, want %s", got, tcURL)
		}
		p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
		p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
		if name := rtmptest.StreamName(p.Await("play")); name != "show?k=1" {
			t.Errorf("asked for %s", name)
		}
		p.Status("status", "NetStream.Play.Start")
		p.Video(0, payload)
		complete(p)
		p.Linger()
	}
}

// network is a DialContext that reaches hosts by address, each connection of which
// is noted.
func network(t *testing.T, hosts map[string]host, dialled *[]string) rtmptest.DialFunc {
	dials := make(map[string]rtmptest.DialFunc)
	for addr, h := range hosts {
		script := func(p *rtmptest.Peer) {
			p.Handshake()
			h(p, p.Expect("connect"))
		}
		dials[addr] = rtmptest.Dial(t, script, slices.Repeat([]rtmptest.Script{script}, 20)...)
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		*dialled = append(*dialled, addr)
		if dial := dials[addr]; dial != nil {
			return dial(ctx, network, addr)
		}
		return nil, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}
	}
}

// Row 19: a server that refuses and names another place is left for that.
func TestFollow(t *testing.T) {
	tests := []struct {
		name    string
		hosts   map[string]host
		dialled string
		ends    string // what the error says; empty: the stream came
		phase   rtmp.Phase
		refused bool // by us
	}{
		{"to another host", map[string]host{
			"host:1935": leadsTo("rtmp://edge/live"), "edge:1935": plays(t, "rtmp://edge/live"),
		}, "host:1935 edge:1935", "", 0, false},
		{"to another application", map[string]host{
			"host:1935": func(p *rtmptest.Peer, connect *message.Command) {
				o, _ := amf.AsObject(connect.Object)
				if app, _ := amf.AsString(o.Get("app")); app == "live" {
					leadsTo("/other")(p, connect)
				}
				plays(t, "rtmp://host/other")(p, connect)
			},
		}, "host:1935 host:1935", "", 0, false},
		{"five times", map[string]host{
			"host:1935": leadsTo("rtmp://a/live"), "a:1935": leadsTo("rtmp://b/live"), "b:1935": leadsTo("//c:99/live"),
			"c:99": leadsTo("rtmp://d"), "d:1935": leadsTo("rtmp://e/live"), "e:1935": plays(t, "rtmp://e/live"),
		}, "host:1935 a:1935 b:1935 c:99 d:1935 e:1935", "", 0, false},
		{"for ever", map[string]host{"host:1935": leadsTo("rtmp://host/live")},
			"host:1935 host:1935 host:1935 host:1935 host:1935 host:1935", "more than 5 such places", rtmp.PhaseConnect, true},
		{"inside", map[string]host{"host:1935": leadsTo("rtmp://edge.tv/live"), "edge.tv:1935": leadsTo("rtmp://127.0.0.1/live?k=secret")},
			"host:1935 edge.tv:1935", "private address", rtmp.PhaseConnect, true},
		{"nowhere that is understood", map[string]host{"host:1935": leadsTo("http://edge/live")},
			"host:1935", `unknown scheme "http"`, rtmp.PhaseConnect, true},
		{"to one who refuses", map[string]host{
			"host:1935": leadsTo("rtmp://edge/live"), "edge:1935": func(p *rtmptest.Peer, connect *message.Command) {
				p.Error(connect, "NetConnection.Connect.InvalidApp", "not here")
				p.Linger()
			},
		}, "host:1935 edge:1935", "rtmp: connect edge:1935: session: connect: NetConnection.Connect.InvalidApp (not here)", rtmp.PhaseConnect, false},
		{"to one who is not there", map[string]host{"host:1935": leadsTo("rtmp://edge/live")},
			"host:1935 edge:1935", "no such host", rtmp.PhaseDial, false},
		{"by a status, after connect", map[string]host{
			"host:1935": func(p *rtmptest.Peer, connect *message.Command) {
				p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
				p.Result(p.Await("createStream"), amf.Number(rtmptest.StreamID))
				p.Await("play")
				p.Command(0, "onStatus", 0, nil, leads("rtmp://edge/live"))
				p.Linger()
			}, "edge:1935": plays(t, "rtmp://edge/live"),
		}, "host:1935 edge:1935", "", 0, false},
		{"to one who is spoken to in another way", map[string]host{
			"host:1935": leadsTo("rtmp://edge/live"), "edge:1935": func(p *rtmptest.Peer, connect *message.Command) {
				if o, _ := amf.AsObject(connect.Object); o.Get("fourCcList") == nil {
					plays(t, "rtmp://edge/live")(p, connect)
				}
			},
		}, "host:1935 edge:1935 edge:1935", "", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialled, told []string
				c := rtmp.Client{DialContext: network(t, test.hosts, &dialled), Trace: &rtmp.Trace{
					Redirect: func(to *rtmp.Target) { told = append(told, to.Address()) },
				}}
				got, err := pull(t, &c, target(t, "rtmp://host/live/show?k=1"))
				if d := strings.Join(dialled, " "); d != test.dialled {
					t.Errorf("connected to %s, want %s", d, test.dialled)
				}
				if moves := strings.Count(test.dialled, " "); test.name != "to one who is spoken to in another way" && len(told) != moves {
					t.Errorf("told of %v, want %d moves", told, moves)
				}
				if test.ends == "" {
					if err != io.EOF || len(got) != 1 {
						t.Errorf("got %v, %v; want one frame", got, err)
					}
					return
				}
				checkError(t, err, test.phase, nil, test.ends)
				refusal, ok := errors.AsType[*rtmp.RedirectError](err)
				if ok != test.refused || ok && refusal.Refusal == nil {
					t.Errorf("got %v, want a RedirectError with the refusal: %v", err, test.refused)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error tells a secret: %v", err)
				}
			})
		})
	}
}

// All places share one time, and no place gets the password of another.
func TestFollowInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled []string
		c := rtmp.Client{SetupTimeout: 12 * time.Second, DialContext: network(t, map[string]host{
			"host:1935": func(p *rtmptest.Peer, connect *message.Command) {
				time.Sleep(3 * time.Second)
				leadsTo("rtmp://edge/live")(p, connect)
			},
			"edge:1935": func(p *rtmptest.Peer, connect *message.Command) {
				o, _ := amf.AsObject(connect.Object)
				if url, _ := amf.AsString(o.Get("tcUrl")); strings.Contains(url, "user") {
					t.Errorf("the edge is told %s", url)
				}
				p.Error(connect, "NetConnection.Connect.Rejected", "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]")
				p.Linger()
			},
		}, &dialled)}
		_, err := c.Play(t.Context(), target(t, "rtmp://joe:pw@host/live/show"))
		if !errors.Is(err, rtmp.ErrNoCredentials) {
			t.Errorf("got %v, want ErrNoCredentials", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var dialled []string
		slow := func(p *rtmptest.Peer, connect *message.Command) {
			time.Sleep(3 * time.Second)
			leadsTo("rtmp://host/live")(p, connect)
		}
		c := rtmp.Client{SetupTimeout: 10 * time.Second, DialContext: network(t, map[string]host{"host:1935": slow}, &dialled)}
		start := time.Now()
		_, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		checkError(t, err, rtmp.PhaseConnect, nil, "")
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v: %v", took, err)
		}
	})
}

// What is played, and who publishes where, is known afterwards.
func TestFollowTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled []string
		grants := func(p *rtmptest.Peer, connect *message.Command) {
			p.Result(connect, rtmptest.Info("status", "NetConnection.Connect.Success", ""))
			p.GrantPublish()
			p.Linger()
		}
		first := leadsTo("rtmp://edge/live")
		c := rtmp.Client{DialContext: network(t, map[string]host{"host:1935": first, "edge:1935": grants}, &dialled)}
		to := target(t, "rtmp://host/live/show")
		p, err := c.Publish(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if got := p.Target(); got.Address() != "edge:1935" || got.Session.PlayPath != "show" || got.Session.Role != session.Publish {
			t.Errorf("published to %+v", got)
		}
		if to.Host != "host" || to.Session.Role != session.Play {
			t.Errorf("the Target itself was changed: %+v", to)
		}
		if p.RemoteAddr() == nil {
			t.Error("the server has no address")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var dialled []string
		c := rtmp.Client{DialContext: network(t, map[string]host{
			"host:1935": leadsTo("rtmp://edge/live"), "edge:1935": plays(t, "rtmp://edge/live"),
		}, &dialled)}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show?k=1"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		next, err := p.Target().Redirect("/other", p.RemoteAddr())
		if err != nil || next.String() != "rtmp://edge/other/show?k=1" {
			t.Errorf("a ReconnectRequest leads to %v, %v", next, err)
		}
		if got := fmt.Sprint(p.RemoteAddr()); got != "server" {
			t.Errorf("the server is at %s", got)
		}
	})
}

// Row 19: who is led away when the stream has begun, as by SRS, is told where to.
func TestLedAwayLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := rtmp.Client{DialContext: rtmptest.Dial(t, func(p *rtmptest.Peer) {
			p.AcceptPlay()
			p.Command(0, "onStatus", 0, nil, leads("rtmp://edge/live"))
			p.Linger()
		})}
		p, err := c.Play(t.Context(), target(t, "rtmp://host/live/show"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		_, err = p.Next()
		checkError(t, err, rtmp.PhaseStream, nil, "NetConnection.Connect.Rejected")
		refusal, ok := errors.AsType[*session.StatusError](err)
		if !ok {
			t.Fatal("it is no refusal")
		}
		if to, err := p.Target().Redirect(refusal.Redirect, p.RemoteAddr()); err != nil || to.String() != "rtmp://edge/live/show" {
			t.Errorf("leads to %v, %v", to, err)
		}
	})
}
