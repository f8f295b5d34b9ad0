package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
)

// One is the View of a single stream: idle until there is media.
func One(idle string, snapshot func() job.Snapshot, explain Explain) View {
	return &one{newMeter(idle, explain, time.Now()), snapshot}
}

type one struct {
	meter    *meter
	snapshot func() job.Snapshot
}

func (o *one) line(now time.Time) string { return o.meter.line(now, o.snapshot()) }

func (*one) rows(time.Time, int, int) []string { return nil }

// A meter turns snapshots into lines with rates over the last seconds.
type meter struct {
	idle    string // the line while there is no media
	explain Explain

	last  job.Snapshot
	at    time.Time
	bits  float64 // per second
	fps   float64
	began bool
}

func newMeter(idle string, explain Explain, now time.Time) *meter {
	return &meter{idle: idle, explain: explain, at: now}
}

// over is the span that rates are taken over.
const over = 2 * time.Second

func (m *meter) line(now time.Time, s job.Snapshot) string {
	switch began := s.Audio+s.Video > 0; {
	case s.Awaited != nil && began:
		return Clock(s.Duration) + "  " + humanize.Bytes(uint64(s.Size)) + "  " + m.awaited(now, s.Awaited)
	case s.Awaited != nil:
		return m.awaited(now, s.Awaited)
	case !began:
		return m.idle
	}
	m.update(now, s)
	fields := []string{Clock(s.Duration), humanize.Bytes(uint64(s.Size)), Rate(m.bits)}
	if s.Video > 0 {
		fields = append(fields, fmt.Sprintf("%.1f fps", m.fps))
	}
	if !s.LastKey.IsZero() {
		fields = append(fields, fmt.Sprintf("key frame %.0f s ago", max(0, now.Sub(s.LastKey).Seconds())))
	}
	if s.Reconnects > 0 {
		fields = append(fields, "connected again "+Count(s.Reconnects, "time"))
	}
	return strings.Join(fields, "  ")
}

// awaited says for how long the stream has been waited for and is going to be, and
// why. The reason is last: lines are cut there.
func (m *meter) awaited(now time.Time, a *job.Awaited) string {
	line := "waiting for " + Clock(max(0, now.Sub(a.Since)))
	if !a.Until.IsZero() {
		line += ", " + Clock(max(0, a.Until.Sub(now))) + " left"
	}
	return line + ": " + m.explain(a.Why).Text
}

// update takes the rates anew, if it is time to.
func (m *meter) update(now time.Time, s job.Snapshot) {
	if d := now.Sub(m.at); d >= over || !m.began && d > 0 {
		m.bits = float64(s.Size-m.last.Size) * 8 / d.Seconds()
		m.fps = float64(s.Video-m.last.Video) / d.Seconds()
		m.last, m.at, m.began = s, now, true
	}
}
