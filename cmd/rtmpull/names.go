package main

import (
	"cmp"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ncruces/go-strftime"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// defaultName is the output's name when none is given.
const defaultName = "{stream}-%Y%m%d-%H%M%S.flv"

// A nameTemplate is an output's name with strftime's directives and fields:
// {stream}, {app}, {host} and {port} of the target, and {seq}, a file's number among those
// of a recording, from 1 on. {seq:5} has five digits at least.
type nameTemplate []namePart

// A namePart is a text with directives, or a field.
type namePart struct {
	text  string
	field string // "": a text
	width int    // of seq
}

const maxSeqWidth = 20

// parseName reads a template.
func parseName(s string) (nameTemplate, error) {
	var t nameTemplate
	for rest := s; rest != ""; {
		text, after, found := strings.Cut(rest, "{")
		if text != "" {
			t = append(t, namePart{text: text})
		}
		if !found {
			break
		}
		field, tail, closed := strings.Cut(after, "}")
		if !closed {
			return nil, badUsage("the output's name has a { without its }")
		}
		part, err := parseField(field)
		if err != nil {
			return nil, err
		}
		t = append(t, part)
		rest = tail
	}
	return t, nil
}

func parseField(s string) (namePart, error) {
	switch s {
	case "stream", "app", "host", "port", "seq":
		return namePart{field: s}, nil
	}
	if digits, ok := strings.CutPrefix(s, "seq:"); ok {
		width, err := strconv.Atoi(digits)
		if err != nil || width < 1 || width > maxSeqWidth {
			return namePart{}, badUsage("the output's name has {%s}; the number of digits is 1 to %d, as in {seq:3}", s, maxSeqWidth)
		}
		return namePart{field: "seq", width: width}, nil
	}
	return namePart{}, badUsage("the output's name has an unknown {%s}; {stream}, {app}, {host}, {port} and {seq} are known", s)
}

// expand fills in the template for the file with number seq. What the server or
// the URL brings in is made safe, and never names a folder.
func (t nameTemplate) expand(target *rtmp.Target, now time.Time, seq int) string {
	var b strings.Builder
	for _, p := range t {
		switch p.field {
		case "":
			b.WriteString(strftime.Format(p.text, now))
		case "seq":
			n := strconv.Itoa(seq)
			b.WriteString(strings.Repeat("0", max(0, p.width-len(n))) + n)
		default:
			b.WriteString(fieldValue(p.field, target))
		}
	}
	return filepath.Clean(b.String())
}

// fieldValue is what a target has for a field, made safe.
func fieldValue(field string, t *rtmp.Target) string { return safeName(rawField(field, t)) }

func rawField(field string, t *rtmp.Target) string {
	stream, _, _ := strings.Cut(t.Session.PlayPath, "?")
	app, _, _ := strings.Cut(t.Session.App, "?")
	switch field {
	case "app":
		return app
	case "port":
		_, port, _ := net.SplitHostPort(t.Address())
		return port
	case "host":
		return t.Host
	}
	return cmp.Or(stream, app, t.Host)
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
