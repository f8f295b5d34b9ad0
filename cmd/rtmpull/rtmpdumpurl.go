package main

import (
	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// A dumpURL is what the URLs of --rtmp come to: what one leaves open the next one
// fills in, and an option without a value empties.
type dumpURL struct {
	rtmpdump.URL
	raw   string // of the first one that is one; empty: there is none
	wrong error  // with another
	given bool
}

func (u *dumpURL) String() string { return "" }
func (u *dumpURL) Type() string   { return "string" }

// Set takes a URL. One that is none counts for nothing, as long as it is known
// otherwise where the server is.
func (u *dumpURL) Set(raw string) error {
	u.given = true
	switch parsed, err := rtmpdump.ParseURL(raw); {
	case err != nil:
		u.wrong = err
	case u.raw == "":
		u.raw, u.URL = raw, parsed
	default:
		u.Fill(parsed)
	}
	return nil
}

// forget empties what the URLs have said so far.
func (u *dumpURL) forget(option string) {
	switch option {
	case "host":
		u.Host = ""
	case "app":
		u.App = ""
	case "playpath":
		u.PlayPath = ""
	}
}

// target is the stream that is asked for, as far as the URLs say.
func (u *dumpURL) target(string) (*rtmp.Target, error) {
	t := &rtmp.Target{Scheme: u.Scheme, Host: u.Host, Port: u.Port, User: u.User, Password: u.Password}
	t.Session.App, t.Session.PlayPath = u.App, u.PlayPath
	return t, nil
}
