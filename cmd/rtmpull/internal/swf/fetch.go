package swf

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	// fetchTimeout is for all of a fetch, redirections and the player.
	fetchTimeout = 30 * time.Second

	// answerTimeout is for the answer to begin, where there is a player to go on with:
	// a live stream does not wait.
	answerTimeout = 5 * time.Second

	maxRedirects = 5
	mostHeader   = 1024 // bytes of a value that is sent back to the server
)

// An Error tells why there is no player, or Stale: why it is one from memory.
type Error struct {
	URL   string // without user and query; "": what was given is no URL of a player
	Stale bool
	err   error
}

func (e *Error) Error() string {
	switch {
	case e.URL == "":
		return fmt.Sprintf("swf: %v", e.err)
	case e.Stale:
		return fmt.Sprintf("swf: %s could not be asked for, and is taken from memory: %v", e.URL, e.err)
	}
	return fmt.Sprintf("swf: cannot fetch %s: %v", e.URL, e.err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// A StatusError is the HTTP status of an answer that is no player: neither 200 nor 304.
type StatusError int

func (e StatusError) Error() string {
	if text := http.StatusText(int(e)); text != "" {
		return fmt.Sprintf("the answer is %d %s", int(e), text)
	}
	return fmt.Sprintf("the answer is %d", int(e))
}

var errURL = errors.New("a player's URL begins with http:// or https://")

// parse reads the URL of a player, without the fragment, which is not the server's.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errURL
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// shown is a URL without what may be secret.
func shown(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// NewClient is a client for a Cache. It follows few redirections, none of them from
// https to http, and is told by no variable of the environment to use a proxy:
// transport is what connects.
func NewClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("it leads to more than %d places", maxRedirects)
		case to.URL.Scheme != "http" && to.URL.Scheme != "https":
			return errors.New("it leads to what is not the web")
		case via[len(via)-1].URL.Scheme == "https" && to.URL.Scheme != "https":
			return errors.New("https must not lead to http")
		}
		return nil
	}}
}

// fetch asks for a player, if it is not the old one still.
func fetch(ctx context.Context, client *http.Client, u *url.URL, old entry) (entry, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, fetchTimeout, slowError(fetchTimeout))
	defer cancel()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	patience := fetchTimeout
	if old.known() {
		patience = answerTimeout
	}
	silent := time.AfterFunc(patience, func() { giveUp(slowError(patience)) })
	defer silent.Stop()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return entry{}, errURL
	}
	// Servers that give their player to nobody else's page look at these.
	ask.Header.Set("User-Agent", "Mozilla/5.0 (compatible; rtmpull)")
	ask.Header.Set("Referer", u.Scheme+"://"+u.Host+"/")
	if old.known() && old.Modified != "" {
		ask.Header.Set("If-Modified-Since", old.Modified)
	}
	if old.known() && old.ETag != "" {
		ask.Header.Set("If-None-Match", old.ETag)
	}
	answer, err := client.Do(ask)
	silent.Stop()
	if err != nil {
		return entry{}, plainly(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	switch {
	case answer.StatusCode == http.StatusNotModified && old.known():
		old.Checked = time.Now().UTC()
		return old, nil
	case answer.StatusCode != http.StatusOK:
		return entry{}, StatusError(answer.StatusCode)
	}
	p, err := Sum(answer.Body)
	if err != nil {
		return entry{}, plainly(ctx, err)
	}
	return entry{
		Checked:  time.Now().UTC(),
		Modified: short(answer.Header.Get("Last-Modified")), ETag: short(answer.Header.Get("ETag")),
		Size: p.Size, Hash: fmt.Sprintf("%x", p.Hash),
	}, nil
}

// short is a value of a header, if it is one to be kept.
func short(value string) string {
	if len(value) > mostHeader {
		return ""
	}
	return value
}

// A slowError is a server that takes longer than that.
type slowError time.Duration

func (e slowError) Error() string { return fmt.Sprintf("it takes longer than %v", time.Duration(e)) }

// plainly takes the URL off an error, which may have secrets in it, and names the
// time-out.
func plainly(ctx context.Context, err error) error {
	if slow, ok := errors.AsType[slowError](context.Cause(ctx)); ok {
		return slow
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
