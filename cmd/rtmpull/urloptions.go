package main

import (
	"math"
	"strings"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/rtmpdump"
)

// unfold reads the URL of --url and the options behind it. Each of them counts where
// its flag is not given. given tells which flags are.
func (f *sourceFlags) unfold(network *networkFlags, given func(flag string) bool) error {
	if f.options == "" {
		return nil
	}
	if f.url != "" {
		return badUsage("the URL is given twice: with --rtmp and with --url")
	}
	text, err := f.secret(f.options)
	if err != nil {
		return err
	}
	url, list, err := rtmpdump.ParseOptions(text)
	if err != nil {
		return badUsage("--url: %w", err)
	}
	if strings.HasPrefix(url, "@") {
		return badUsage("--url: the URL has no scheme such as rtmp://")
	}
	o, err := rtmpdump.Read(list)
	if err != nil {
		return badUsage("--url: %w", err)
	}
	// From here on @ begins no name of a file: what is behind a URL may be anybody's.
	if err := f.readSecrets(); err != nil {
		return err
	}
	if f.usherToken, err = f.secret(f.usherToken); err != nil {
		return err
	}
	f.verbatim = true
	fill := func(field *string, flag string, value *string) {
		if value != nil && !given(flag) {
			*field = *value
		}
	}
	fill(&f.app, "app", o.App)
	fill(&f.tcURL, "tcUrl", o.TcURL)
	fill(&f.pageURL, "pageUrl", o.PageURL)
	fill(&f.swfURL, "swfUrl", o.SWFURL)
	if o.SWFVerify != nil && *o.SWFVerify && !given("swfVfy") {
		if f.swfURL == "" {
			return badUsage("--url: swfVfy: the player's URL is wanted, as swfUrl")
		}
		f.swf.url = f.swfURL
	}
	if o.SWFAge != nil && !given("swfAge") {
		f.swf.age = uint16(min(max(*o.SWFAge, 0), math.MaxUint16))
	}
	fill(&f.flashVer, "flashVer", o.FlashVer)
	fill(&f.playPath, "playpath", o.PlayPath)
	fill(&f.subscribe, "subscribe", o.Subscribe)
	fill(&f.usherToken, "jtv", o.UsherToken)
	fill(&f.token, "token", o.Token)
	fill(&network.socks, "socks", o.Socks)
	if o.User != nil && !given("user") {
		f.user = *o.User
		if o.Password != nil {
			f.user += ":" + *o.Password
		}
	}
	f.conn = append(f.conn, o.Conn...) // in this order they are sent by rtmpdump as well
	f.playlist = f.playlist || o.Playlist != nil && *o.Playlist
	f.live = f.live || o.Live != nil && *o.Live
	span := func(field *durationValue, flag string, value *time.Duration) {
		if value != nil && !given(flag) {
			*field = durationValue(*value)
		}
	}
	span(&f.start, "start", o.Start)
	span(&f.stop, "stop", o.Stop)
	if o.Buffer != nil && !given("buffer") {
		f.buffer = uint32(o.Buffer.Milliseconds())
	}
	if o.Timeout != nil && *o.Timeout == 0 && !network.endless {
		return badUsage("--url: timeout: must be longer than 0")
	}
	span(&network.silence, "timeout", o.Timeout)
	f.url, f.options = url, ""
	return nil
}
