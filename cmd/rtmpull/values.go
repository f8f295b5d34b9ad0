package main

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// A durationValue is a flag that takes 90, 1.5, 1h30m or 01:30:00.
type durationValue time.Duration

func (d *durationValue) String() string {
	if *d == 0 {
		return ""
	}
	s := time.Duration(*d).String()
	for _, unit := range []string{"m", "h"} { // 30m0s is 30m
		if whole, ok := strings.CutSuffix(s, unit+"0s"); ok {
			s = whole + unit
		} else if whole, ok := strings.CutSuffix(s, unit+"0m"); ok {
			s = whole + unit
		}
	}
	return s
}

func (d *durationValue) Type() string { return "duration" }

func (d *durationValue) Set(s string) error {
	v, err := parseDuration(s)
	*d = durationValue(v)
	return err
}

// A timeoutValue is a durationValue that is not 0: nothing is waited for without
// end.
type timeoutValue durationValue

func (d *timeoutValue) String() string { return (*durationValue)(d).String() }

func (d *timeoutValue) Type() string { return "duration" }

func (d *timeoutValue) Set(s string) error {
	v, err := parseDuration(s)
	if err == nil && v == 0 {
		return errors.New("must be longer than 0")
	}
	*d = timeoutValue(v)
	return err
}

// A choice is a flag that takes one of a few words.
type choice[T ~uint8] struct {
	value T
	set   bool
	words []string // by value; given before the flag is
}

func (v *choice[T]) String() string {
	if !v.set {
		return ""
	}
	return v.words[v.value]
}

func (v *choice[T]) Type() string { return strings.Join(v.words, "|") }

func (v *choice[T]) Set(s string) error {
	i := slices.Index(v.words, s)
	if last := len(v.words) - 1; i < 0 {
		return errors.New("write " + strings.Join(v.words[:last], ", ") + " or " + v.words[last])
	}
	v.value, v.set = T(i), true
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	bad := errors.New("write 90, 1h30m or 01:30:00")
	seconds, err := strconv.ParseFloat(s, 64)
	if err == nil && math.IsInf(seconds, 0) {
		return 0, bad
	}
	if parts := strings.Split(s, ":"); len(parts) == 2 || len(parts) == 3 {
		seconds, err = 0, nil
		for i, part := range parts {
			n, e := strconv.ParseFloat(part, 64)
			if e != nil || n < 0 || i > 0 && n >= 60 || i < len(parts)-1 && n != math.Trunc(n) {
				return 0, bad
			}
			seconds = 60*seconds + n
		}
	}
	if err == nil {
		if math.IsNaN(seconds) || seconds < 0 || seconds > math.MaxInt64/float64(time.Second) {
			return 0, bad
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return 0, bad
	}
	return v, nil
}

// ms is a duration as RTMP counts it.
func ms(d durationValue) (uint32, error) {
	n := time.Duration(d).Milliseconds()
	if n > math.MaxInt32 {
		return 0, badUsage("%v is longer than a stream can be (24 days)", time.Duration(d))
	}
	return uint32(n), nil
}

// A sizeValue is a flag that takes 500M, 2G or 1048576.
type sizeValue int64

func (v *sizeValue) String() string {
	if *v == 0 {
		return ""
	}
	return humanize.Bytes(uint64(*v))
}

func (v *sizeValue) Type() string { return "size" }

func (v *sizeValue) Set(s string) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n > math.MaxInt64 {
		return errors.New("write 500M, 2G or a number of bytes")
	}
	*v = sizeValue(n)
	return nil
}

// secret reads a value that may be a secret: @file stands for the first line of
// a file, which keeps it out of the list of processes.
func secret(value string) (string, error) {
	name, ok := strings.CutPrefix(value, "@")
	if !ok {
		return value, nil
	}
	b, err := os.ReadFile(name)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	if err != nil {
		return "", badUsage("cannot read %s: %w", value, err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", badUsage("the first line of %s is empty", value)
	}
	return line, nil
}

// A countValue is a flag that takes a number of things.
type countValue int

func (v *countValue) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.Itoa(int(*v))
}

func (v *countValue) Type() string { return "number" }

func (v *countValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return errors.New("write a number of 0 or more")
	}
	*v = countValue(n)
	return nil
}
