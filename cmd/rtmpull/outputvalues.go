package main

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// A positiveValue is a durationValue that is not 0.
type positiveValue durationValue

func (d *positiveValue) String() string { return (*durationValue)(d).String() }

func (d *positiveValue) Type() string { return "duration" }

func (d *positiveValue) Set(s string) error {
	v, err := parseDuration(s)
	if err == nil && v < time.Millisecond {
		return errors.New("must be longer than 0")
	}
	*d = positiveValue(v)
	return err
}

// An alignValue is a part of a day.
type alignValue durationValue

func (d *alignValue) String() string { return (*durationValue)(d).String() }

func (d *alignValue) Type() string { return "duration" }

func (d *alignValue) Set(s string) error {
	v, err := parseDuration(s)
	if err == nil && (v < time.Second || v > 24*time.Hour) {
		return errors.New("must be from 1 second to 24 hours")
	}
	*d = alignValue(v)
	return err
}

// minIndex is how many key frames an index has room for at least, if nobody asks.
const minIndex = 64

// An indexValue is a flag that takes a number of key frames.
type indexValue struct {
	n   int
	set bool
}

func (v *indexValue) String() string {
	if !v.set {
		return ""
	}
	return strconv.Itoa(v.n)
}

func (v *indexValue) Type() string { return "N" }

func (v *indexValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > flvout.MaxIndexEntries {
		return errors.New("write a number of key frames, " + strconv.Itoa(flvout.MaxIndexEntries) + " at most")
	}
	v.n, v.set = n, true
	return nil
}

// asked is what was asked for as flvout's options have it: 0 is nothing, and -1 no
// index.
func (v *indexValue) asked() int {
	if v.set && v.n == 0 {
		return -1
	}
	return v.n
}

// entries is how much room files get that are so long at most; 0: as long as may
// be. Encoders make a key frame a second or less often.
func (v *indexValue) entries(longest time.Duration) int {
	const most = flvout.DefaultIndexEntries
	switch {
	case v.set:
		return v.asked()
	case longest == 0:
		return most
	}
	return int(min(max(math.Ceil(longest.Seconds()), minIndex), most))
}

// A minFreeValue is a flag that takes a size, and none is a size as well.
type minFreeValue struct {
	size sizeValue
	set  bool
}

func (v *minFreeValue) String() string { return v.size.String() }

func (v *minFreeValue) Type() string { return "size" }

func (v *minFreeValue) Set(s string) error {
	v.set = true
	return v.size.Set(s)
}

// want is how much of a disk's capacity is to be left free, in bytes.
func (v *minFreeValue) want(capacity uint64) uint64 {
	const usual = 64e6
	if v.set {
		return uint64(v.size)
	}
	return min(usual, capacity/20)
}
