package main

import (
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/ncruces/go-strftime"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// defaultName is the output's name when none is given.
const defaultName = "{stream}-%Y%m%d-%H%M%S.flv"

// expandName fills in an output's name: strftime's directives, and {stream},
// {app} and {host}. What the server or the URL brings in is made safe, and never
// names a folder.
func expandName(template string, t *rtmp.Target, now time.Time) (string, error) {
	stream, _, _ := strings.Cut(t.Session.PlayPath, "?")
	app, _, _ := strings.Cut(t.Session.App, "?")
	if stream == "" {
		stream = app
	}
	if stream == "" {
		stream = t.Host
	}
	fields := map[string]string{"stream": stream, "app": app, "host": t.Host}
	var b strings.Builder
	for rest := template; rest != ""; {
		text, after, found := strings.Cut(rest, "{")
		b.WriteString(strftime.Format(text, now))
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return "", badUsage("the output's name has a { without its }")
		}
		value, known := fields[name]
		if !known {
			return "", badUsage("the output's name has an unknown {%s}; {stream}, {app} and {host} are known", name)
		}
		b.WriteString(safeName(value))
		rest = tail
	}
	return filepath.Clean(b.String()), nil
}

// safeName makes a part of a file's name out of anything.
func safeName(s string) string {
	const longest = 100 // bytes; a name may have 255 in all
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|%`, r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, s)
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	if s = strings.TrimLeft(s, ". "); s == "" {
		return "stream"
	}
	return s
}
