package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// sourceFlags say which stream to play and how. Their letters are rtmpdump's, as
// those of streamFlags are.
type sourceFlags struct {
	streamFlags

	url, options          string
	subscribe, usherToken string
	playlist, live, vod   bool
	realtime              bool
	start, stop           durationValue
	buffer                uint32

	fromStart bool // unless something else is asked for, the stream is, from its beginning
}

func (f *sourceFlags) group() flagGroup {
	fs := pflag.NewFlagSet("source", pflag.ContinueOnError)
	fs.StringVarP(&f.url, "rtmp", "r", "", "the stream's `URL`, if it is not an argument; @file reads it from there")
	fs.StringVarP(&f.options, "url", "i", "", "the stream's `URL` with librtmp's options behind it: 'rtmp://host/app/name live=1 token=key', or @file")
	f.add(fs, rtmp.DefaultFlashVer)
	fs.BoolVarP(&f.playlist, "playlist", "Y", false, "send set_playlist before play")
	fs.BoolVarP(&f.live, "live", "v", false, "play a live stream only")
	fs.BoolVar(&f.vod, "vod", false, "play a recorded stream only")
	fs.StringVarP(&f.subscribe, "subscribe", "d", "", "`name` to subscribe to (default: the stream's)")
	fs.StringVarP(&f.usherToken, "jtv", "j", "", "`token` for NetStream.Authenticate.UsherToken, or @file")
	fs.VarP(&f.start, "start", "A", "where to begin in a recorded stream")
	fs.BoolVarP(&f.realtime, "realtime", "R", false, "let the server of a recorded stream keep its own time, instead of waking it up when it pauses")
	fs.Uint32VarP(&f.buffer, "buffer", "b", 0, "buffer to announce, in `ms` (default: 36000000, or more for a longer stream)")
	return flagGroup{"Source", fs}
}

// addStop adds the one flag of the source that counts as a limit as well.
func (f *sourceFlags) addStop(fs *pflag.FlagSet) {
	fs.VarP(&f.stop, "stop", "B", "where to stop in a recorded stream; for a live one the same as --duration")
}

var errTwoURLs = badUsage("the URL is given twice: as an argument and with --rtmp")

// target makes the target that the flags and the argument, if there is one, ask
// for.
func (f *sourceFlags) target(args []string, getenv func(string) string) (*rtmp.Target, error) {
	if len(args) > 1 {
		return nil, badUsage("want one URL, not %d arguments", len(args))
	}
	targets, err := f.targets(args, getenv)
	if err != nil {
		return nil, err
	}
	return targets[0], nil
}

// targets makes the targets that the flags and the arguments, if there are any, ask
// for.
func (f *sourceFlags) targets(args []string, getenv func(string) string) ([]*rtmp.Target, error) {
	switch {
	case len(args) == 0 && f.url == "" && f.address.host == "":
		return nil, badUsage("want the URL of a stream")
	case len(args) > 0 && f.url != "":
		return nil, errTwoURLs
	case len(args) == 0:
		args = []string{f.url}
	}
	if len(args) > 1 {
		for _, flag := range []struct{ name, value string }{
			{"--app", f.app}, {"--playpath", f.playPath}, {"--tcUrl", f.tcURL}, {"--subscribe", f.subscribe},
		} {
			if flag.value != "" {
				return nil, badUsage("%s is for one stream, and there are %d URLs", flag.name, len(args))
			}
		}
	}
	targets := make([]*rtmp.Target, len(args))
	for i, raw := range args {
		var err error
		if targets[i], err = f.targetOf(raw, getenv); err != nil && len(args) > 1 {
			return nil, &urlError{whichURL(i+1, raw), err}
		} else if err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// A urlError says which URL is wrong, where there may be several.
type urlError struct {
	which string
	err   error
}

// whichURL names one of the arguments, counted from 1, that is wrong.
func whichURL(place int, raw string) string {
	which := "URL " + strconv.Itoa(place)
	// What is no URL, as this is not, may have its password anywhere.
	if name, ok := strings.CutPrefix(raw, "@"); ok {
		which += ", in the file " + name
	} else if !strings.Contains(raw, "@") {
		which += ", " + rtmp.Redact(raw)
	}
	return which
}

func (e *urlError) Error() string { return e.which + ": " + describe(e.err) }

func (e *urlError) Unwrap() error { return e.err }

// targetOf makes the target of a URL.
func (f *sourceFlags) targetOf(raw string, getenv func(string) string) (*rtmp.Target, error) {
	if f.live && f.vod {
		return nil, badUsage("--live and --vod exclude each other")
	}
	if f.live && f.start > 0 {
		return nil, badUsage("--start is for recorded streams; a live one begins where it is")
	}
	if f.stop > 0 && f.stop <= f.start {
		return nil, badUsage("--stop is not behind --start")
	}
	t, err := f.streamFlags.target(raw, getenv)
	if err != nil {
		return nil, err
	}
	c := &t.Session
	c.Subscribe, c.Playlist, c.Realtime = f.subscribe, f.playlist, f.realtime
	c.Buffer = f.buffer
	if c.UsherToken, err = f.secret(f.usherToken); err != nil {
		return nil, err
	}
	err = f.setKind(c)
	c.Reconnect = c.Kind != session.Recorded // which is sent from the beginning, or from where it was asked for
	return t, err
}

// setKind says how to ask for the stream: --start implies a recorded one.
func (f *sourceFlags) setKind(c *session.Config) (err error) {
	switch {
	case f.live:
		c.Kind = session.Live
	case f.fromStart && !f.vod && f.start == 0:
		c.Kind = session.FromStart
		if f.stop > 0 {
			c.Length, err = ms(f.stop)
			c.Length = max(c.Length, 1) // 0 would be all
		}
	case f.vod || f.start > 0:
		c.Kind = session.Recorded
		if c.Start, err = ms(f.start); err != nil {
			return err
		}
		if f.stop > 0 {
			c.Length, err = ms(durationValue(f.length()))
			c.Length = max(c.Length, 1)
		}
	}
	return err
}

// isPlaced tells whether --stop is a place in the stream, as the timestamps have it.
func (f *sourceFlags) isPlaced() bool { return !f.live && (f.fromStart || f.vod || f.start > 0) }

// length is how much of the stream --stop leaves: it is a position in a recorded
// stream, which for a live one is the same as a duration.
func (f *sourceFlags) length() time.Duration { return time.Duration(f.stop - f.start) }
