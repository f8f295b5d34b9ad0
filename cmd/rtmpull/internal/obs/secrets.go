package obs

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

const (
	mask = "***"

	// shortest is how long a secret must be to be masked wherever it stands. Shorter
	// ones are parts of ordinary words, which would be full of holes.
	shortest = 4

	// shortestKey is that for the name of a stream that is published: shorter
	// ones are names, such as show, and stand in other places as well.
	shortestKey = 8
)

// A Mask hides what must not be shown. It may be used by many goroutines, and
// learn more while they do. A nil Mask hides nothing.
type Mask struct {
	mu    sync.Mutex // of Add
	first int        // how many secrets are MaskOf's
	known atomic.Pointer[known]
}

// known is what a Mask knows at one moment.
type known struct {
	secrets  secrets // in the order in which they were learned
	longest  secrets // the same, the longest first
	replacer *strings.Replacer
	short    []string // those that are masked only where they are all of a value
}

// maxLearned is how many secrets are remembered that came in the course of time: a
// stream whose URL is new for every connection has another one each time.
const maxLearned = 1000

// MaskOf hides the secrets of targets, also in what a server sends back of
// them: the password, the tokens, the texts of -C, and in their URLs and names
// passwords and the values of queries. A value of a query that is too short to be
// masked everywhere is masked behind its name. The name of a stream that is to be
// published is a secret as well, if it is as long as such keys are.
func MaskOf(targets ...*rtmp.Target) *Mask {
	m, k := new(Mask), new(known)
	for _, t := range targets {
		k.learn(t)
	}
	k.ready()
	m.first = len(k.secrets)
	m.known.Store(k)
	return m
}

// Add hides the secrets of another target from now on.
func (m *Mask) Add(t *rtmp.Target) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := new(known)
	if old := m.known.Load(); old != nil {
		k.secrets, k.short = slices.Clone(old.secrets), slices.Clone(old.short)
	}
	k.learn(t)
	k.ready()
	if extra := len(k.secrets) - m.first - maxLearned; extra > 0 {
		k.secrets = slices.Delete(k.secrets, m.first, m.first+extra)
		k.ready()
	}
	m.known.Store(k)
}

// ready makes the replacer of the secrets. Streams of one server have many in
// common. Of two that begin alike the longer one counts, or its end would be seen.
func (k *known) ready() {
	seen := make(map[string]bool)
	k.secrets = slices.DeleteFunc(k.secrets, func(p [2]string) bool {
		was := seen[p[0]]
		seen[p[0]] = true
		return was
	})
	k.longest = slices.Clone(k.secrets)
	slices.SortStableFunc(k.longest, func(a, b [2]string) int { return cmp.Compare(len(b[0]), len(a[0])) })
	pairs := make([]string, 0, 2*len(k.longest))
	for _, p := range k.longest {
		pairs = append(pairs, p[:]...)
	}
	k.replacer = strings.NewReplacer(pairs...)
}

// learn adds the secrets of a target.
func (k *known) learn(t *rtmp.Target) {
	c, s := &t.Session, &k.secrets
	texts := []string{t.Password, c.Auth, c.Token, c.UsherToken}
	for _, v := range c.Extra {
		texts = appendTexts(texts, v)
	}
	for _, text := range texts {
		s.add(text)
		if text != "" && len(text) < shortest && !slices.Contains(k.short, text) {
			k.short = append(k.short, text)
		}
	}
	if name, _, _ := strings.Cut(c.PlayPath, "?"); c.Role == session.Publish && len(name) >= shortestKey {
		s.add(name)
	}
	for _, text := range []string{c.App, c.PlayPath, c.TcURL, c.SWFURL, c.PageURL, c.Subscribe} {
		s.addPassword(text)
		path, query, _ := strings.Cut(text, "?")
		for part := range strings.SplitSeq(query, "&") {
			s.addPart(part)
		}
		// There are servers that want a query without a ?, as in show&token=abc.
		for _, part := range strings.Split(path, "&")[1:] {
			if strings.Contains(part, "=") {
				s.addPart(part)
			}
		}
	}
}

