package amf

import "fmt"

// Limits on what is read and written. They bound the stack and the memory
// that a message can cost, whatever it announces.
const (
	// MaxDepth is how deep objects and arrays may nest.
	MaxDepth = 32

	// MaxNodes is how many values one message may hold, counting those
	// that it repeats by reference.
	MaxNodes = 20000
)

// maxPrealloc is the most elements that are allocated before they are read.
const maxPrealloc = 1024

// A SyntaxError tells where and why a message could not be read any further.
type SyntaxError struct {
	Offset int    // in the bytes given to the Decoder
	Reason string // for people
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("amf: offset %d: %s", e.Offset, e.Reason)
}
