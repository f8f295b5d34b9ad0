package flvout

import "testing"

func TestOrigin(t *testing.T) {
	type step struct {
		audio bool
		in    uint32
		out   uint32
	}
	for _, c := range []struct {
		name  string
		begin int64 // -1: at the first tag
		steps []step
	}{
		{"from 0", -1, []step{{false, 5000, 0}, {true, 5010, 10}, {false, 5040, 40}}},
		{"from the earlier track", 4990, []step{{false, 5000, 10}, {true, 4990, 0}, {false, 5040, 50}}},
		{"before the beginning", -1, []step{{false, 5000, 0}, {true, 4990, 0}, {true, 5013, 13}, {false, 5040, 40}}},
		{"over 2^32", -1, []step{{false, 0xFFFFFFF0, 0}, {true, 0xFFFFFFFA, 10}, {false, 0x18, 40}, {true, 2, 18}}},
		{"over 2^31", 0x7FFFFFF0, []step{{false, 0x7FFFFFF0, 0}, {true, 0x80000010, 32}}},
		{"a step back over 2^32", 4, []step{{false, 4, 0}, {true, 0xFFFFFFFE, 0}, {false, 44, 40}}},
		{"longer than 2^31", -1, []step{{false, 0, 0}, {false, 0x7FFFFFFF, 0x7FFFFFFF}, {false, 0x80000027, 0x80000027}}},
		{"a jump forward stays", -1, []step{{false, 0, 0}, {false, 90000, 90000}, {false, 90040, 90040}}},
		{"a jump to 0 is held at 0", 1000, []step{{false, 1000, 0}, {false, 0, 0}, {false, 40, 0}, {false, 1040, 40}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l origin
			if c.begin >= 0 {
				l.begin(uint32(c.begin))
			}
			for i, s := range c.steps {
				track := video
				if s.audio {
					track = audio
				}
				if got := l.at(track, s.in); got != s.out {
					t.Errorf("step %d: got %d, want %d", i, got, s.out)
				}
				if got := l.latest(track); got != s.out {
					t.Errorf("step %d: now is %d, want %d", i, got, s.out)
				}
			}
		})
	}
}

// TestOriginNow puts a header where its track is, so that it comes no later
// than the track's next frame, although the other track is ahead.
func TestOriginNow(t *testing.T) {
	var l origin
	if got := l.latest(video); got != 0 {
		t.Errorf("got %d before the beginning, want 0", got)
	}
	l.at(video, 1000)
	if got := l.latest(audio); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
	l.at(video, 1040)
	if got := l.latest(audio); got != 40 {
		t.Errorf("audio that has not begun: got %d, want the file's 40", got)
	}
	l.at(audio, 1100)
	if got := l.latest(video); got != 40 {
		t.Errorf("video: got %d, want 40", got)
	}
	if got := l.latest(data); got != 100 {
		t.Errorf("data: got %d, want the file's 100", got)
	}
}
