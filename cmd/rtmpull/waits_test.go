package main

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestWaits: with --wait a recording begins when somebody publishes, whatever its
// server makes of those who come before; and without anybody it ends in time, with a
// status that says why. Without --wait it ends at once.
func TestWaits(t *testing.T) {
	const (
		s    = time.Second
		on   = 60 * s
		long = 2 * time.Minute
	)
	refuses := func(how absence, code string) manner {
		return nginx.with(func(m *manner) { m.nobody, m.refusal = how, code })
	}
	notFound := "NetStream.Play.StreamNotFound"
	for name, c := range map[string]struct {
		manner
		down   airtime
		late   time.Duration // it begins after somebody does, at most
		status int           // if nobody does
		why    string
		atOnce time.Duration // it ends without --wait, at most
	}{
		"not found, and closes":     {refuses(refusesAndCloses, notFound), airtime{}, 6 * s, 4, "StreamNotFound", 0},
		"not found, stays open":     {manners["rtmp-go"], airtime{}, 6 * s, 4, "StreamNotFound", 0},
		"failed, and closes":        {manners["yutopp"], airtime{}, 6 * s, 4, "Play.Failed", 0},
		"grants, and keeps still":   {manners["srs"], airtime{}, s, 6, "no media within", 30 * s},
		"grants, sends old headers": {manners["node-media-server 4"], airtime{}, s, 6, "no media within", 30 * s},
		"hangs up after connect":    {manners["mediamtx"], airtime{}, 7 * s, 4, "hung up instead of answering", 0},
		"gives play no answer":      {manners["go2rtc"], airtime{}, 46 * s, 6, "no answer to play|no media", 60 * s},
		"grants, and closes":        {refuses(grantsAndCloses, ""), airtime{}, 6 * s, 4, "", 0},
		"is not there":              {manners["srs"], airtime{0, on}, 6 * s, 3, "cannot connect to h:1935: connection refused", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("begins", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := &station{manner: c.manner, air: []airtime{{on, on + 2*time.Minute}}, down: c.down}
					o := record(t, st.dial(t), "--wait", "10m", "--duration", "20")
					o.wants(t, 0, on+20*s-s/2, on+20*s+c.late, "^the duration was reached$")
					if at := o.at("first_media"); at < on || at > on+c.late {
						t.Errorf("it begins after %v", at)
					}
					if n := o.count("waiting"); n == 0 || n > 3 {
						t.Errorf("it says %d times that it waits", n)
					}
				})
			})
			t.Run("never", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := &station{manner: c.manner, down: c.down}
					if st.down.to > 0 {
						st.down.to = time.Hour
					}
					o := record(t, st.dial(t), "--wait", "2m")
					o.wants(t, c.status, long, long+2*s, c.why)
				})
			})
			t.Run("not waited for", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := &station{manner: c.manner, down: c.down}
					o := record(t, st.dial(t))
					o.wants(t, c.status, 0, c.atOnce+2*s, c.why)
				})
			})
		})
	}
}
