package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// streamFlags say which stream is meant, and what to tell the server of
// ourselves, whether we play or publish.
type streamFlags struct {
	address addressFlags
	parse   func(raw string) (*rtmp.Target, error) // reads a URL; nil: rtmp.ParseTarget

	app, playPath, tcURL, pageURL, swfURL, flashVer string
	user, auth, token                               string
	conn                                            []string

	swf swfFlags

	verbatim bool // @ begins no name of a file
}

// add adds the flags. Values that may be secrets may be read from a file.
func (f *streamFlags) add(fs *pflag.FlagSet, flashVer string) {
	f.address.add(fs)
	fs.StringVarP(&f.app, "app", "a", "", "`application`, instead of the URL's")
	fs.StringVarP(&f.playPath, "playpath", "y", "", "`name` of the stream, instead of the URL's, or @file")
	fs.StringVarP(&f.tcURL, "tcUrl", "t", "", "`URL` to tell the server as tcUrl (default: the URL as far as the application)")
	fs.StringVarP(&f.pageURL, "pageUrl", "p", "", "`URL` to tell the server as that of its player's page")
	fs.StringVarP(&f.swfURL, "swfUrl", "s", "", "`URL` to tell the server as that of its player")
	f.swf.add(fs)
	fs.StringVarP(&f.flashVer, "flashVer", "f", flashVer, "`version` to tell the server")
	fs.StringVar(&f.user, "user", "", "`name[:password]` for a server that asks, instead of the URL's, or @file (default password: $RTMPULL_PASSWORD)")
	fs.StringVarP(&f.auth, "auth", "u", "", "`text` to send after connect's object, or @file")
	fs.StringVarP(&f.token, "token", "T", "", "`key` for the server's secureToken, or @file (default: $RTMPULL_TOKEN)")
	fs.StringArrayVarP(&f.conn, "conn", "C", nil, "`value` to add to connect: B:1 N:1.5 S:text Z: O:1 NS:name:text O:0")
}

// secret reads a value that may be one.
func (f *streamFlags) secret(value string) (string, error) {
	if f.verbatim {
		return value, nil
	}
	return secret(value)
}

// readSecrets reads those values that are in files.
func (f *streamFlags) readSecrets() (err error) {
	for _, s := range []*string{&f.playPath, &f.auth, &f.token, &f.user, &f.swf.url} {
		if *s, err = f.secret(*s); err != nil {
			return err
		}
	}
	return nil
}

// target makes a target of a URL and the flags.
func (f *streamFlags) target(raw string, getenv func(string) string) (*rtmp.Target, error) {
	values, given := *f, raw
	raw, err := secret(raw)
	if err != nil {
		return nil, err
	}
	if err := values.readSecrets(); err != nil {
		return nil, err
	}
	if values.token == "" {
		values.token = getenv("RTMPULL_TOKEN")
	}
	if rtmpdump.HasOptions(raw) {
		return nil, badUsage("a URL with librtmp's options behind it is given with --url")
	}
	parse := f.parse
	if parse == nil {
		parse = rtmp.ParseTarget
	}
	if raw == "" {
		raw, parse = f.address.url(), rtmp.ParseTarget
	}
	t, err := parse(raw)
	if err != nil && given != raw {
		return nil, &rtmp.URLError{Reason: unquoted("the first line of the file", raw, err)}
	} else if err != nil {
		return nil, err
	}
	if err := f.address.override(t); err != nil {
		return nil, err
	}
	if err := values.setUser(t, getenv); err != nil {
		return nil, err
	}
	c := &t.Session
	override(&c.App, values.app)
	override(&c.PlayPath, values.playPath)
	c.TcURL, c.PageURL, c.SWFURL, c.FlashVer = values.tcURL, values.pageURL, values.swfURL, values.flashVer
	c.Auth, c.Token = values.auth, values.token
	if c.SWFURL == "" || c.SWFURL == values.swf.url {
		c.SWFURL = values.swf.told()
	}
	if t.SWF, err = values.swf.player(); err != nil {
		return nil, err
	}
	if c.Extra, err = parseConn(values.conn); err != nil {
		return nil, err
	}
	if c.App == "" && c.PlayPath == "" {
		return nil, badUsage("the URL names no application and no stream; write them in it, or give --app and --playpath")
	}
	return t, nil
}

// unquoted says what is wrong with a text that was to be a URL, and that is not from
// the command line: it may be a key, or an error that has one in it, and is not shown.
func unquoted(what, text string, err error) string {
	reason := describe(err)
	if strings.Contains(reason, `"`) {
		reason = "that is no URL"
	}
	return fmt.Sprintf("%s (%d bytes): %s", what, len(text), reason)
}

// setUser sets whom to log in as: --user's user, or else the URL's; and the
// password that is given along with it, or else the environment's.
func (f *streamFlags) setUser(t *rtmp.Target, getenv func(string) string) error {
	if f.user != "" {
		t.User, t.Password, _ = strings.Cut(f.user, ":")
		if t.User == "" {
			return badUsage("--user has a password and no name")
		}
	}
	if t.User == "" || t.Password != "" {
		return nil
	}
	t.Password = getenv("RTMPULL_PASSWORD")
	return nil
}

func override(field *string, value string) {
	if value != "" {
		*field = value
	}
}
