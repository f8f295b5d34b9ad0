//go:build interop

package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A made is a command line that is made up.
type made struct {
	*rand.Rand
	args  []string
	names []string // of differences that it may come to
	media bool     // it may be played; or else there is no such stream
}

// An option is one of rtmpdump's, with values that it takes and some that it does not.
type option struct {
	letter, name string
	values       []string // none: it takes none
	junk         []string // by reading which the programs differ, by may
	may          string
	names        []string // of differences that it comes to whatever its value
	silent       bool     // it is for what is not played: what is recorded with it differs
}

// texts are values of options that take any.
var texts = []string{"x", "", "=x", "a b", "mine/app", "a/b?c=d", "a%20b", "-v", "--", "@none", `a\20b`, "ü", "rtmp://h/a", "mp4:v.mp4", "v.flv", "://", strings.Repeat("long", 60)}

var randomOptions = []option{
	{letter: "a", name: "app", values: texts},
	{letter: "y", name: "playpath", values: texts},
	{letter: "t", name: "tcUrl", values: texts},
	{letter: "p", name: "pageUrl", values: texts},
	{letter: "s", name: "swfUrl", values: texts},
	{letter: "f", name: "flashVer", values: texts},
	{letter: "u", name: "auth", values: texts},
	{letter: "d", name: "subscribe", values: texts},
	{letter: "j", name: "jtv", values: texts},
	{letter: "T", name: "token", values: texts},
	{letter: "Y", name: "playlist", names: []string{"set_playlist"}},
	{letter: "v", name: "live", names: []string{"live percent", "warned before"}},
	{letter: "R", name: "realtime", names: []string{"realtime line"}},
	{letter: "e", name: "resume"},
	{letter: "#", name: "hashes"},
	{letter: "q", name: "quiet"},
	{letter: "V", name: "verbose"},
	{letter: "z", name: "debug"},
	{letter: "k", name: "skip", values: []string{"0", "1", "7", "007"}, junk: []string{"-2", "x", "1x", "", "0x1"}, may: "R31"},
	{letter: "A", name: "start", values: []string{"0", "1", "0.5", ".25", "5.", "1e1", "007"}, junk: []string{"x", "-1", "1x", ""}, may: "R31", silent: true},
	{letter: "B", name: "stop", values: []string{"20", "20.5", "1e2", "300"}, junk: []string{"x", "-1", "1x", ""}, may: "R31", names: []string{"stop live"}, silent: true},
	{letter: "b", name: "buffer", values: []string{"1000", "36000001", "2147483647", "007", "010"}, junk: []string{"-5", "x", "1x", "", "1e3", "0x10"}, may: "R31"},
	{letter: "m", name: "timeout", values: []string{"0", "9", "30", "010"}, junk: []string{"x", "-1", "1x", ""}, may: "R31"},
	{letter: "x", name: "swfsize", values: []string{"1", "4711", "010"}, junk: []string{"0", "-1", "x", "", "0x10"}, may: "R31", names: []string{"warned before"}},
	{letter: "X", name: "swfAge", values: []string{"0", "30", "010"}, junk: []string{"-1", "x", "", "1x"}, may: "R31"},
	{letter: "l", name: "protocol", values: []string{"0", "9", "6", "-1", "00"}, names: []string{"help with it"}},
	{letter: "w", name: "swfhash", values: []string{strings.Repeat("0a", 32), strings.Repeat("FF", 32)}, names: []string{"warned before"}},
}

// counted are the options that count with -i as well.
var counted = map[string]bool{"Y": true, "R": true, "e": true, "#": true, "q": true, "V": true, "z": true, "k": true, "b": true}

// values of -C, which may follow one another.
var values = []string{"B:1", "B:0", "N:1.5", "N:-2", "N:1e3", "S:text", "S:", "S:a:b c", "Z:", "O:1|NS:a:b|O:0", "O:1|O:0", "O:1|NO:in:1|NN:x:5|O:0|NB:y:1|O:0", "B:2", "Z:x"}

var badValues = []string{"Q:1", "B", "S", "", "NN:a:1", "NS:a", "b:1", "NX:a:1", "O", ":", "NO:a:1"}