// now is what the Mask knows; nil: nothing.
func (m *Mask) now() *known {
	if m == nil {
		return nil
	}
	return m.known.Load()
}

// Text hides the secrets in a text.
func (m *Mask) Text(s string) string {
	k := m.now()
	if k == nil {
		return s
	}
	return k.text(s)
}

func (k *known) text(s string) string {
	return proofs.ReplaceAllString(k.replacer.Replace(k.cut(s)), "$1="+mask)
}

// proofs are what goes to and fro when a server asks for a password. With all of
// them passwords could be tried at leisure.
var proofs = regexp.MustCompile(`(?i)\b(salt|challenge|opaque|nonce|cnonce|response)=[^&\s]+`)

// cut hides the beginnings of secrets that a text was cut within, which package
// session does to what a server says.
func (k *known) cut(s string) string {
	const dots = "..."
	for end := strings.Index(s, dots); end >= 0; {
		rest := s[end:]
		for _, secret := range k.longest {
			for n := min(end, len(secret[0])); n >= shortest; n-- {
				if head, ok := strings.CutSuffix(s[:end], secret[0][:n]); ok {
					s, end = head+mask+rest, len(head)+len(mask)
					break
				}
			}
		}
		next := strings.Index(s[end+len(dots):], dots)
		if next < 0 {
			break
		}
		end += len(dots) + next
	}
	return s
}

// Format is amf.Format without secrets. They are hidden before that escapes and
// cuts texts, since what is left of a secret then would not be recognised.
func (m *Mask) Format(v amf.Value) string { return amf.Format(m.Value(v)) }

// Value is a value without the secrets in its texts.
func (m *Mask) Value(v amf.Value) amf.Value {
	k := m.now()
	if k == nil {
		return v
	}
	return k.value(v)
}

func (k *known) value(v amf.Value) amf.Value {
	switch v := v.(type) {
	case amf.String:
		if slices.Contains(k.short, string(v)) {
			return amf.String(mask)
		}
		return amf.String(k.text(string(v)))
	case amf.XML:
		return amf.XML(k.text(string(v)))
	case amf.StrictArray:
		masked := make(amf.StrictArray, len(v))
		for i := range v {
			masked[i] = k.value(v[i])
		}
		return masked
	case *amf.Object:
		if v == nil {
			return v
		}
		masked := *v
		masked.Properties = make([]amf.Property, len(v.Properties))
		for i, p := range v.Properties {
			masked.Properties[i] = amf.Property{Name: k.text(p.Name), Value: k.value(p.Value)}
		}
		return &masked
	}
	return v
}

// secrets are pairs: what is to be replaced, and by what.
type secrets [][2]string

func (s *secrets) add(text string) {
	if len(text) >= shortest {
		*s = append(*s, [2]string{text, mask})
	}
}

// addPart takes a part of a query, such as token=abc.
func (s *secrets) addPart(part string) {
	name, value, ok := strings.Cut(part, "=")
	if !ok {
		s.add(part)
		return
	}
	if value != "" {
		*s = append(*s, [2]string{part, name + "=" + mask})
	}
	s.add(value)
}

// addPassword takes the password out of scheme://user:password@host.
func (s *secrets) addPassword(url string) {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return
	}
	authority, _, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(authority, '@')
	user, password, ok := strings.Cut(authority[:max(i, 0)], ":")
	if ok && password != "" {
		*s = append(*s, [2]string{authority[:i+1], user + ":" + mask + "@"})
		s.add(password)
	}
}

// appendTexts appends the texts in what is added to connect. Some servers want
// the password there.
func appendTexts(dst []string, v amf.Value) []string {
	switch v := v.(type) {
	case amf.String:
		return append(dst, string(v))
	case *amf.Object:
		for _, p := range v.Properties {
			dst = appendTexts(dst, p.Value)
		}
	}
	return dst
}
