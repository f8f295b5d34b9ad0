package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

func TestMeter(t *testing.T) {
	start := time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)
	m := newMeter("waiting for media", plain, start)
	for _, step := range []struct {
		at   float64 // seconds after the start
		s    job.Snapshot
		want string
	}{
		{0, job.Snapshot{}, "waiting for media"},
		{5, job.Snapshot{}, "waiting for media"},
		{6, job.Snapshot{Audio: 50, Video: 30, Size: 75_000, Duration: time.Second, LastKey: start.Add(5 * time.Second)},
			"00:00:01  75 kB  100 kbit/s  5.0 fps  key frame 1 s ago"},
		// Within two seconds the rates stay, so that they can be read.
		{7, job.Snapshot{Audio: 99, Video: 55, Size: 150_000, Duration: 2 * time.Second, LastKey: start.Add(7 * time.Second)},
			"00:00:02  150 kB  100 kbit/s  5.0 fps  key frame 0 s ago"},
		{8, job.Snapshot{Audio: 140, Video: 80, Size: 575_000, Duration: 3 * time.Second, LastKey: start.Add(7 * time.Second)},
			"00:00:03  575 kB  2 Mbit/s  25.0 fps  key frame 1 s ago"},
		// A clock that was set back.
		{8, job.Snapshot{Audio: 140, Video: 80, Size: 575_000, Duration: time.Hour, LastKey: start.Add(90 * time.Second)},
			"01:00:00  575 kB  2 Mbit/s  25.0 fps  key frame 0 s ago"},
		// Nothing comes any more.
		{12, job.Snapshot{Audio: 140, Video: 80, Size: 575_000, Duration: 100 * time.Hour, LastKey: start.Add(7 * time.Second)},
			"100:00:00  575 kB  0 bit/s  0.0 fps  key frame 5 s ago"},
	} {
		now := start.Add(time.Duration(step.at * float64(time.Second)))
		if got := m.line(now, step.s); got != step.want {
			t.Errorf("after %v s:\ngot  %s\nwant %s", step.at, got, step.want)
		}
	}
	if got, want := newMeter("nothing sent yet", plain, start).line(start, job.Snapshot{}), "nothing sent yet"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for n, want := range map[int64]string{1: "connected again 1 time", 2: "connected again 2 times"} {
		got := newMeter("", plain, start).line(start, job.Snapshot{Audio: 1, Reconnects: n})
		if !strings.HasSuffix(got, "  "+want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	m = newMeter("", plain, start)
	for _, step := range []struct {
		at                   float64 // seconds after the start
		position, begin, end time.Duration
		want                 string
	}{
		{1, 20 * time.Second, 10 * time.Second, 110 * time.Second, "10%, 00:00:09 left"},
		{2, 60 * time.Second, 10 * time.Second, 110 * time.Second, "50%, 00:00:05 left"},
		{3, 100 * time.Second, 10 * time.Second, 110 * time.Second, "90%, 00:00:00 left"}, // 40 s in one
		{9, 100 * time.Second, 10 * time.Second, 110 * time.Second, "90%"},
		{12, 109_999 * time.Millisecond, 10 * time.Second, 110 * time.Second, "99%, 00:00:00 left"},
		{13, 110 * time.Second, 10 * time.Second, 110 * time.Second, "100%"},
		{14, 5 * time.Second, 10 * time.Second, 110 * time.Second, "0%"},
		{20, time.Hour, 10 * time.Second, 110 * time.Second, "100%"},
		{30, time.Hour + time.Millisecond, 0, math.MaxInt32 * time.Second, "0%"},
	} {
		s := job.Snapshot{Audio: 1, Position: step.position, Start: step.begin, End: step.end}
		got := m.line(start.Add(time.Duration(step.at*float64(time.Second))), s)
		if _, got, _ = strings.Cut(got, "bit/s  "); got != step.want {
			t.Errorf("after %v s: got %s, want %s", step.at, got, step.want)
		}
	}
	audio := newMeter("waiting for media", plain, start).line(start.Add(time.Second), job.Snapshot{Audio: 1, Size: 1000, Duration: time.Second})
	if want := "00:00:01  1.0 kB  8 kbit/s"; audio != want {
		t.Errorf("audio alone: got %s, want %s", audio, want)
	}
}

// While there is no stream, the line says for how long and why.
func TestMeterAwaited(t *testing.T) {
	start := time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)
	refused := errors.New("h refused: not live")
	for _, test := range []struct {
		s    job.Snapshot
		want string
	}{
		{job.Snapshot{Awaited: &job.Awaited{Why: refused, Since: start.Add(-80 * time.Second), Until: start.Add(28*time.Minute + 40*time.Second)}},
			"waiting for 00:01:20, 00:28:40 left: h refused: not live"},
		{job.Snapshot{Awaited: &job.Awaited{Why: refused, Since: start.Add(-80 * time.Second)}},
			"waiting for 00:01:20: h refused: not live"},
		{job.Snapshot{Awaited: &job.Awaited{Why: refused, Since: start.Add(time.Second), Until: start.Add(-time.Second)}},
			"waiting for 00:00:00, 00:00:00 left: h refused: not live"},
		{job.Snapshot{Audio: 50, Video: 30, Size: 75_000, Duration: 3 * time.Second, Reconnects: 2,
			Awaited: &job.Awaited{Why: refused, Begun: true, Since: start.Add(-5 * time.Second), Until: start.Add(55 * time.Second)}},
			"00:00:03  75 kB  waiting for 00:00:05, 00:00:55 left: h refused: not live"},
	} {
		if got := newMeter("idle", plain, start).line(start, test.s); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestMeterAtOnce(t *testing.T) {
	now := time.Now()
	got := newMeter("", plain, now).line(now, job.Snapshot{Audio: 1, Video: 1, Size: 1000})
	if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
		t.Errorf("got %s", got)
	}
}

// plain explains an error by its text, and all of them as one class.
func plain(err error) Cause {
	if err == nil {
		return Cause{}
	}
	return Cause{err.Error(), "class"}
}

// safeBuffer is a bytes.Buffer for two goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out safeBuffer
		p := Lines(&out, One("", func() job.Snapshot { return job.Snapshot{Audio: 1, Size: 1000, Duration: time.Minute} }, plain))
		time.Sleep(95 * time.Second)
		synctest.Wait()
		if got := strings.Count(out.String(), "00:01:00  1.0 kB"); got != 3 {
			t.Errorf("%d lines in 95 s, want 3:\n%s", got, out.String())
		}
		if _, err := p.Write([]byte("text\n")); err != nil {
			t.Error(err)
		}
		p.Stop()
		p.Stop() // may be called again
		if !strings.HasSuffix(out.String(), "text\n") {
			t.Errorf("the text is not last:\n%s", out.String())
		}
	})
}

