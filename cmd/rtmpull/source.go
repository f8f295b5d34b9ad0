package main

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// sourceFlags say which stream to play and what to tell the server. Their
// letters are rtmpdump's.
type sourceFlags struct {
	url, app, playPath, tcURL, pageURL, swfURL, flashVer string
	auth, subscribe, token, usherToken                   string
	conn                                                 []string
	playlist, live, vod                                  bool
	start, stop                                          durationValue
	buffer                                               uint32
}

func (f *sourceFlags) group() flagGroup {
	fs := pflag.NewFlagSet("source", pflag.ContinueOnError)
	fs.StringVarP(&f.url, "rtmp", "r", "", "the stream's `URL`, if it is not an argument; @file reads it from there")
	fs.StringVarP(&f.app, "app", "a", "", "`application`, instead of the URL's")
	fs.StringVarP(&f.playPath, "playpath", "y", "", "`name` of the stream, instead of the URL's, or @file")
	fs.StringVarP(&f.tcURL, "tcUrl", "t", "", "`URL` to tell the server as tcUrl (default: the URL as far as the application)")
	fs.StringVarP(&f.pageURL, "pageUrl", "p", "", "`URL` to tell the server as that of its player's page")
	fs.StringVarP(&f.swfURL, "swfUrl", "s", "", "`URL` to tell the server as that of its player")
	fs.StringVarP(&f.flashVer, "flashVer", "f", rtmp.DefaultFlashVer, "`version` to tell the server")
	fs.StringVarP(&f.auth, "auth", "u", "", "`text` to send after connect's object, or @file")
	fs.StringArrayVarP(&f.conn, "conn", "C", nil, "`value` to add to connect: B:1 N:1.5 S:text Z: O:1 NS:name:text O:0")
	fs.BoolVarP(&f.playlist, "playlist", "Y", false, "send set_playlist before play")
	fs.BoolVarP(&f.live, "live", "v", false, "play a live stream only")
	fs.BoolVar(&f.vod, "vod", false, "play a recorded stream only")
	fs.StringVarP(&f.subscribe, "subscribe", "d", "", "`name` to subscribe to (default: the stream's)")
	fs.StringVarP(&f.token, "token", "T", "", "`key` for the server's secureToken, or @file (default: $RTMPULL_TOKEN)")
	fs.StringVarP(&f.usherToken, "jtv", "j", "", "`token` for NetStream.Authenticate.UsherToken, or @file")
	fs.VarP(&f.start, "start", "A", "where to begin in a recorded stream")
	fs.Uint32VarP(&f.buffer, "buffer", "b", session.DefaultBuffer, "buffer to announce, in `ms`")
	return flagGroup{"Source", fs}
}

// addStop adds the one flag of the source that counts as a limit as well.
func (f *sourceFlags) addStop(fs *pflag.FlagSet) {
	fs.VarP(&f.stop, "stop", "B", "where to stop in a recorded stream; for a live one the same as --duration")
}

// target makes the target that the flags and the argument, if there is one, ask
// for.
func (f *sourceFlags) target(args []string, getenv func(string) string) (*rtmp.Target, error) {
	raw := f.url
	switch {
	case len(args) == 0 && raw == "":
		return nil, badUsage("want the URL of a stream")
	case len(args) > 1:
		return nil, badUsage("want one URL, not %d arguments", len(args))
	case len(args) == 1 && raw != "":
		return nil, badUsage("the URL is given twice: as an argument and with --rtmp")
	case len(args) == 1:
		raw = args[0]
	}
	if f.live && f.vod {
		return nil, badUsage("--live and --vod exclude each other")
	}
	if f.live && f.start > 0 {
		return nil, badUsage("--start is for recorded streams; a live one begins where it is")
	}
	if f.stop > 0 && f.stop <= f.start {
		return nil, badUsage("--stop is not behind --start")
	}
	token := f.token
	if token == "" {
		token = getenv("RTMPULL_TOKEN")
	}
	for _, s := range []*string{&raw, &f.playPath, &f.auth, &token, &f.usherToken} {
		var err error
		if *s, err = secret(*s); err != nil {
			return nil, err
		}
	}
	if words := strings.Fields(raw); len(words) > 1 && strings.Contains(words[1], "=") {
		return nil, badUsage("librtmp's options after the URL are flags here: live=1 is --live")
	}
	t, err := rtmp.ParseTarget(raw)
	if err != nil {
		return nil, err
	}
	c := &t.Session
	override(&c.App, f.app)
	override(&c.PlayPath, f.playPath)
	c.TcURL, c.PageURL, c.SWFURL, c.FlashVer = f.tcURL, f.pageURL, f.swfURL, f.flashVer
	c.Auth, c.Subscribe, c.Token, c.UsherToken = f.auth, f.subscribe, token, f.usherToken
	c.Playlist, c.Buffer = f.playlist, f.buffer
	if c.Extra, err = parseConn(f.conn); err != nil {
		return nil, err
	}
	if c.App == "" && c.PlayPath == "" {
		return nil, badUsage("the URL names no application and no stream; --app and --playpath do, too")
	}
	return t, f.setKind(c)
}

// setKind says how to ask for the stream: --start implies a recorded one.
func (f *sourceFlags) setKind(c *session.Config) (err error) {
	switch {
	case f.live:
		c.Kind = session.Live
	case f.vod || f.start > 0:
		c.Kind = session.Recorded
		if c.Start, err = ms(f.start); err != nil {
			return err
		}
		if f.stop > 0 {
			c.Length, err = ms(durationValue(f.length()))
		}
	}
	return err
}

// length is how much of the stream --stop leaves: it is a position in a recorded
// stream, which for a live one is the same as a duration.
func (f *sourceFlags) length() time.Duration { return time.Duration(f.stop - f.start) }

func override(field *string, value string) {
	if value != "" {
		*field = value
	}
}
