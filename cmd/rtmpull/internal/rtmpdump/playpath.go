package rtmpdump

import (
	"strings"
)

// ProcessPlayPath makes the name to ask for of what a URL has behind its
// application:
//
//   - of ?...slist=name&... it is that name
//   - name.mp4 and name.f4v become mp4:name, name.mp3 becomes mp3:name, and name.flv
//     becomes name. A name that has the prefix stays, and so does an ending in other
//     letters, as .MP4; and .flv of a slist
//   - %XX is decoded. What is no such escape stays
//
// The ending is that before the first ?, and the query is kept. A name that is given
// by itself, with -y, is none of this function's.
func ProcessPlayPath(s string) string {
	list := false
	if query, ok := strings.CutPrefix(s, "?"); ok {
		if _, name, ok := strings.Cut(query, "slist="); ok {
			s, _, _ = strings.Cut(name, "&")
			list = true
		}
	}
	name, query := s, ""
	if i := strings.IndexByte(s, '?'); i >= 0 {
		name, query = s[:i], s[i:]
	}
	prefix := ""
	if len(name) >= 4 {
		bare, ending := name[:len(name)-4], name[len(name)-4:]
		switch {
		case ending == ".mp4", ending == ".f4v":
			prefix = "mp4:"
		case ending == ".mp3":
			prefix = "mp3:"
		case ending == ".flv" && !list:
			name = bare
		}
		if prefix != "" && strings.HasPrefix(name, prefix) {
			prefix = ""
		} else if prefix != "" {
			name = bare
		}
	}
	return unescape(prefix + name + query)
}

// unescape decodes %XX, and leaves what is not that.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if c, ok := hexByte(s[i+1:]); ok {
				b = append(b, c)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// hexByte reads the two hexadecimal digits that a text begins with.
func hexByte(s string) (_ byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	high, ok1 := hexDigit(s[0])
	low, ok2 := hexDigit(s[1])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (_ byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
