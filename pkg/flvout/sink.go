package flvout

import "time"

// A Sink is where the tags of a recording go: a Writer, a File, a Rotator's files,
// or a Splicer in front of any. Only this package implements it, since its types
// hand each other what they know of a tag already; another type is a Sink by
// embedding one.
type Sink interface {
	TagWriter
	AvailableBuffer(n int) []byte
	Begin() error
	Begun() bool
	Flush() error
	Close() error
	Name() string
	Size() int64
	Duration() time.Duration
	Stats() Stats

	// write is WriteTag for a tag whose Class is known already.
	write(t Tag, c *Class) error
}

var (
	_ Sink = (*Writer)(nil)
	_ Sink = (*File)(nil)
)