// pieces of paths.
var pieces = []string{"app", "show", "a", "b.flv", "v.mp4", "v.f4v", "v.mp3", "mp4:v.mp4", "mp4:x", "flv:v.flv", "mp3:v.mp3", "V.MP4", ".mp4", "x.flv.mp4", "ondemand", "a%20b", "%41", "a:b", "", "a b", "ü", "live", "_definst_", "é%C3%A9", "a+b", "a&b=c"}

var queries = []string{"?k=v", "?slist=foo", "?slist=foo/bar.mp4", "?auth=a&slist=mp4:x/y.mp4&z=1", "?a=b.mp4", "?", "?a?b", "?x=%2F", "?slist=v.flv", "?slist="}

// path is what a URL has behind the host's slash.
func (l *made) path() string {
	n := 2 + l.IntN(4)
	if l.IntN(8) == 0 {
		n = l.IntN(2)
	}
	list := make([]string, n)
	for i := range list {
		list[i] = l.one(pieces)
	}
	path := strings.Join(list, "/")
	if l.IntN(3) == 0 {
		path += l.one(queries)
	}
	if _, query, _ := strings.Cut(path, "?"); strings.Contains(query, "/") {
		l.names = append(l.names, "query")
	}
	return path
}

func (l *made) one(list []string) string { return list[l.IntN(len(list))] }

// add writes an option in one of the ways that there are.
func (l *made) add(letter, name string, value ...string) {
	short := name
	for len(short) > 1 && l.IntN(2) == 0 && unambiguous(short[:len(short)-1]) {
		short = short[:len(short)-1]
	}
	if len(value) == 0 {
		l.args = append(l.args, [...]string{"-" + letter, "--" + name, "--" + short}[l.IntN(3)])
		return
	}
	switch way := l.IntN(6); {
	case way == 0 && value[0] != "":
		l.args = append(l.args, "-"+letter+value[0])
	case way == 1:
		l.args = append(l.args, "--"+name+"="+value[0])
	case way == 2:
		l.args = append(l.args, "--"+short, value[0])
	case way == 3:
		l.args = append(l.args, "--"+name, value[0])
	default:
		l.args = append(l.args, "-"+letter, value[0])
	}
}

var longNames = []string{"rtmp", "url", "host", "port", "socks", "conn", "swfVfy", "flv", "help"}

func unambiguous(begin string) bool {
	n := 0
	count := func(name string) {
		if strings.HasPrefix(name, begin) {
			n++
		}
	}
	for _, o := range randomOptions {
		count(o.name)
	}
	for _, name := range longNames {
		count(name)
	}
	return n == 1
}

