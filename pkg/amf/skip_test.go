package amf

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// TestSkip passes over every value as far as it is read, whatever follows.
func TestSkip(t *testing.T) {
	for _, tt := range codec {
		b := wire(t, tt.dump)
		if n, err := Skip(append(bytes.Clone(b), 0xFF, 0xFF)); n != len(b) || err != nil {
			t.Errorf("%s: got %d, %v; want %d", tt.name, n, err, len(b))
		}
		for n := 1; n < len(b); n++ {
			_, want := NewDecoder(b[:n]).Next()
			if _, err := Skip(b[:n]); (err == nil) != (want == nil) {
				t.Errorf("%s, %d bytes: got %v, Next gives %v", tt.name, n, err, want)
			}
		}
	}
	if _, err := Skip(nil); !errors.Is(err, io.EOF) {
		t.Errorf("got %v for nothing, want EOF", err)
	}
}

// TestSkipLarge passes over more values than a Decoder makes, and no deeper.
func TestSkipLarge(t *testing.T) {
	numbers := append([]byte{markerStrictArray, 0, 1, 0, 0}, make([]byte, 9<<16)...)
	if _, err := NewDecoder(numbers).Next(); err == nil {
		t.Fatal("a Decoder reads it")
	}
	if n, err := Skip(numbers); n != len(numbers) || err != nil {
		t.Errorf("got %d, %v; want %d", n, err, len(numbers))
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = Skip(numbers) }); n != 0 {
		t.Errorf("got %v allocations", n)
	}
	deep := bytes.Repeat([]byte{markerObject, 0, 1, 'a'}, 1000)
	if _, err := Skip(deep); err == nil {
		t.Error("got no error for 1000 objects in each other")
	}
	if _, err := Skip([]byte{markerStrictArray, 0xFF, 0xFF, 0xFF, 0xFF, 5}); err == nil {
		t.Error("got no error for an array that is longer than the message")
	}
}
