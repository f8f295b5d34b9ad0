package job

import (
	"testing"
	"time"
)

func TestUntilMultiple(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour, minute, second int) time.Time {
		return time.Date(2031, month, day, hour, minute, second, 0, berlin)
	}
	for _, c := range []struct {
		now  time.Time
		step time.Duration
		want time.Duration
	}{
		{at(2, 3, 4, 5, 6), time.Hour, 54*time.Minute + 54*time.Second},
		{at(2, 3, 4, 0, 0), time.Hour, time.Hour},
		{at(2, 3, 4, 5, 6).Add(time.Millisecond), time.Second, 999 * time.Millisecond},
		{at(2, 3, 22, 0, 0), 7 * time.Hour, 2 * time.Hour}, // midnight
		{at(2, 3, 4, 0, 0), 24 * time.Hour, 20 * time.Hour},
		{at(3, 30, 1, 30, 0), time.Hour, 30 * time.Minute},                            // then 02:00 is 03:00
		{at(3, 30, 1, 30, 0), 6 * time.Hour, 3*time.Hour + 30*time.Minute},            // 06:00 is nearer by an hour
		{at(10, 26, 1, 30, 0), 6 * time.Hour, 5*time.Hour + 30*time.Minute},           // and here further
		{at(10, 26, 1, 30, 0).Add(90 * time.Minute), time.Hour, 30 * time.Minute * 2}, // 02:00 for the second time
	} {
		if got := untilMultiple(c.now, c.step); got != c.want {
			t.Errorf("at %v, multiples of %v: %v, want %v", c.now, c.step, got, c.want)
		}
	}
	for now, step := at(10, 25, 0, 0, 1), 20*time.Minute; now.Before(at(10, 28, 0, 0, 0)); now = now.Add(7 * time.Minute) {
		if d := untilMultiple(now, step); d <= 0 || d > time.Hour+step {
			t.Errorf("at %v: %v", now, d)
		}
	}
}