// newLine makes up a command line, the same one for a seed. In it are the words of
// row.args.
func newLine(seed uint64) *made {
	l := &made{Rand: rand.New(rand.NewPCG(seed, 0)), media: true}
	var parts [][]string
	part := func(write func()) {
		l.args = nil
		write()
		parts = append(parts, l.args)
	}
	listed := false // by -i
	switch l.IntN(8) {
	case 0:
		listed = true
		part(l.options)
	case 1:
		l.names = append(l.names, "one complaint")
		part(func() { l.add("n", "host", "{H}") })
		part(func() { l.add("c", "port", "{P}") })
		part(func() { l.add("a", "app", l.one(texts)) })
		part(func() { l.add("y", "playpath", l.one(texts)) })
	case 2:
		part(func() { l.add("r", "rtmp", "{R}/"+l.path()) })
		part(func() { l.add("r", "rtmp", "{R}/"+l.path()) })
	case 3:
		part(func() { l.add("r", "rtmp", "{R}/app/show") })
	default:
		part(func() { l.add("r", "rtmp", "{R}/"+l.path()) })
	}
	part(func() { l.add("o", "flv", "{O}") })
	for range l.IntN(6) {
		o := &randomOptions[l.IntN(len(randomOptions))]
		l.names = append(l.names, o.names...)
		if listed && !counted[o.letter] {
			l.names = append(l.names, "R21 others")
		}
		l.media = l.media && !o.silent
		part(func() {
			switch {
			case o.values == nil:
				l.add(o.letter, o.name)
			case o.junk != nil && l.IntN(12) == 0:
				l.names = append(l.names, o.may)
				l.add(o.letter, o.name, l.one(o.junk))
			default:
				l.add(o.letter, o.name, l.one(o.values))
			}
		})
	}
	if l.IntN(5) == 0 {
		part(func() {
			for range 1 + l.IntN(3) {
				for _, v := range strings.Split(l.one(values), "|") {
					l.add("C", "conn", v)
				}
			}
		})
	}
	switch l.IntN(25) {
	case 0:
		l.names = append(l.names, "-C unsaid")
		part(func() { l.add("C", "conn", l.one(badValues)) })
	case 1:
		l.names = append(l.names, "wrong usage")
		part(func() {
			l.args = []string{l.one([]string{"--nosuch", "-Q", "--live=0", "-v=1", "--pla", "--sw=1", "-=", "--quiet=", "--=x"})}
		})
	case 2:
		l.names = append(l.names, "help when quiet")
		part(func() { l.add("h", "help") })
	case 3, 4:
		l.names = append(l.names, "bare words")
		part(func() { l.args = []string{l.one([]string{"word", "-", "", "a=b", "rtmp://h/a/b"})} })
	}
	l.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	l.args = nil
	for _, p := range parts {
		l.args = append(l.args, p...)
	}
	switch l.IntN(40) {
	case 0:
		l.names = append(l.names, "bare words", "-q behind --")
		l.args = append(l.args, "--", l.one([]string{"-v", "word", "-q", "--"}))
	case 1:
		l.names = append(l.names, "wrong usage", "help with it")
		l.args = append(l.args, l.one([]string{"-y", "--rtmp", "-vC", "--conn"}))
	}
	return l
}

// options is -i, with options behind the URL.
func (l *made) options() {
	l.names = append(l.names, "R21 flashVer", "R21 live", "R21 buffer", "one complaint")
	path := strings.ReplaceAll(l.path(), " ", "_")
	if !strings.Contains(path, "/") || strings.HasSuffix(path, "/") || strings.Contains(path, "slist=") {
		l.names = append(l.names, "-i no name")
	}
	text := "{R}/" + path
	words := []string{"x", "a\\20b", "", "mp4:v", "\\5cx", "a=b", "\\41", "\\C3\\a9"}
	for i := range l.IntN(5) {
		key := l.one([]string{"app", "tcUrl", "pageUrl", "swfUrl", "flashver", "playpath", "subscribe", "jtv", "token", "conn", "live", "playlist", "start", "stop", "buffer", "timeout", "swfAge"})
		value := l.one(words)
		switch key {
		case "conn":
			value = l.one([]string{"S:a", "B:1", "N:1.5", "Z:", "S:a\\20b", "S:\\5c"})
		case "live", "playlist":
			value = l.one([]string{"1", "0", "yes", "ON", "True", "no", "off"})
			if key == "playlist" {
				l.names = append(l.names, "set_playlist")
			}
			l.names = append(l.names, "live percent")
		case "playpath":
			if value == "" {
				l.names = append(l.names, "-i no name")
			}
		case "start", "stop", "buffer", "timeout", "swfAge":
			value = l.one([]string{"0", "10", "0x10", "010", "3000"})
			l.names, l.media = append(l.names, "stop live", "already"), false
		}
		if l.IntN(3) == 0 {
			key = strings.ToUpper(key)
		}
		space := strings.Repeat(" ", 1+l.IntN(2))
		if i == 0 && space == "  " {
			l.names = append(l.names, "-i spaces")
		}
		text += space + key + "=" + value
	}
	switch l.IntN(15) {
	case 0:
		l.names = append(l.names, "-i escapes")
		text += l.one([]string{" foo=1", " app=x\\2", " app=\\zz", " =x"})
	case 1:
		l.names = append(l.names, "-i words")
		text += " word"
	}
	l.add("i", "url", text)
}

func (l *made) String() string {
	text := make([]string, len(l.args))
	for i, a := range l.args {
		text[i] = a
		if a == "" || strings.ContainsAny(a, " '\\?&#*") {
			text[i] = fmt.Sprintf("%q", a)
		}
	}
	return strings.Join(text, " ")
}