func TestSilentAndLive(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, begin := range map[string]func(*safeBuffer) *Progress{
		"silent": func(b *safeBuffer) *Progress { return Silent(b) },
		"live": func(b *safeBuffer) *Progress {
			return Live(b, One("", func() job.Snapshot { return job.Snapshot{} }, plain), func() int { return 25 })
		},
	} {
		var out safeBuffer
		p := begin(&out)
		if _, err := p.Write([]byte("while it runs\n")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p.Stop()
		if _, err := p.Write([]byte("after that\n")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p.Stop()
		if got := out.String(); !strings.Contains(got, "while it runs\n") || !strings.HasSuffix(got, "after that\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func result() job.Result {
	return job.Result{
		Media: true, Name: "a.flv", First: "a.flv", Files: 1, Size: 250_000, Duration: 10 * time.Second,
		Stats:    flvout.Stats{Audio: 430, Video: 250, Frames: 250, KeyFrames: 10, Bytes: 240_000, Dropped: flvout.Dropped{Empty: 1, Malformed: 2, TooLarge: 3}},
		Received: rtmp.Stats{Bytes: 260_000, Dropped: 4},
	}
}

func TestSummary(t *testing.T) {
	audio := result()
	audio.Stats = flvout.Stats{Audio: 1, Bytes: 240_000}
	audio.Received.Dropped = 0
	short := audio
	short.Duration = 0
	few, many := audio, audio
	few.Gaps, few.Mended.Missing = 2, 7500*time.Millisecond
	few.Lost = []job.Loss{{At: 3 * time.Second, Missing: 5 * time.Second, Why: errors.New("lost")}, {At: time.Hour, Missing: 2500 * time.Millisecond}}
	many.Gaps, many.Mended.Missing = 200, 5*time.Minute
	for i := range 100 {
		many.Lost = append(many.Lost, job.Loss{At: time.Duration(i) * time.Minute, Missing: time.Duration(i*37%100) * time.Second, Why: errors.New("lost")})
	}
	for _, test := range []struct {
		r    job.Result
		want string
	}{
		{result(), "a.flv: 10.00 s, 250 kB, 192 kbit/s, 25.0 fps; 430 audio and 250 video tags\nlost: 9 damaged messages\nended: by a test\n"},
		{audio, "a.flv: 10.00 s, 250 kB, 192 kbit/s; 1 audio and 0 video tags\nended: by a test\n"},
		{few, "a.flv: 10.00 s, 250 kB, 192 kbit/s; 1 audio and 0 video tags\n" +
			"missing: 7.50 s in 2 gaps\n  5.00 s at 00:00:03: lost\n  2.50 s at 01:00:00: the stream itself has it\nended: by a test\n"},
		{many, "a.flv: 10.00 s, 250 kB, 192 kbit/s; 1 audio and 0 video tags\nmissing: 300.00 s in 200 gaps\n" +
			"  96.00 s at 00:08:00: lost\n  99.00 s at 00:27:00: lost\n  95.00 s at 00:35:00: lost\n  98.00 s at 00:54:00: lost\n" +
			"  97.00 s at 01:21:00: lost\n  and 195 more\nended: by a test\n"},
		{short, "a.flv: 0.00 s, 250 kB; 1 audio and 0 video tags\nended: by a test\n"},
	} {
		var out bytes.Buffer
		Summary(&out, test.r, "by a test", plain)
		if got := out.String(); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

func TestPushSummary(t *testing.T) {
	sent := job.PushResult{Media: true, Duration: 10 * time.Second, Size: 250_000, Audio: 430, Video: 250}
	lost := sent
	lost.Reconnects, lost.Skipped = 1, job.Skipped{Frames: 1, Time: 40 * time.Millisecond}
	often := sent
	often.Reconnects = 2
	often.LeftOut = job.LeftOut{Undecodable: 12, Encrypted: 1, Command: 2, Empty: 3, Malformed: 4, TooLong: 1}
	one := job.PushResult{Media: true, Size: 9, Audio: 1, LeftOut: job.LeftOut{Undecodable: 1}}
	const began = "sent: 10.00 s, 250 kB, 200 kbit/s; 430 audio and 250 video tags\n"
	for _, test := range []struct {
		r    job.PushResult
		want string
	}{
		{sent, began},
		{lost, began + "connected again: 1 time; passed over: 1 frame, 0.04 s\n"},
		{often, began + "connected again: 2 times\n" +
			"left out: 12 video frames before a key frame, 1 encrypted tag, 2 seek commands, 3 empty tags, 4 damaged tags, 1 metadata tag too long to send\n"},
		{one, "sent: 0.00 s, 9 B; 1 audio and 0 video tags\nleft out: 1 video frame before a key frame\n"},
	} {
		var out bytes.Buffer
		PushSummary(&out, test.r, "by a test")
		if got, want := out.String(), test.want+"ended: by a test\n"; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// Lines of several goroutines are whole.
func TestJSONTogether(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out, plain)
	var all sync.WaitGroup
	const each = 100
	for range 4 {
		all.Go(func() {
			for range each {
				j.Status("Code", "status", "", 0)
			}
		})
	}
	all.Wait()
	n := 0
	for line := range strings.Lines(out.String()) {
		if n++; !json.Valid([]byte(line)) {
			t.Errorf("line %d: %s", n, line)
		}
	}
	if n != 4*each {
		t.Errorf("%d lines", n)
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out, plain)
	j.Connected("rtmp://h/<a>&b", 0)
	j.Status("Code", "status", "", 0)
	j.Event(job.Event{Kind: job.FirstMedia, Media: "Video"}, 0)
	j.Event(job.Event{Kind: job.FileOpened, Name: "a.flv.part"}, 0)
	j.Event(job.Event{Kind: job.FileClosed, Name: "a.flv", Size: 9, Duration: 1500 * time.Millisecond}, 0)
	j.Summary(result(), "by <a> test", 2)
	j.Summary(job.Result{Name: "never.flv", Err: errors.New("x")}, "x", 3)
	j.Event(job.Event{Kind: job.Reconnect, Err: errors.New("lost"), Wait: 1234567 * time.Microsecond, Attempt: 2}, 0)
	j.Event(job.Event{Kind: job.Gap, Duration: 1500 * time.Millisecond, Frames: 36}, 0)
	j.Event(job.Event{Kind: job.Jump, Duration: -time.Second}, 0)
	j.Event(job.Event{Kind: job.HooksAwaited, Files: 2}, 0)
	j.Event(job.Event{Kind: job.HookLeft, Name: "a.flv"}, 0)
	j.Event(job.Event{Kind: job.Jump, Duration: time.Second}, 7)
	j.Redirect("rtmp://edge/live/a?token=***", 0)
	j.Omitted(map[string]int{"jump": 2, "gap": 1})
	lost := errors.New("lost")
	j.Event(job.Event{Kind: job.Waiting, Err: lost, Wait: time.Second, Left: time.Minute}, 0)
	j.Event(job.Event{Kind: job.SourceChanged, Name: "rtmp://other/live/a", Err: lost}, 0)
	j.Event(job.Event{Kind: job.Moving, Name: "rtmp://next/live/a"}, 0)
	j.Event(job.Event{Kind: job.Moving, Err: lost}, 0)
	j.Event(job.Event{Kind: job.TrackSilent, Media: "Audio", Duration: 10 * time.Second}, 0)
	j.Event(job.Event{Kind: job.TrackBack, Media: "Video", Duration: 12 * time.Second}, 0)
	splice := flvout.SpliceEvent{Kind: flvout.Rejoined, At: 3 * time.Second}
	j.Event(job.Event{Kind: job.Gap, Duration: 5 * time.Second, Hole: 4 * time.Second, Err: lost, Splice: splice}, 0)
	gaps := result()
	gaps.Gaps, gaps.Mended.Missing, gaps.Reconnects = 2, 7*time.Second, 1
	gaps.Lost = []job.Loss{{At: 3 * time.Second, Missing: 5 * time.Second, Hole: 4 * time.Second, Why: lost}, {At: 8 * time.Second, Missing: 2 * time.Second, Hole: 2 * time.Second}}
	j.Summary(gaps, "by <a> test", 0)
	j.PushSummary(job.PushResult{
		Duration: 10 * time.Second, Size: 250_000, Audio: 430, Video: 250, KeyFrames: 10, Reconnects: 1,
		LeftOut: job.LeftOut{Empty: 2}, Skipped: job.Skipped{Frames: 1, Time: 40 * time.Millisecond},
	}, "by <a> test", 2)
	var got []string
	for line := range strings.Lines(out.String()) {
		var head struct {
			Time    time.Time
			Elapsed json.Number
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil || head.Time.IsZero() || head.Elapsed == "" {
			t.Fatalf("%v: %s", err, line)
		}
		if _, digits, _ := strings.Cut(head.Elapsed.String(), "."); len(digits) > 3 || !strings.Contains(line, head.Time.Format(`"time":"2006-01-02T15:04:05.000Z"`)) {
			t.Errorf("times are told to the millisecond: %s", line)
		}
		// The time differs from run to run, and stands behind the type.
		before, rest, _ := strings.Cut(line, `,"time"`)
		_, rest, _ = strings.Cut(rest, `,"elapsed":`)
		i := strings.IndexAny(rest, ",}")
		got = append(got, before+rest[i:])
	}
	want := []string{
		`{"message_type":"connected","url":"rtmp://h/<a>&b"}` + "\n",
		`{"message_type":"status","code":"Code","level":"status"}` + "\n",
		`{"message_type":"first_media","media":"video"}` + "\n",
		`{"message_type":"file_opened","file":"a.flv.part"}` + "\n",
		`{"message_type":"file_closed","file":"a.flv","bytes":9,"duration":1.5}` + "\n",
		`{"message_type":"summary","file":"a.flv","files":1,"bytes":250000,"duration":10,"audio_tags":430,"video_tags":250,"key_frames":10,"dropped":10,"bytes_received":260000,"reconnects":0,"gaps":0,"missing":0,"jumps":0,"repeats":0,"ended":"by <a> test","exit_status":2}` + "\n",
		`{"message_type":"summary","bytes":0,"duration":0,"audio_tags":0,"video_tags":0,"key_frames":0,"dropped":0,"bytes_received":0,"reconnects":0,"gaps":0,"missing":0,"jumps":0,"repeats":0,"ended":"x","exit_status":3}` + "\n",
		`{"message_type":"reconnect","reason":"lost","class":"class","wait":1.235,"attempt":2}` + "\n",
		`{"message_type":"gap","duration":1.5,"frames":36}` + "\n",
		`{"message_type":"jump","duration":-1}` + "\n",
		`{"message_type":"hooks_awaited","files":2}` + "\n",
		`{"message_type":"hook_left","file":"a.flv"}` + "\n",
		`{"message_type":"jump","omitted":7,"duration":1}` + "\n",
		`{"message_type":"redirect","url":"rtmp://edge/live/a?token=***"}` + "\n",
		`{"message_type":"omitted","types":{"gap":1,"jump":2}}` + "\n",
		`{"message_type":"waiting","reason":"lost","class":"class","wait":1,"left":60}` + "\n",
		`{"message_type":"source","url":"rtmp://other/live/a","reason":"lost","class":"class"}` + "\n",
		`{"message_type":"reconnect_request","url":"rtmp://next/live/a"}` + "\n",
		`{"message_type":"reconnect_request","error":"lost"}` + "\n",
		`{"message_type":"track_silent","media":"audio","duration":10}` + "\n",
		`{"message_type":"track_back","media":"video","duration":12}` + "\n",
		`{"message_type":"gap","at":3,"duration":5,"hole":4,"reason":"lost","class":"class"}` + "\n",
		`{"message_type":"summary","file":"a.flv","files":1,"bytes":250000,"duration":10,"audio_tags":430,"video_tags":250,"key_frames":10,"dropped":10,"bytes_received":260000,"reconnects":1,"gaps":2,"missing":7,` +
			`"gap_list":[{"at":3,"duration":5,"hole":4,"reason":"lost","class":"class"},{"at":8,"duration":2,"hole":2}],"jumps":0,"repeats":0,"ended":"by <a> test","exit_status":0}` + "\n",
		`{"message_type":"summary","bytes":250000,"duration":10,"audio_tags":430,"video_tags":250,"key_frames":10,"left_out":2,"reconnects":1,"missing":0.04,"ended":"by <a> test","exit_status":2}` + "\n",
	}
	if strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("got\n%swant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
}
