package swf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A Cache remembers players by their URLs, in one small file for each. Any number of
// processes may share its folder.
type Cache struct {
	Dir    string       // the folder, which is made when it is needed; "": nothing is remembered
	Client *http.Client // that fetches; it may follow what redirections it likes

	// Warn, if there is one, is told what went wrong and did not matter: a player
	// that could not be asked for and is remembered, and one that cannot be
	// remembered.
	Warn func(err error)
}

// Get returns the player that a URL stands for. One that the server was asked about less
// than maxAge ago comes from the cache, without a word on the network; about an older one
// the server is asked, and it is fetched if it has changed. If that fails, the one in the
// cache is used, and Warn is told. The error is an *Error, or the cause of ctx.
func (c *Cache) Get(ctx context.Context, url string, maxAge time.Duration) (Player, error) {
	u, err := parse(url)
	if err != nil {
		return Player{}, &Error{err: err}
	}
	name := c.name(u.String())
	old := read(name)
	if age := time.Since(old.Checked); old.known() && age >= 0 && age < maxAge {
		return old.player(), nil
	}
	fresh, err := fetch(ctx, c.Client, u, old)
	switch {
	case ctx.Err() != nil:
		return Player{}, context.Cause(ctx)
	case err != nil && old.known():
		c.warn(&Error{URL: shown(u), Stale: true, err: err})
		return old.player(), nil
	case err != nil:
		return Player{}, &Error{URL: shown(u), err: err}
	}
	fresh.URL = shown(u)
	if err := write(name, fresh); err != nil {
		c.warn(err)
	}
	return fresh.player(), nil
}

func (c *Cache) warn(err error) {
	if c.Warn != nil {
		c.Warn(err)
	}
}

// name is the file in which a player is remembered; "": none. All of the URL counts:
// players of one name in other places are others, and so may be those of another
// query.
func (c *Cache) name(url string) string {
	if c.Dir == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(url))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:])+".json")
}

// read gives what a file remembers: the zero entry, if there is no file or it is damaged.
func read(name string) entry {
	if name == "" {
		return entry{}
	}
	f, err := os.Open(name)
	if err != nil {
		return entry{}
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, mostEntry))
	if err != nil {
		return entry{}
	}
	return decode(b)
}

// write has a file remember a player. Whoever reads it meanwhile finds the old or the
// new one, and of several writers one is the last.
func write(name string, e entry) (err error) {
	if name == "" {
		return nil
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(e.encode())
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
