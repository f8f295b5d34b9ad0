//go:build linux

package main

import (
	"syscall"
	"time"
)

// A fault is a row of the table.
type fault struct {
	name  string // for -only
	title string

	app    string // nginx-rtmp's; empty: live
	stream string // that is asked for; empty: the publisher's
	nobody bool   // publishes
	loop   bool   // the publisher comes back by itself
	proxy  bool   // players come by the proxy
	dead   bool   // players ask a port where nothing listens
	// strike makes it happen, and returns when it is over if it passes. nil:
	// all is so from the beginning.
	strike func(*testbed) error
	source source
	// patience is for those who notice late that they are to go on.
	patience time.Duration
	limit    time.Duration // 0: usualLimit

	want promise
}

const (
	usualLimit = 75 * time.Second
	// longLimit is for faults that take rtmpull itself longer than the usual
	// one: 30 s of silence, and then 60 s of new connections.
	longLimit = 120 * time.Second
	// systemLimit is for who leaves it to Linux to give up a connection.
	systemLimit = 150 * time.Second
	// before is how long there is a recording when the fault happens.
	before = 10 * time.Second
)

// rejoin is what it may cost to take a stream up again, beside the time that it
// was gone: to the next key frame, and for the wait between attempts.
const rejoin = keyDistance + 4*time.Second

var faults = []fault{
	{
		name: "publisher-killed", title: "publisher killed, server tells `StreamEOF` and keeps the connection",
		strike: killPublisher, want: promise{status: 0},
	},
	{
		name: "publisher-killed-notify", title: "publisher killed, server tells `UnpublishNotify`", app: "livenotify",
		strike: killPublisher, want: promise{status: 0},
	},
	{
		name: "publisher-killed-close", title: "publisher killed, server tells `StreamEOF` and hangs up", app: "liveclose",
		strike: killPublisher, want: promise{status: 0},
	},
	{
		name: "publisher-restarted", title: "publisher restarted in 2.5 s, server tells `StreamEOF`",
		strike: restartPublisher("320x180"), want: promise{goesOn: true, gap: rejoin},
	},
	{
		name: "publisher-restarted-notify", title: "publisher restarted in 2.5 s, server tells `UnpublishNotify`", app: "livenotify",
		strike: restartPublisher("320x180"), want: promise{goesOn: true, gap: rejoin},
	},
	{
		name: "publisher-restarted-close", title: "publisher restarted in 2.5 s, server hangs up meanwhile", app: "liveclose",
		strike: restartPublisher("320x180"), want: promise{goesOn: true, gap: rejoin},
	},
	{
		name: "publisher-resized", title: "publisher restarted in 2.5 s with another resolution",
		strike: restartPublisher("256x144"), want: promise{goesOn: true, files: 2, gap: rejoin},
	},
	{
		name: "sound-stops", title: "sound falls silent, pictures go on", source: source{silent: "sound", silence: before + 5*time.Second},
		strike: trackStops, patience: 30 * time.Second, want: promise{goesOn: true},
	},
	{
		name: "picture-stops", title: "pictures stop, sound goes on", source: source{silent: "picture", silence: before + 5*time.Second},
		strike: trackStops, patience: 30 * time.Second, want: promise{goesOn: true},
	},
	{
		name: "server-killed", title: "server killed (SIGKILL)",
		strike: killServer, want: promise{status: 2},
	},
	{
		name: "server-restarted", title: "server killed, and back after 5 s",
		loop: true, strike: restartServer, want: promise{goesOn: true, gap: rejoin},
	},
	{
		name: "server-frozen", title: "server frozen (SIGSTOP)", limit: longLimit,
		strike: freezeServer, want: promise{status: 2},
	},
	{
		name: "network-cut", title: "network cut, packets dropped in silence", limit: longLimit,
		strike: cutNetwork(0), want: promise{status: 2},
	},
	{
		name: "network-cut-10s", title: "network cut for 10 s", limit: longLimit,
		strike: cutNetwork(10 * time.Second), want: promise{goesOn: true, gap: rejoin},
	},
	{
		name: "proxy-stalls", title: "proxy forgets its connections and keeps them open, takes new ones", proxy: true, limit: longLimit,
		strike: stallProxy, patience: 30 * time.Second, want: promise{goesOn: true, gap: 30*time.Second + rejoin},
	},
	{
		name: "refused-app", title: "server refuses: no such application, hangs up", app: "nothing", nobody: true,
		want: promise{status: 4, none: true},
	},
	{
		name: "refused-stream", title: "server refuses: `StreamNotFound`", app: "liveclose", stream: "nobody", nobody: true,
		want: promise{status: 4, none: true},
	},
	{
		name: "nobody-publishes", title: "nobody publishes, server says `Play.Start` all the same", stream: "nobody", nobody: true,
		want: promise{status: 6, none: true},
	},
	{
		name: "refused-connection", title: "nothing listens", nobody: true, dead: true,
		want: promise{status: 3, none: true},
	},
	{
		name: "unreachable", title: "never reachable, packets dropped in silence", nobody: true, limit: systemLimit,
		strike: cutNetwork(0), want: promise{status: 3, none: true},
	},
}

func killPublisher(b *testbed) error {
	b.pub.kill()
	return nil
}

func restartPublisher(sample string) func(*testbed) error {
	return func(b *testbed) error {
		if err := killPublisher(b); err != nil {
			return err
		}
		if err := b.sleep(2500 * time.Millisecond); err != nil {
			return err
		}
		return b.pub.publish(source{sample: sample})
	}
}

func trackStops(b *testbed) error {
	err := b.sleep(time.Until(b.pub.lives()[0].base.Add(before + 5*time.Second)))
	b.strike()
	return err
}

func killServer(b *testbed) error {
	b.nginx.kill()
	return nil
}

func restartServer(b *testbed) error {
	runs := len(b.pub.lives())
	if err := killServer(b); err != nil {
		return err
	}
	if err := b.sleep(5 * time.Second); err != nil {
		return err
	}
	if err := b.serve(); err != nil {
		return err
	}
	return b.pub.await(runs + 1)
}

func freezeServer(b *testbed) error {
	b.nginx.signal(syscall.SIGSTOP)
	return nil
}

func cutNetwork(d time.Duration) func(*testbed) error {
	return func(b *testbed) error {
		if err := b.drop(); err != nil || d == 0 {
			return err
		}
		if err := b.sleep(d); err != nil {
			return err
		}
		return b.pass()
	}
}

func stallProxy(b *testbed) error {
	b.proxy.stall()
	return nil
}
