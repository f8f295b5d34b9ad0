// Package codec reads what the headers of audio and video codecs say about what
// they hold: profile, level, size, rates. It decodes nothing.
//
// Everything is read from bytes that a stranger sent. A reader of a header stops
// where the header does, allocates nothing that grows with it, and leaves what it
// could not read, or what cannot be true, at zero.
package codec

import "strconv"

// Info is what a header says. Zero fields are unknown, or do not apply.
type Info struct {
	Profile string // as players spell it: "High", "Main 10", "HE-AAC"
	Level   string // "4.1"

	Width, Height int     // of the picture that is shown, in pixels
	FrameRate     float64 // pictures per second

	SampleRate int // Hz, as it is heard
	Channels   int

	BitDepth int // of a sample of sound or of brightness
}

const (
	// maxSide is the longest side that a level of any codec allows: AV1's highest
	// and H.266's.
	maxSide = 16384

	// maxFrameRate tells a frame rate from the tick of a clock, which encoders of
	// variable rates write in its place (1000, 90000).
	maxFrameRate = 500

	maxSampleRate = 768000
	maxChannels   = 64
)

// Sane is i without what cannot be true.
func (i Info) Sane() Info {
	if i.Width < 1 || i.Height < 1 || i.Width > maxSide || i.Height > maxSide {
		i.Width, i.Height = 0, 0
	}
	if !(i.FrameRate > 0 && i.FrameRate <= maxFrameRate) { // not a number is neither
		i.FrameRate = 0
	}
	if i.SampleRate < 0 || i.SampleRate > maxSampleRate {
		i.SampleRate = 0
	}
	if i.Channels < 0 || i.Channels > maxChannels {
		i.Channels = 0
	}
	if i.BitDepth < 1 || i.BitDepth > 32 {
		i.BitDepth = 0
	}
	return i
}

// level spells a level.
func level(major, minor int) string {
	return strconv.Itoa(major) + "." + strconv.Itoa(minor)
}
