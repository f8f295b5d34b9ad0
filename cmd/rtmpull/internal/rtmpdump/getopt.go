package rtmpdump

import (
	"fmt"
	"strings"
)

// A Flag is an option that a command line may have.
type Flag struct {
	Name   string
	Letter string // empty: it has none
	Value  bool   // it takes one, which is the next word if it is not attached

	// More is for what rtmpdump does not have: it cannot be cut short, and one
	// without a value may have one behind a =.
	More bool
}

// A Given is an option that a command line has.
type Given struct {
	*Flag
	Text string // the value; empty if it has none
}

// Getopt reads a command line as getopt_long does for rtmpdump. Letters may stand
// behind one -, and what is behind a letter that takes a value is that value, with
// its = if it has one. A long name may be cut short as long as only one begins so.
// Options may follow words that are none; behind -- there are only such words.
//
// What is wrong ends it. The options before that are returned as well.
//
// Package pflag reads words otherwise: it takes the = off -o=x, has values for
// options without one, as in --live=0 and -v=1, and knows no names that are cut short.
func Getopt(args []string, flags []Flag) (given []Given, words []string, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			return given, append(words, args...), nil
		case strings.HasPrefix(word, "--"):
			name, value, attached := strings.Cut(word[2:], "=")
			flag, err := byName(name, flags)
			switch {
			case err != nil:
				return given, words, err
			case attached && !flag.Value && !flag.More:
				return given, words, fmt.Errorf("--%s takes no value", flag.Name)
			case flag.Value && !attached:
				if len(args) == 0 {
					return given, words, fmt.Errorf("--%s wants a value", flag.Name)
				}
				value, args = args[0], args[1:]
			}
			given = append(given, Given{flag, value})
		case len(word) > 1 && word[0] == '-':
			for rest := word[1:]; rest != ""; {
				flag := byLetter(rest[:1], flags)
				if flag == nil {
					return given, words, fmt.Errorf("unknown option: -%s", clean(rest[:1]))
				}
				rest = rest[1:]
				value := ""
				if flag.Value && rest == "" {
					if len(args) == 0 {
						return given, words, fmt.Errorf("--%s wants a value", flag.Name)
					}
					rest, args = args[0], args[1:]
				}
				if flag.Value {
					value, rest = rest, ""
				}
				given = append(given, Given{flag, value})
			}
		default:
			words = append(words, word)
		}
	}
	return given, words, nil
}

// byName finds an option by its name, or by the beginning of it.
func byName(name string, flags []Flag) (*Flag, error) {
	var like []*Flag
	for i := range flags {
		switch f := &flags[i]; {
		case f.Name == name:
			return f, nil
		case !f.More && strings.HasPrefix(f.Name, name):
			like = append(like, f)
		}
	}
	switch len(like) {
	case 0:
		return nil, fmt.Errorf("unknown option: --%s", clean(name))
	case 1:
		return like[0], nil
	}
	names := make([]string, len(like))
	for i, f := range like {
		names[i] = "--" + f.Name
	}
	return nil, fmt.Errorf("--%s may be %s", name, strings.Join(names, ", "))
}

func byLetter(letter string, flags []Flag) *Flag {
	for i := range flags {
		if flags[i].Letter == letter {
			return &flags[i]
		}
	}
	return nil
}
