package rtmpdump

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Option is one key=value behind a URL. Its key is spelt as in the list of
// keys, and in the value escapes are decoded.
type Option struct{ Key, Value string }

// Options are what the key=value behind a URL come to. What was not given is nil.
type Options struct {
	Socks, App, TcURL, PageURL, SWFURL, FlashVer *string
	PlayPath, Subscribe                          *string
	UsherToken, Token                            *string // jtv and token
	User, Password                               *string // pubUser and pubPasswd
	Conn                                         []string
	Playlist, Live, SWFVerify                    *bool
	SWFAge                                       *int // days
	Start, Stop, Buffer, Timeout                 *time.Duration
}

// optionKeys are the keys and how their values are read.
var optionKeys = []struct {
	key string
	set func(o *Options, value string) error
}{
	{"socks", text(func(o *Options) **string { return &o.Socks })},
	{"app", text(func(o *Options) **string { return &o.App })},
	{"tcUrl", text(func(o *Options) **string { return &o.TcURL })},
	{"pageUrl", text(func(o *Options) **string { return &o.PageURL })},
	{"swfUrl", text(func(o *Options) **string { return &o.SWFURL })},
	{"flashver", text(func(o *Options) **string { return &o.FlashVer })},
	{"conn", func(o *Options, value string) error {
		o.Conn = append(o.Conn, value)
		return nil
	}},
	{"playpath", text(func(o *Options) **string { return &o.PlayPath })},
	{"playlist", boolean(func(o *Options) **bool { return &o.Playlist })},
	{"live", boolean(func(o *Options) **bool { return &o.Live })},
	{"subscribe", text(func(o *Options) **string { return &o.Subscribe })},
	{"jtv", text(func(o *Options) **string { return &o.UsherToken })},
	{"token", text(func(o *Options) **string { return &o.Token })},
	{"swfVfy", boolean(func(o *Options) **bool { return &o.SWFVerify })},
	{"swfAge", func(o *Options, value string) error {
		n, err := number(value)
		o.SWFAge = new(int(n))
		return err
	}},
	{"start", duration(time.Millisecond, func(o *Options) **time.Duration { return &o.Start })},
	{"stop", duration(time.Millisecond, func(o *Options) **time.Duration { return &o.Stop })},
	{"buffer", duration(time.Millisecond, func(o *Options) **time.Duration { return &o.Buffer })},
	{"timeout", duration(time.Second, func(o *Options) **time.Duration { return &o.Timeout })},
	{"pubUser", text(func(o *Options) **string { return &o.User })},
	{"pubPasswd", text(func(o *Options) **string { return &o.Password })},
}

func text(field func(*Options) **string) func(*Options, string) error {
	return func(o *Options, value string) error {
		*field(o) = &value
		return nil
	}
}

// boolean takes what rtmpdump takes for true, and the opposites of it. What is
// neither leaves an option unset there, which nobody is told of.
func boolean(field func(*Options) **bool) func(*Options, string) error {
	return func(o *Options, value string) error {
		v := slices.Contains([]string{"1", "on", "yes", "true"}, strings.ToLower(value))
		if !v && !slices.Contains([]string{"0", "off", "no", "false"}, strings.ToLower(value)) {
			return errors.New("write 1, on, yes or true; or 0, off, no or false")
		}
		*field(o) = &v
		return nil
	}
}

func duration(unit time.Duration, field func(*Options) **time.Duration) func(*Options, string) error {
	return func(o *Options, value string) error {
		n, err := number(value)
		*field(o) = new(time.Duration(n) * unit)
		return err
	}
}

// number reads a whole number: 0x10 is 16, and so is 020. Space around it, such as the
// end of the line that it was read from, does not count.
func number(s string) (int64, error) {
	s = strings.TrimSpace(s)
	digits, base := s, 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		digits, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		digits, base = s[1:], 8
	}
	n, err := strconv.ParseUint(digits, base, 63)
	switch {
	case err == nil && n <= math.MaxInt32:
		return int64(n), nil
	case base == 8:
		return 0, fmt.Errorf("%q is no number; one that begins with 0 is octal", s)
	case err == nil || strings.Trim(digits, "0123456789") == "" && digits != "":
		return 0, fmt.Errorf("%s is too large", s)
	}
	return 0, fmt.Errorf("%q is no whole number", s)
}

// ParseOptions reads a URL that has key=value behind it, apart by spaces, as -i
// takes it. Keys may be written in any case. In values \20 stands for a space, \5c
// for a backslash, and any other byte may be written so. Values are not looked at;
// Read does that.
//
// What rtmpdump passes over in silence is an error: words without a =, from which
// on it reads nothing more.
func ParseOptions(s string) (url string, options []Option, err error) {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' })
	if len(words) == 0 {
		return "", nil, errors.New("there is no URL")
	}
	for i, word := range words[1:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok { // it may be the half of a secret, and is not shown
			after := "the URL"
			if i > 0 {
				after = options[i-1].Key
			}
			return "", nil, fmt.Errorf("the word behind %s has no =; in a value a space is written \\20", after)
		}
		at := findKey(key)
		if at < 0 {
			return "", nil, fmt.Errorf("%.40q is no option of a URL; %s are", key, keyList())
		}
		key = optionKeys[at].key
		if value, err = decode(value); err != nil {
			return "", nil, fmt.Errorf("%s: %w", key, err)
		}
		options = append(options, Option{key, value})
	}
	return words[0], options, nil
}

// HasOptions tells whether a URL, which may have spaces in it, seems to have options
// behind it.
func HasOptions(url string) bool {
	words := strings.Fields(url)
	if len(words) < 2 {
		return false
	}
	key, _, ok := strings.Cut(words[1], "=")
	return ok && findKey(key) >= 0
}

func findKey(key string) int {
	for i := range optionKeys {
		if strings.EqualFold(optionKeys[i].key, key) {
			return i
		}
	}
	return -1
}

func keyList() string {
	list := make([]string, len(optionKeys))
	for i := range optionKeys {
		list[i] = optionKeys[i].key
	}
	return words(list)
}

// decode replaces the escapes of a value.
func decode(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		c, ok := hexByte(s[i+1:])
		if !ok {
			what := "is none"
			if len(s)-i < len(`\xx`) {
				what = "is cut short"
			}
			return "", fmt.Errorf(`the escape at byte %d of the value %s; it has two hexadecimal digits, and a backslash is written \5c`, i+1, what)
		}
		b = append(b, c)
		i += 2
	}
	return string(b), nil
}

// Read reads the values of options. Of two of one key the last one counts, but all
// of conn do. Whether times fit together is not looked at.
//
// Numbers are whole and not negative. Those that begin with 0x are hexadecimal and
// those that begin with 0 octal, as for rtmpdump, and other than there nothing may
// follow them. start, stop and buffer are in ms, timeout is in seconds and swfAge in
// days.
func Read(options []Option) (o Options, err error) {
	for _, option := range options {
		i := findKey(option.Key)
		if i < 0 {
			return Options{}, fmt.Errorf("%.40q is no option of a URL; %s are", option.Key, keyList())
		}
		if err := optionKeys[i].set(&o, option.Value); err != nil {
			if option.Key == "swfVfy" && strings.Contains(option.Value, "://") {
				err = errors.New("the player's URL is swfUrl's; swfVfy is 1 or 0")
			}
			return Options{}, fmt.Errorf("%s: %w", option.Key, err)
		}
	}
	return o, nil
}
