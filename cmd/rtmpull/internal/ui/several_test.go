package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		snapshots := make([]job.Snapshot, 4)
		streams := make([]*Stream, len(snapshots))
		for i, label := range []string{"a", "live/bars", "c", "a-name-that-is-much-too-long-for-a-column"} {
			streams[i] = &Stream{Label: label, Idle: "waiting for media", Snapshot: func() job.Snapshot { return snapshots[i] }, Explain: plain}
		}
		v := Together(streams)
		check := func(width, height int, total string, want ...string) {
			t.Helper()
			now := time.Now()
			if got := v.rows(now, width, height); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if got := v.line(now); got != total {
				t.Errorf("got  %s\nwant %s", got, total)
			}
		}
		check(80, 25, "4 waiting",
			"a                         waiting for media",
			"live/bars                 waiting for media",
			"c                         waiting for media",
			"a-name-that-is-much-too…  waiting for media")
		time.Sleep(2 * time.Second)
		snapshots[0] = job.Snapshot{Audio: 90, Video: 50, Size: 250_000, Duration: 2 * time.Second, LastKey: time.Now()}
		snapshots[1] = job.Snapshot{Audio: 90, Size: 50_000, Duration: 2 * time.Second}
		check(80, 25, "2 recording, 2 waiting  300 kB  1.2 Mbit/s",
			"a                         00:00:02  250 kB  1 Mbit/s  25.0 fps  key frame 0 s a…",
			"live/bars                 00:00:02  50 kB  200 kbit/s",
			"c                         waiting for media",
			"a-name-that-is-much-too…  waiting for media")
		streams[0].End("by the server", false)
		streams[3].End("h refused: no", true)
		snapshots[1].Size, snapshots[1].Duration, snapshots[1].Audio = 100_000, 4*time.Second, 180
		time.Sleep(2 * time.Second)
		check(80, 25, "1 recording, 1 waiting, 1 ended, 1 failed  350 kB  200 kbit/s",
			"a                         ended: by the server",
			"live/bars                 00:00:04  100 kB  200 kbit/s",
			"c                         waiting for media",
			"a-name-that-is-much-too…  failed: h refused: no")
		// There is no room for all: those that have ended go first.
		check(80, 5, "1 recording, 1 waiting, 1 ended, 1 failed  350 kB  200 kbit/s",
			"live/bars  00:00:04  100 kB  200 kbit/s",
			"c          waiting for media")
		snapshots[1].Awaited = &job.Awaited{Why: errors.New("lost"), Since: time.Now()}
		check(80, 5, "2 waiting, 1 ended, 1 failed  350 kB  200 kbit/s",
			"live/bars  00:00:04  100 kB  waiting for 00:00:00: lost",
			"c          waiting for media")
		snapshots[1].Awaited = nil
		check(80, 3, "1 recording, 1 waiting, 1 ended, 1 failed  350 kB  200 kbit/s")
		check(80, 0, "1 recording, 1 waiting, 1 ended, 1 failed  350 kB  200 kbit/s")
		check(15, 5, "1 recording, 1 waiting, 1 ended, 1 failed  350 kB  200 kbit/s",
			"live/bars  00:…",
			"c          wai…")
	})
}

// Wide letters take two columns.
func TestTogetherWide(t *testing.T) {
	streams := []*Stream{
		{Label: "番組", Idle: "idle", Snapshot: func() job.Snapshot { return job.Snapshot{} }},
		{Label: "abcdef", Idle: "idle", Snapshot: func() job.Snapshot { return job.Snapshot{} }},
	}
	rows := Together(streams).rows(time.Now(), 80, 25)
	for _, row := range rows {
		if runewidth.StringWidth(row) != len("abcdef  idle") {
			t.Errorf("the columns of %q are not aligned", rows)
		}
	}
}

// On a terminal the lines of the streams stand above the totals, in their order.
func TestLiveRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var streams []*Stream
		for _, label := range []string{"first", "second", "third"} {
			streams = append(streams, &Stream{Label: label, Idle: "idle", Snapshot: func() job.Snapshot { return job.Snapshot{} }})
		}
		var out safeBuffer
		p := Live(&out, Together(streams), func() int { return 10 })
		time.Sleep(liveEvery + time.Millisecond)
		synctest.Wait()
		if want := "first   idle\nsecond  idle\nthird   idle\n3 waiting"; !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want it to have %q", out.String(), want)
		}
		p.Stop()
	})
}

func outcomes() []Outcome {
	ok := result()
	gaps := result()
	gaps.Gaps, gaps.Mended.Missing, gaps.Files, gaps.Reconnects = 2, 3*time.Second, 3, 1
	return []Outcome{
		{Label: "a", Result: ok, Why: "by the server"},
		{Label: "b", Result: job.Result{Received: rtmp.Stats{Bytes: 3000}}, Why: "h refused", Status: 4},
		{Label: "c", Result: ok, Why: "interrupted", Status: 130},
		{Label: "d", Result: gaps, Why: "lost", Status: 2},
		{Label: "e", Result: ok, Why: "broken pipe", Status: 141},
	}
}

func TestSummaryOfAll(t *testing.T) {
	var out bytes.Buffer
	SummaryOfAll(&out, outcomes())
	const want = `failed (4) b: nothing; ended: h refused
failed (2) d: 10.00 s, 250 kB in 3 files; missing: 3.00 s in 2 gaps; ended: lost
failed (141) e: 10.00 s, 250 kB; ended: broken pipe
c: 10.00 s, 250 kB; ended: interrupted
a: 10.00 s, 250 kB; ended: by the server
5 streams: 1 complete, 1 interrupted, 3 failed; 6 files, 1.0 MB
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestJSONOfAll(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out, plain)
	one := j.Of("live/a", "rtmp://h/live/a?key=***")
	one.Connected("rtmp://h/live/a?key=***", 0)
	one.Event(job.Event{Kind: job.FileOpened, Name: "a.flv.part"}, 0)
	one.Summary(result(), "by the server", 0)
	j.SummaryOfAll(outcomes(), 141)
	var got []string
	for line := range strings.Lines(out.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%v %v %v", v["message_type"], v["stream"], v["url"]))
		if n := strings.Count(line, `"url"`); n > 1 {
			t.Errorf("%d fields have one name: %s", n, line)
		}
		if v["message_type"] == "summary" {
			delete(v, "time")
			delete(v, "elapsed")
			b, _ := json.Marshal(v)
			if want := `{"bytes":1000000,"bytes_received":1043000,"complete":1,"duration":40,"exit_status":141,"exit_statuses":{"0":1,"130":1,"141":1,"2":1,"4":1},` +
				`"failed":3,"files":6,"gaps":2,"interrupted":1,"message_type":"summary","missing":3,"reconnects":1,"streams":5}`; string(b) != want {
				t.Errorf("got  %s\nwant %s", b, want)
			}
		}
	}
	const about = " live/a rtmp://h/live/a?key=***"
	if want := []string{"connected" + about, "file_opened" + about, "stream_summary" + about, "summary <nil> <nil>"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
