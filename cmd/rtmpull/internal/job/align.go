package job

import "time"

// untilMultiple is how long it is until the local time of day is a multiple of
// step, counted from midnight. It is longer than 0, and midnight counts.
func untilMultiple(now time.Time, step time.Duration) time.Duration {
	year, month, day := now.Date()
	hour, minute, second := now.Clock()
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(now.Nanosecond())
	of := min(since-since%step+step, 24*time.Hour)
	// As a time of day: a day has 23 or 25 hours when the clocks are changed.
	next := time.Date(year, month, day, 0, 0, 0, int(of), now.Location())
	for !next.After(now) { // an hour that comes twice
		next = next.Add(step)
	}
	return next.Sub(now)
}
