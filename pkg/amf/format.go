package amf

import (
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"
)

// What Format shows at most.
const (
	formatText  = 512  // bytes of one text, before escaping
	formatBytes = 16   // bytes of a byte array
	formatTotal = 4096 // bytes of a line, before "..."
)

// Format returns v as one line for people and logs, such as
//
//	{code: "NetStream.Play.Start", clientid: 17}
//
// An ECMA array is [name: value], a typed object Class{name: value}. What
// comes from the peer cannot break the line or command a terminal: control
// characters and invalid UTF-8 are escaped. "..." stands for what is left out:
// the rest of a truncated object, of a text over 512 bytes, of a line over
// 4 KiB.
func Format(v Value) string { return string(appendFormat(nil, v, 0)) }

func appendFormat(dst []byte, v Value, depth int) []byte {
	if len(dst) >= formatTotal || depth > MaxDepth {
		return append(dst, "..."...)
	}
	switch v := v.(type) {
	case Number:
		return appendNumber(dst, float64(v))
	case Boolean:
		return strconv.AppendBool(dst, bool(v))
	case String:
		return appendText(dst, string(v))
	case XML:
		return append(appendText(append(dst, "xml("...), string(v)), ')')
	case Null:
		return append(dst, "null"...)
	case Undefined:
		return append(dst, "undefined"...)
	case Unsupported:
		return append(dst, "unsupported"...)
	case Date:
		dst = appendNumber(append(dst, "date("...), v.Milliseconds)
		if v.Zone != 0 {
			dst = strconv.AppendInt(append(dst, ", "...), int64(v.Zone), 10)
		}
		return append(dst, ')')
	case ByteArray:
		dst = strconv.AppendInt(append(dst, "bytes("...), int64(len(v)), 10)
		if len(v) > 0 {
			dst = hex.AppendEncode(append(dst, ": "...), v[:min(len(v), formatBytes)])
		}
		if len(v) > formatBytes {
			dst = append(dst, "..."...)
		}
		return append(dst, ')')
	case StrictArray:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if len(dst) >= formatTotal {
				dst = append(dst, "..."...)
				break
			}
			dst = appendFormat(dst, e, depth+1)
		}
		return append(dst, ']')
	case *Object:
		if v != nil {
			return appendFormatObject(dst, v, depth)
		}
	}
	return append(dst, "nil"...)
}

func appendFormatObject(dst []byte, o *Object, depth int) []byte {
	left, right := byte('{'), byte('}')
	switch o.Kind {
	case ECMAArray:
		left, right = '[', ']'
	case Typed:
		dst = appendName(dst, o.Class)
	}
	dst = append(dst, left)
	for i, p := range o.Properties {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if len(dst) >= formatTotal {
			return append(append(dst, "..."...), right)
		}
		dst = append(appendName(dst, p.Name), ": "...)
		dst = appendFormat(dst, p.Value, depth+1)
	}
	if o.Truncated {
		if len(o.Properties) > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "..."...)
	}
	return append(dst, right)
}

// appendNumber writes whole numbers in full, as stream IDs, sizes and
// milliseconds are read better without an exponent.
func appendNumber(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendName writes a name without quotes if it is a plain word.
func appendName(dst []byte, s string) []byte {
	plain := s != "" && len(s) <= formatText
	for i := 0; plain && i < len(s); i++ {
		c := s[i]
		plain = c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '@'
	}
	if plain {
		return append(dst, s...)
	}
	return appendText(dst, s)
}

func appendText(dst []byte, s string) []byte {
	if len(s) <= formatText {
		return strconv.AppendQuote(dst, s)
	}
	cut := formatText
	for cut > formatText-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return append(strconv.AppendQuote(dst, s[:cut]), "..."...)
}
