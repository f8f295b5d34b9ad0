package flvout

import "testing"

// TestSummaryEncrypted sums up pictures and sound whose bodies are encrypted but
// for their headers.
func TestSummaryEncrypted(t *testing.T) {
	s := newSummary(0)
	for _, tg := range []Tag{avcFrame(0, 1, true), aacFrame(0, 1)} {
		tg.Type |= tagFilterBit
		c := Classify(tg)
		s.add(tg, &c, 1000)
	}
	if a, v := s.traits[0].codec(), s.traits[1].codec(); a != 10 || v != 7 {
		t.Errorf("audio is %v, video is %v", a, v)
	}
}
