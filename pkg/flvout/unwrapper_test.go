package flvout

import "testing"

func TestUnwrapper(t *testing.T) {
	var u unwrapper
	for i, c := range []struct {
		ts  uint32
		pos int64
	}{
		{1<<32 - 100, 0},
		{1<<32 - 60, 40},
		{20, 120},
		{1<<32 - 10, 90}, // back over the edge
		{1 << 30, 1<<30 + 100},
		{1<<31 - 1, 1<<31 + 99},
		{1<<32 - 100, 1 << 32}, // once round
	} {
		if got := u.move(c.ts); got != c.pos || u.step(c.ts+7) != 7 {
			t.Errorf("timestamp %d: at %d, want %d", i, got, c.pos)
		}
	}
}
