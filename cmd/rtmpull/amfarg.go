package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// parseConn reads the values of -C in rtmpdump's notation: B:1, N:1.5, S:text
// and Z: are values; O:1 opens an object and O:0 closes it, and within one
// NB:name:1, NN:, NS: and NO:name:1 are its members, and NZ:name:, which rtmpdump
// has not. A text may have colons, and a number be hexadecimal. For 1, which is
// true or opens, any whole number will do that is not 0.
//
// Values are not quoted in errors: they may be passwords.
func parseConn(args []string) ([]amf.Value, error) {
	var values []amf.Value
	var open []*amf.Object // from the outermost
	for i, arg := range args {
		kind, text, ok := strings.Cut(arg, ":")
		if !ok {
			return nil, badUsage("-C: value %d has no type; write S:text for a text, and B:, N:, Z: and O: for others", i+1)
		}
		name, label := "", kind+":"
		named := len(kind) == 2 && kind[0] == 'N'
		if named {
			kind = kind[1:]
			if name, text, ok = strings.Cut(text, ":"); !ok {
				return nil, badUsage("-C %.80q: want a name and a value, such as NS:name:text", label)
			}
			label += name + ":"
		}
		bad := func(format string, args ...any) error {
			return badUsage("-C %.80q: %w", label, fmt.Errorf(format, args...))
		}
		if kind == "O" && text == "0" && !named {
			if len(open) == 0 {
				return nil, bad("the 0 closes an object, and none is open")
			}
			open = open[:len(open)-1]
			continue
		}
		if named != (len(open) > 0) {
			if named {
				return nil, bad("this is a member, and no object is open (O:1)")
			}
			return nil, bad("within an object a value needs a name, such as NS:name:text")
		}
		v, err := connValue(kind, text)
		if err != nil {
			return nil, bad("%w", err)
		}
		if named {
			open[len(open)-1].Set(name, v)
		} else {
			values = append(values, v)
		}
		if o, ok := v.(*amf.Object); ok {
			if open = append(open, o); len(open) > amf.MaxDepth/2 {
				return nil, badUsage("-C: objects are nested too deep")
			}
		}
	}
	if len(open) == 1 {
		return nil, badUsage("-C: an object is not closed (O:0)")
	} else if len(open) > 0 {
		return nil, badUsage("-C: %d objects are not closed (O:0 for each)", len(open))
	}
	return values, nil
}

// connValue reads a single value. An object is open.
func connValue(kind, text string) (amf.Value, error) {
	switch kind {
	case "B":
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("a boolean is 0 or 1")
		}
		return amf.Boolean(n != 0), nil
	case "N":
		n, err := connNumber(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("a number is wanted, such as 1.5")
		}
		return amf.Number(n), nil
	case "S":
		return amf.String(text), nil
	case "Z":
		return amf.Null{}, nil
	case "O":
		if n, err := strconv.Atoi(text); err != nil || n == 0 {
			return nil, errors.New("an object is opened by 1, and closed by O:0")
		}
		return &amf.Object{}, nil
	}
	return nil, errors.New("unknown type; B, N, S, O and Z are known")
}

// connNumber reads a number as C does: one in hexadecimal needs no exponent.
func connNumber(s string) (float64, error) {
	if digits := strings.ToLower(strings.TrimLeft(s, "+-")); strings.HasPrefix(digits, "0x") && !strings.Contains(digits, "p") {
		s += "p0"
	}
	if strings.Contains(s, "_") { // which is Go's
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}
