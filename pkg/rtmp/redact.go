package rtmp

import (
	"strings"

	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// Redacted is the stream's URL without its secrets. Of a stream that is to be
// published the name is a secret too: whoever knows it may publish in our place.
func (t *Target) Redacted() string {
	shown := *t
	if t.Session.Role == session.Publish {
		shown.Session.PlayPath = mask
	}
	return Redact(shown.String())
}

// mask stands where a secret was.
const mask = "***"

// Redact masks what is likely to be a secret in a URL, or in a part of one: the
// password, and the values of the query. Values behind & are masked without a ? as
// well: some servers take show&token=abc for a stream's name.
func Redact(s string) string {
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		s = scheme + "://" + redactPassword(rest[:end]) + rest[end:]
	} else {
		s = redactPassword(s)
	}
	path, query, hasQuery := strings.Cut(s, "?")
	// Values end at the next &; a last slash may begin the stream's name, which
	// is no more told than the rest.
	parts := strings.Split(path, "&")
	for i, part := range parts[1:] {
		if name, value, ok := strings.Cut(part, "="); ok && value != "" {
			parts[1+i] = name + "=" + mask
		}
	}
	path = strings.Join(parts, "&")
	if !hasQuery {
		return path
	}
	parts = strings.Split(query, "&")
	for i, part := range parts {
		if name, value, ok := strings.Cut(part, "="); ok && value != "" {
			parts[i] = name + "=" + mask
		} else if !ok && part != "" {
			parts[i] = mask
		}
	}
	return path + "?" + strings.Join(parts, "&")
}

// redactPassword masks the password of user:password@host.
func redactPassword(s string) string {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return s
	}
	user, _, hasPassword := strings.Cut(s[:i], ":")
	if hasPassword {
		user += ":" + mask
	}
	return user + s[i:]
}
