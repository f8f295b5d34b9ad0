package main

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/swf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
)

// swfFlags say which Flash player to be, for a server that lets no other in. Their
// letters are rtmpdump's.
type swfFlags struct {
	hash string
	size uint32
	url  string
	age  uint16

	fetched *handshake.SWF // what url came to; nil: it was not fetched
}

func (f *swfFlags) add(fs *pflag.FlagSet) {
	fs.StringVarP(&f.hash, "swfhash", "w", "", "`hash` of the player's SWF file in 64 hex digits, for a server that verifies it; with --swfsize")
	fs.Uint32VarP(&f.size, "swfsize", "x", 0, "size of the player's SWF file, decompressed, in `bytes`; with --swfhash")
	fs.StringVarP(&f.url, "swfVfy", "W", "", "`URL` of the player's SWF file, which is fetched for a server that verifies it, and told as swfUrl")
	fs.Uint16VarP(&f.age, "swfAge", "X", 30, "how many `days` a fetched player is remembered before its server is asked again; 0 asks always")
}

// player is what to tell a server that verifies the player; nil: nothing.
func (f *swfFlags) player() (*handshake.SWF, error) {
	switch {
	case f.hash == "" && f.size == 0:
		return f.fetched, nil
	case f.url != "":
		return nil, badUsage("--swfVfy excludes --swfhash and --swfsize")
	case f.hash == "" || f.size == 0:
		return nil, badUsage("--swfhash and --swfsize are given together")
	}
	hash, err := hex.DecodeString(f.hash)
	s := &handshake.SWF{Size: f.size}
	if err != nil || len(hash) != len(s.Hash) {
		return nil, badUsage("--swfhash: want %d hex digits", 2*len(s.Hash))
	}
	copy(s.Hash[:], hash)
	return s, nil
}

// told is the player's URL as the server is told it: without a user and a password,
// which are for the one that has the player.
func (f *swfFlags) told() string {
	scheme, rest, _ := strings.Cut(f.url, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		return scheme + "://" + rest[at+1:]
	}
	return f.url
}

// fetchPlayer gets the player of --swfVfy, if it is given, for targets and those that are made
// later. It goes the way of the streams: by their proxy, and trusting whom they trust. A
// player that is remembered and young enough costs no word on the network. warn is told
// what went wrong and does not matter.
func (f *streamFlags) fetchPlayer(ctx context.Context, client *rtmp.Client, warn func(error), targets ...*rtmp.Target) error {
	if f.swf.url == "" {
		return nil
	}
	url, err := f.secret(f.swf.url)
	if err != nil {
		return err
	}
	p, err := playerCache(client, warn).Get(ctx, url, time.Duration(f.swf.age)*24*time.Hour)
	if bad, ok := errors.AsType[*swf.Error](err); ok && bad.URL == "" {
		return &usageError{err}
	} else if err != nil {
		return err
	}
	f.swf.fetched = &p
	for _, t := range targets {
		if t != nil {
			t.SWF = f.swf.fetched
		}
	}
	return nil
}

// playerCache is where players are remembered: in the user's folder for what can be had
// again.
func playerCache(client *rtmp.Client, warn func(error)) *swf.Cache {
	tlsConfig := client.TLSConfig.Clone()
	tlsConfig.Certificates = nil // they are for the stream's server
	transport := &http.Transport{
		DialContext: client.DialContext, TLSClientConfig: tlsConfig, ForceAttemptHTTP2: true,
		DisableKeepAlives: true, // one player is all that is wanted
	}
	c := &swf.Cache{Client: swf.NewClient(&outward{RoundTripper: transport}), Warn: warn}
	if dir, err := os.UserCacheDir(); err == nil {
		c.Dir = filepath.Join(dir, "rtmpull", "swf")
	}
	return c
}

// An outward transport goes where it is told to; but where a server on the public internet
// leads to has to be on that too, as it is with streams. It is for one request at a time.
type outward struct {
	http.RoundTripper
	public bool // the last server was
}

func (o *outward) RoundTrip(ask *http.Request) (*http.Response, error) {
	led := ask.Response != nil // to this place, by that answer
	ctx := rtmp.PublicOnly(ask.Context(), led && o.public)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		o.public = led && o.public || rtmp.OnPublicInternet(got.Conn.RemoteAddr(), ask.URL.Hostname())
	}})
	return o.RoundTripper.RoundTrip(ask.WithContext(ctx))
}

// warner tells of what went wrong and does not matter.
func warner(out io.Writer, f *logFlags) func(error) {
	return func(err error) {
		if !f.quiet {
			complain(out, describe(err), "")
		}
	}
}
