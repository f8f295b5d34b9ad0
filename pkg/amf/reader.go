package amf

import (
	"encoding/binary"
	"fmt"
	"math"
)

func (d *Decoder) double() (float64, error) {
	b, err := d.take(8, "number")
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (d *Decoder) utf8() (string, error) {
	at := d.off
	b, err := d.take(2, "string length")
	if err != nil {
		return "", err
	}
	return d.text(at, uint32(binary.BigEndian.Uint16(b)))
}

func (d *Decoder) longUTF8() (string, error) {
	at := d.off
	b, err := d.take(4, "string length")
	if err != nil {
		return "", err
	}
	return d.text(at, binary.BigEndian.Uint32(b))
}

// text reads n bytes, the length of which was given at the offset at.
func (d *Decoder) text(at int, n uint32) (string, error) {
	if _, err := d.fits(at, n, 1); err != nil {
		return "", err
	}
	b, err := d.take(int(n), "string")
	return string(b), err
}

func (d *Decoder) byte(what string) (byte, error) {
	b, err := d.take(1, what)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (d *Decoder) left() int { return len(d.b) - d.off }

// take returns the next n bytes, which are borrowed.
func (d *Decoder) take(n int, what string) ([]byte, error) {
	if n > d.left() {
		return nil, d.fail(d.off, "message ends within a %s", what)
	}
	b := d.b[d.off : d.off+n]
	d.off += n
	return b, nil
}

// fits returns the count n, announced at the offset at, if as many items of
// the given size can follow. It compares before it converts: on a 32-bit
// machine an int may not hold n.
func (d *Decoder) fits(at int, n uint32, size uint64) (int, error) {
	if uint64(n)*size > uint64(d.left()) {
		return 0, d.fail(at, "length %d with %d bytes left", n, d.left())
	}
	return int(n), nil
}

// enter checks that one more object or array may open inside depth others.
func (d *Decoder) enter(at, depth int) error {
	if depth >= MaxDepth {
		return d.fail(at, "objects and arrays nested more than %d deep", MaxDepth)
	}
	return nil
}

// spend counts n values against MaxNodes.
func (d *Decoder) spend(at, n int) error {
	if n > MaxNodes-d.nodes {
		return d.fail(at, "more than %d values", MaxNodes)
	}
	d.nodes += n
	return nil
}

func (d *Decoder) fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Reason: fmt.Sprintf(format, args...)}
}
