package flvtest

import (
	"encoding/binary"
	"math"
	"slices"
)

// The AMF0 that metadata is made of. It is written by hand since some of it is
// to be what no encoder would write.

// A value is one with its marker.
type value = []byte

func num(f float64) value { return binary.BigEndian.AppendUint64([]byte{0}, math.Float64bits(f)) }

func str(s string) value {
	return append(binary.BigEndian.AppendUint16([]byte{2}, uint16(len(s))), s...)
}

func longStr(s string) value {
	return append(binary.BigEndian.AppendUint32([]byte{12}, uint32(len(s))), s...)
}

func array(values ...value) value {
	return slices.Concat(append([]value{binary.BigEndian.AppendUint32([]byte{10}, uint32(len(values)))}, values...)...)
}

// repeated is a strict array of n equal values.
func repeated(n int, v value) value {
	return array(slices.Repeat([]value{v}, n)...)
}

type property struct {
	name  string
	value value
}

type properties []property

func (p properties) without(name string) properties {
	return slices.DeleteFunc(slices.Clone(p), func(q property) bool { return q.name == name })
}

func (p properties) append(dst []byte) []byte {
	for _, q := range p {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(q.name)))
		dst = append(dst, q.name...)
		dst = append(dst, q.value...)
	}
	return append(dst, 0, 0, 9)
}

func (p properties) object() value { return p.append([]byte{3}) }

func (p properties) ecma() value {
	return p.append(binary.BigEndian.AppendUint32([]byte{8}, uint32(len(p))))
}

// body is that of onMetaData: the properties in a kind of object, and what
// follows them.
func (p properties) body(marker byte, rest []byte) []byte {
	v := p.ecma()
	if marker == 3 {
		v = p.object()
	}
	return slices.Concat(str("onMetaData"), v, rest)
}

// describe is what an encoder says of tags, as far as it is of use here.
func describe(tags []Tag) properties {
	last, duration := span(tags)
	return properties{
		{"duration", num(float64(duration) / 1000)},
		{"width", num(96)},
		{"height", num(54)},
		{"framerate", num(25)},
		{"videocodecid", num(7)},
		{"audiocodecid", num(10)},
		{"lasttimestamp", num(float64(last) / 1000)},
	}
}
