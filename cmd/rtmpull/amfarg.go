package main

import (
	"strconv"
	"strings"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// parseConn reads the values of -C in rtmpdump's notation: B:1, N:1.5, S:text
// and Z: are values; O:1 opens an object and O:0 closes it, and within one
// NB:name:1, NN:, NS: and NO:name:1 are its members.
func parseConn(args []string) ([]amf.Value, error) {
	var values []amf.Value
	var open []*amf.Object // from the outermost
	for _, arg := range args {
		kind, text, ok := strings.Cut(arg, ":")
		if !ok {
			return nil, badUsage("-C %q: want a type and a value, such as S:text", arg)
		}
		name := ""
		named := len(kind) == 2 && kind[0] == 'N'
		if named {
			kind = kind[1:]
			if name, text, ok = strings.Cut(text, ":"); !ok {
				return nil, badUsage("-C %q: want a name and a value, such as NS:name:text", arg)
			}
		}
		if kind == "O" && text == "0" && !named {
			if len(open) == 0 {
				return nil, badUsage("-C %q closes an object, and none is open", arg)
			}
			open = open[:len(open)-1]
			continue
		}
		if named != (len(open) > 0) {
			if named {
				return nil, badUsage("-C %q is a member, and no object is open (O:1)", arg)
			}
			return nil, badUsage("-C %q: within an object a value needs a name, such as NS:name:text", arg)
		}
		v, err := connValue(kind, text, arg)
		if err != nil {
			return nil, err
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
	if len(open) > 0 {
		return nil, badUsage("-C: %d objects are not closed (O:0)", len(open))
	}
	return values, nil
}

func connValue(kind, text, arg string) (amf.Value, error) {
	switch kind {
	case "B":
		if text != "0" && text != "1" {
			return nil, badUsage("-C %q: a boolean is 0 or 1", arg)
		}
		return amf.Boolean(text == "1"), nil
	case "N":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, badUsage("-C %q: %q is no number", arg, text)
		}
		return amf.Number(n), nil
	case "S":
		return amf.String(text), nil
	case "Z":
		return amf.Null{}, nil
	case "O":
		if text != "1" {
			return nil, badUsage("-C %q: an object is opened by O:1 and closed by O:0", arg)
		}
		return &amf.Object{}, nil
	}
	return nil, badUsage("-C %q: unknown type %q; B, N, S, O and Z are known", arg, kind)
}
