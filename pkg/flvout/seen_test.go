package flvout

import (
	"bytes"
	"fmt"
	"testing"
)

// TestSeen puts more frames than are remembered.
func TestSeen(t *testing.T) {
	s := newSeen()
	frame := func(i int) uint64 {
		tg := Tag{Type: video, Body: fmt.Appendf(nil, "frame %d", i)}
		return s.sum(tg, &Class{})
	}
	const last = 2*seenTags - 1
	for i := range last + 1 {
		s.put(frame(i), uint32(i*40))
	}
	const twice = last - 10
	s.put(frame(twice), 1_000_000)
	for i, n := range map[int]int{0: 0, seenTags: 0, seenTags + 1: 1, twice: 2, last: 1} {
		if at, got := s.lookup(frame(i)); got != n || n == 1 && at != uint32(i*40) {
			t.Errorf("frame %d: %d times, at %d; want %d times", i, got, at, n)
		}
	}
	for at, want := range map[uint32]bool{twice * 40: true, twice*40 + 10: true, twice*40 + 11: false, 1_000_000: true, 90_000: false} {
		if got := s.isAt(frame(twice), at); got != want {
			t.Errorf("at %d: %t, want %t", at, got, want)
		}
	}
	s.forget()
	if _, n := s.lookup(frame(twice)); n != 0 {
		t.Error("it was forgotten, and is there")
	}
}

// TestSum changes one byte, or the length.
func TestSum(t *testing.T) {
	s := newSeen()
	for _, size := range []int{0, 1, 127, 128, 129, 5000} {
		for _, key := range []bool{false, true} {
			b := bytes.Repeat([]byte("frame"), size)[:size]
			sum := func(typ byte, b []byte) uint64 {
				return s.sum(Tag{Type: []Tag{{Type: audio}, {Type: video}}[typ].Type, Body: b}, &Class{Key: key})
			}
			was := sum(1, b)
			if sum(1, bytes.Clone(b)) != was {
				t.Errorf("%d bytes: not the same", size)
			}
			if sum(0, b) == was || sum(1, append(bytes.Clone(b), 'f')) == was {
				t.Errorf("%d bytes: audio, or a byte more, is the same", size)
			}
			for _, i := range []int{0, 63, size / 2, size - 64, size - 1} {
				if i < 0 || i >= size {
					continue
				}
				other := bytes.Clone(b)
				other[i]++
				if same := sum(1, other) == was; same != (!key && i >= sampled && i < size-sampled) {
					t.Errorf("%d bytes, byte %d changed, key %t: same %t", size, i, key, same)
				}
			}
		}
	}
}

// BenchmarkSum tells what reading both ends saves.
func BenchmarkSum(b *testing.B) {
	s := newSeen()
	for _, size := range []int{200, 4 << 10, 64 << 10} {
		t := Tag{Type: video, Body: bytes.Repeat([]byte("x"), size)}
		for _, key := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/all=%t", size, key), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					_ = s.sum(t, &Class{Key: key})
				}
			})
		}
	}
	b.Run("lookup", func(b *testing.B) {
		for i := range seenTags {
			s.put(uint64(i), 0)
		}
		for b.Loop() {
			s.lookup(7)
		}
	})
}
