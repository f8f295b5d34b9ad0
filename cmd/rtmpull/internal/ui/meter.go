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
	speed float64 // of the place in a recorded stream
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
	if s.End > s.Start {
		fields = append(fields, m.part(s))
	}
	if s.Reconnects > 0 {
		fields = append(fields, "connected again "+Count(s.Reconnects, "time"))
	}
	return strings.Join(fields, "  ")
}

// part says how much there is of a recorded stream, and how long the rest is going to
// take. A part of a percent is no percent: 100% is all.
func (m *meter) part(s job.Snapshot) string {
	at := min(max(s.Position, s.Start), s.End)
	text := fmt.Sprintf("%d%%", (at-s.Start).Milliseconds()*100/max(1, (s.End-s.Start).Milliseconds()))
	if left := (s.End - at).Seconds(); left > 0 && m.speed > 0 {
		const longest = 100 * time.Hour
		if d := left / m.speed; d < longest.Seconds() {
			text += ", " + Clock(time.Duration(d*float64(time.Second))) + " left"
		}
	}
	return text
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
		before := s.Start
		if m.began {
			before = m.last.Position
		}
		m.speed = (s.Position - before).Seconds() / d.Seconds()
		m.last, m.at, m.began = s, now, true
	}
}
