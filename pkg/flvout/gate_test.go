package flvout

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// A log is a sink that notes what it is given.
type log struct {
	*Writer
	lines []string
	fail  error
}

func newLog() *log { return &log{Writer: NewWriter(io.Discard)} }

// splitLog is one that can begin another file.
type splitLog struct{ *log }

func (l splitLog) Split() error {
	l.lines = append(l.lines, "split")
	return l.fail
}

func (l *log) write(t Tag, c *Class) error {
	if l.fail != nil {
		return l.fail
	}
	name := map[Kind]string{KindConfig: "header", KindColorInfo: "colour", KindMetadata: "metadata", KindUnknown: "unknown"}[c.Kind]
	switch {
	case c.Kind == KindFrame && t.Type == audio:
		name = "sound"
	case c.Key:
		name = "key"
	case c.Kind == KindFrame:
		name = "inter"
	}
	switch c.Kind {
	case KindConfig, KindColorInfo:
		l.lines = append(l.lines, fmt.Sprintf("%s %x", name, t.Body[max(0, len(t.Body)-2):]))
	case KindMetadata:
		l.lines = append(l.lines, name)
	default:
		l.lines = append(l.lines, fmt.Sprintf("%s %d", name, t.Timestamp))
	}
	return nil
}

// What a test does to a Splicer besides writing tags.
type (
	rejoin struct{}
	begin  struct{}
	// many repeats frames: from, to (excluded) and step in ms.
	many struct {
		make           func(ts uint32, n byte) Tag
		from, to, step uint32
	}
)

func inter(ts uint32, n byte) Tag { return avcFrame(ts, n, false) }
func keyed(ts uint32, n byte) Tag { return avcFrame(ts, n, true) }

// play does steps, and returns what the sink was given, with runs of frames cut
// down to their ends, and what was told.
func play(t testing.TB, out Sink, lines *[]string, o SplicerOptions, steps ...any) (got, told string, err error) {
	t.Helper()
	var tells []string
	o.Event = func(e SpliceEvent) { tells = append(tells, e.Kind.String()) }
	s := NewSplicer(out, o)
	n := byte(0)
	for _, step := range steps {
		var e error
		switch v := step.(type) {
		case Tag:
			e = s.WriteTag(v)
		case time.Duration:
			s.Arrived(v)
		case rejoin:
			e = s.Rejoin()
		case begin:
			e = s.Begin()
		case many:
			for ts := v.from; ts < v.to && e == nil; ts += v.step {
				n++
				e = s.WriteTag(v.make(ts, n))
			}
		default:
			t.Fatalf("step %T", v)
		}
		if e != nil {
			err = e
			break
		}
	}
	if e := s.Close(); err == nil {
		err = e
	}
	return short(*lines), strings.Join(tells, ", "), err
}

// short joins lines, with "a 0, a 10, a 20" as "a 0-20".
func short(lines []string) string {
	var out []string
	for i := 0; i < len(lines); {
		kind, first, _ := strings.Cut(lines[i], " ")
		last := first
		i++
		if kind != "inter" && kind != "sound" {
			out = append(out, strings.TrimSpace(kind+" "+first))
			continue
		}
		for ; i < len(lines) && strings.HasPrefix(lines[i], kind+" "); i++ {
			_, last, _ = strings.Cut(lines[i], " ")
		}
		if last != first {
			first += "-" + last
		}
		out = append(out, kind+" "+first)
	}
	return strings.Join(out, ", ")
}

var (
	avcHead  = Tag{video, 0, avcConfig} // ends in 1fff
	avcHead2 = Tag{video, 0, []byte{0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x20, 0xFF}}
	aacHead  = Tag{audio, 0, aacConfig} // ends in 1210
	aacHead2 = Tag{audio, 0, []byte{0xAF, 0, 0x11, 0x90}}
)

// TestSplicerBegins sends streams whose beginnings are not what they should be.
// The first picture is at 100 ms, since sound may come before it.
func TestSplicerBegins(t *testing.T) {
	both := metadataTag(t, amf.ECMAArray, amf.Property{Name: "videocodecid", Value: amf.Number(7)}, amf.Property{Name: "audiocodecid", Value: amf.Number(10)})
	sound := metadataTag(t, amf.ECMAArray, amf.Property{Name: "audiocodecid", Value: amf.Number(10)})
	ticks := func(from, to uint32) (steps []any) { // audio and video that is no key frame
		for ts := from; ts < to; ts += 40 {
			steps = append(steps, inter(ts, byte(ts/40)), aacFrame(ts+5, byte(ts/40)), aacFrame(ts+25, byte(ts/40)))
		}
		return steps
	}
	steps := func(list ...any) (flat []any) {
		for _, s := range list {
			if v, ok := s.([]any); ok {
				flat = append(flat, v...)
			} else {
				flat = append(flat, s)
			}
		}
		return flat
	}
	sps := Tag{video, 0, append([]byte{0x17, 1, 0, 0, 0, 0, 0, 0, 4, 0x67, 0x64, 0, 0x1F, 0, 0, 0, 2, 0x68, 0xEB, 0, 0, 0, 2}, 0x65, 1)}
	for name, c := range map[string]struct {
		steps      []any
		want, told string
	}{
		"a key frame":                  {steps(both, avcHead, aacHead, keyed(0, 1), aacFrame(5, 1), inter(40, 2)), "metadata, header 1fff, header 1210, key 100, sound 105, inter 140", ""},
		"frames before it":             {steps(avcHead, aacHead, ticks(0, 400), keyed(400, 1), aacFrame(405, 1)), "header 1fff, header 1210, sound 5-85, key 100, sound 105", ""},
		"sound ahead of it":            {steps(avcHead, aacHead, many{aacFrame, 0, 1500, 100}, keyed(1000, 1), aacFrame(1500, 1)), "header 1fff, header 1210, sound 0, key 100, sound 100-600", ""},
		"sound a little before it":     {steps(avcHead, aacHead, aacFrame(800, 1), keyed(1000, 1), aacFrame(880, 1), aacFrame(920, 1), aacFrame(1010, 1)), "header 1fff, header 1210, key 100, sound 20-110", ""},
		"headers late":                 {steps(inter(0, 1), keyed(40, 2), inter(80, 3), aacFrame(85, 1), avcHead, keyed(120, 4), aacHead, aacFrame(125, 2)), "header 1fff, key 100, header 1210, sound 105", ""},
		"no key frame for long":        {steps(avcHead, aacHead, ticks(0, 20_080)), "header 1fff, header 1210, sound 5-85, inter 100, sound 105-125, inter 140, sound 145-165", "begun without a key frame"},
		"no key frame, by arrival":     {steps(avcHead, time.Second, inter(0, 1), 20*time.Second, inter(20, 2), 21*time.Second, inter(40, 3), inter(80, 4)), "header 1fff, inter 100-140", "begun without a key frame"},
		"no header for long":           {steps(aacHead, many{keyed, 0, 10_000, 1000}, aacFrame(9990, 1), keyed(10_000, 1), aacFrame(10_005, 2)), "header 1210, sound 0-15", "header missing"},
		"no header, and it comes":      {steps(many{keyed, 0, 12_000, 1000}, avcHead, inter(12_000, 1), keyed(12_040, 1)), "header 1fff, key 0", "header missing"},
		"a header in the frame":        {steps(sps), "header 68eb, key 100", "header made"},
		"and then the same":            {steps(sps, Tag{video, 0, []byte("\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff\xe1\x00\x04\x67\x64\x00\x1f\x01\x00\x02\x68\xeb")}, inter(40, 1)), "header 68eb, key 100, inter 140", "header made"},
		"no header of the sound":       {steps(avcHead, keyed(0, 1), many{aacFrame, 0, 12_000, 20}, inter(40, 2), aacHead, aacFrame(12_000, 1)), "header 1fff, key 100, inter 140, header 1210, sound 12100", "header missing, gap"},
		"sound alone, said so":         {steps(sound, aacHead, aacFrame(1000, 1), aacFrame(1020, 2)), "metadata, header 1210, sound 0-20", ""},
		"sound alone, not said so":     {steps(aacHead, many{aacFrame, 1000, 3000, 20}), "header 1210, sound 0-1980", ""},
		"sound alone, somebody waits":  {steps(aacHead, aacFrame(1000, 1), begin{}, aacFrame(1020, 2)), "header 1210, sound 0-20", ""},
		"sound alone, video promised":  {steps(both, aacHead, many{aacFrame, 1000, 3020, 20}), "metadata, header 1210, sound 0-2000", "begun without video"},
		"sound, and a header of video": {steps(avcHead, aacHead, many{aacFrame, 0, 22_020, 20}), "header 1fff, header 1210, sound 0-22000", "begun without video"},
		"video after 5 s": {steps(aacHead, many{aacFrame, 0, 5000, 20}, avcHead, inter(4990, 1), keyed(5000, 1), aacFrame(5010, 1)),
			"header 1210, sound 0-4980, header 1fff, key 5000, sound 5010", ""},
		"sound after 10 s":     {steps(avcHead, keyed(0, 1), many{inter, 40, 10_000, 40}, aacHead, aacFrame(10_000, 1)), "header 1fff, key 100, inter 140-10060, header 1210, sound 10100", ""},
		"nothing but a header": {steps(avcHead, aacHead), "", ""},
		"ends while it waits":  {steps(avcHead, aacHead, ticks(0, 80)), "header 1fff, header 1210, sound 0-60", ""},
		"breaks off while it waits": {steps(avcHead, aacHead, ticks(0, 80), rejoin{}, avcHead, aacHead, keyed(500, 1), aacFrame(505, 1)),
			"header 1fff, header 1210, key 100, sound 105", ""},
		"rejoined at a key frame": {steps(avcHead, aacHead, keyed(0, 1), aacFrame(5, 1), rejoin{}, avcHead, aacHead, ticks(700, 780), keyed(780, 2), aacFrame(785, 2)),
			"header 1fff, header 1210, key 100, sound 105-865, key 880, sound 885", "rejoined"},
		"rejoined without a header": {steps(avcHead, keyed(0, 1), rejoin{}, keyed(700, 2)), "header 1fff, key 100, key 800", "rejoined"},
		"video of codecs without headers": {steps(Tag{video, 0, []byte("\x22inter")}, Tag{video, 40, []byte("\x12key")}, Tag{video, 80, []byte("\x22inter")}),
			"key 100, inter 140", ""},
		"MP3 without a header": {steps(sound, Tag{audio, 0, []byte("\x2eframe")}), "metadata, sound 0", ""},
		"key frames in the bitstream, and lengths of 2 bytes": {steps(Tag{video, 0, []byte("\x80avc1\x01\x64\x00\x1f\xfd")},
			Tag{video, 0, []byte("\x83avc1\x00\x02\x41\x00")}, Tag{video, 40, []byte("\x83avc1\x00\x02\x65\x00")}), "header 1ffd, key 100", ""},
		"tracks, of which the default comes later": {steps(exVideo("\x90hvc1head"), exVideo("\x96\x00hvc1\x01head"), exVideo("\x96\x03hvc1\x01key"), exVideo("\x93hvc1key"),
			exVideo("\xA6\x03hvc1\x01inter"), exVideo("\x96\x03hvc1\x01key")), "header 6164, header 6164, key 100, key 100", ""},
		"encrypted": {steps(many{func(ts uint32, _ byte) Tag { return Tag{video | tagFilterBit, ts, []byte("x")} }, 0, 20_001, 1000}, Tag{video | tagFilterBit, 20_040, nil}), "unknown 100", "begun without a key frame"},
	} {
		t.Run(name, func(t *testing.T) {
			out := newLog()
			got, told, err := play(t, out, &out.lines, SplicerOptions{}, c.steps...)
			if got != c.want || told != c.told || err != nil {
				t.Errorf("got  %s\nwant %s\ntold %q, want %q; %v", got, c.want, told, c.told, err)
			}
		})
	}
}

// TestSplicerHeaders changes headers amid a stream, and says when a file is
// begun.
func TestSplicerHeaders(t *testing.T) {
	run := func(from uint32) []any { // a group of pictures of 120 ms
		return []any{keyed(from, byte(from/40)), aacFrame(from+5, byte(from/40)), inter(from+40, byte(from/40+1)), aacFrame(from+45, byte(from/40+1))}
	}
	frame := func(body string, ts uint32) Tag { return Tag{video, ts, []byte(body)} }
	start := slices.Concat([]any{avcHead, aacHead}, run(0))
	const began = "header 1fff, header 1210, key 100, sound 105, inter 140, sound 145, "
	for name, c := range map[string]struct {
		o     SplicerOptions
		steps []any
		want  string
		told  string
		err   error
	}{
		"the same":                      {SplicerOptions{}, slices.Concat([]any{avcHead, aacHead, avcHead}, run(80)), "key 180, sound 185, inter 220, sound 225", "", nil},
		"video":                         {SplicerOptions{}, slices.Concat([]any{avcHead2}, run(80)), "split, header 20ff, key 180, sound 185, inter 220, sound 225", "header changed", nil},
		"video, then audio":             {SplicerOptions{}, slices.Concat([]any{avcHead2, aacHead2}, run(80)), "split, header 20ff, header 1190, key 180, sound 185, inter 220, sound 225", "header changed, header changed", nil},
		"audio, then video":             {SplicerOptions{}, slices.Concat([]any{aacHead2, avcHead2}, run(80)), "split, header 1190, header 20ff, key 180, sound 185, inter 220, sound 225", "header changed, header changed", nil},
		"video, and sound first":        {SplicerOptions{}, slices.Concat([]any{avcHead2, aacFrame(65, 9)}, run(80)), "split, header 20ff, sound 165, key 180, sound 185, inter 220, sound 225", "header changed", nil},
		"video, and no key frame":       {SplicerOptions{}, slices.Concat([]any{avcHead2, inter(60, 9)}, run(80)), "split, header 20ff, key 180, sound 185, inter 220, sound 225", "header changed", nil},
		"audio amid a group":            {SplicerOptions{}, slices.Concat([]any{aacHead2, aacFrame(65, 9), inter(70, 9)}, run(120)), "header 1190, sound 165, inter 170, split, key 220, sound 225, inter 260, sound 265", "header changed", nil},
		"audio at a key frame":          {SplicerOptions{}, slices.Concat([]any{aacHead2}, run(80)), "split, header 1190, key 180, sound 185, inter 220, sound 225", "header changed", nil},
		"audio, then video amid it":     {SplicerOptions{}, slices.Concat([]any{aacHead2, aacFrame(65, 9), avcHead2}, run(120)), "header 1190, sound 165, split, header 20ff, key 220, sound 225, inter 260, sound 265", "header changed, header changed", nil},
		"there and back":                {SplicerOptions{}, slices.Concat([]any{avcHead2, avcHead}, run(80)), "key 180, sound 185, inter 220, sound 225", "", nil},
		"an end before it":              {SplicerOptions{}, slices.Concat([]any{frame("\x17\x02\x00\x00\x00", 60), avcHead, aacHead}, run(80)), "key 180, sound 185, inter 220, sound 225", "", nil},
		"kept":                          {SplicerOptions{OnChange: ChangeKeep}, slices.Concat([]any{avcHead2, aacHead2, inter(60, 9)}, run(80)), "header 20ff, header 1190, inter 160, key 180, sound 185, inter 220, sound 225", "header changed, header changed", nil},
		"the end":                       {SplicerOptions{OnChange: ChangeExit}, slices.Concat([]any{avcHead2}, run(80)), "", "header changed", ErrChanged},
		"the end, but nothing changed":  {SplicerOptions{OnChange: ChangeExit}, slices.Concat([]any{avcHead}, run(80)), "key 180, sound 185, inter 220, sound 225", "", nil},
		"another codec":                 {SplicerOptions{}, []any{frame("\x90hvc1head", 0), frame("\xA1hvc1\x00\x00\x00inter", 70), frame("\x91hvc1\x00\x00\x00key", 80)}, "split, header 6164, key 180", "header changed", nil},
		"a codec without headers":       {SplicerOptions{}, []any{frame("\xA3vp09inter", 70), frame("\x93vp09key", 80), frame("\xA3vp09inter", 120)}, "split, key 180, inter 220", "header changed", nil},
		"MP3, amid a group":             {SplicerOptions{}, slices.Concat([]any{Tag{audio, 65, []byte("\x2emp3")}, Tag{audio, 85, []byte("\x2emp32")}, inter(90, 9), keyed(120, 9)}), "header 1fff, header 1210, key 100, sound 105, inter 140, sound 145-185, inter 190, split, key 220", "header changed", nil},
		"colours":                       {SplicerOptions{}, []any{frame("\xD4avc1colours", 0), inter(60, 9), frame("\xD4avc1colours", 0), inter(100, 8), frame("\xD4avc1others", 0), inter(140, 7)}, "colour 7273, inter 160-200, colour 7273, inter 240", "", nil},
		"an empty AV1 header, then one": {SplicerOptions{}, []any{frame("\x90av01", 0), frame("\x90av01head", 0), frame("\x93av01key", 80), frame("\x90av01", 0), frame("\xA3av01inter", 120)}, "split, header 6164, key 180, inter 220", "header changed", nil},
		"an empty AAC header":           {SplicerOptions{}, slices.Concat([]any{Tag{audio, 0, []byte{0xAF, 0}}}, run(80)), "key 180, sound 185, inter 220, sound 225", "", nil},
		"another track":                 {SplicerOptions{}, slices.Concat([]any{frame("\x96\x00hvc1\x01head", 0)}, run(80)), "header 6164, key 180, sound 185, inter 220, sound 225", "", nil},
		"rejoined, the same":            {SplicerOptions{}, slices.Concat([]any{rejoin{}, avcHead, aacHead}, run(80)), "key 180, sound 185, inter 220, sound 225", "rejoined", nil},
		"rejoined, another":             {SplicerOptions{}, slices.Concat([]any{rejoin{}, avcHead2, aacHead}, run(80)), "split, header 20ff, key 180, sound 185, inter 220, sound 225", "header changed, rejoined", nil},
		"rejoined, another, kept":       {SplicerOptions{OnChange: ChangeKeep}, slices.Concat([]any{rejoin{}, avcHead2, aacHead}, run(80)), "header 20ff, key 180, sound 185, inter 220, sound 225", "header changed, rejoined", nil},
		"rejoined, to be split":         {SplicerOptions{OnRejoin: RejoinSplit}, slices.Concat([]any{rejoin{}, avcHead, aacHead}, run(0)), "split, key 180, sound 185, inter 220, sound 225", "rejoined", nil},
	} {
		t.Run(name, func(t *testing.T) {
			out := splitLog{newLog()}
			got, told, err := play(t, out, &out.lines, c.o, slices.Concat(start, c.steps)...)
			if got = strings.TrimPrefix(got+", ", began); strings.TrimSuffix(got, ", ") != c.want || told != c.told || !errors.Is(err, c.err) {
				t.Errorf("got  %s\nwant %s\ntold %q, want %q; %v", got, c.want, told, c.told, err)
			}
		})
	}
}

// TestSplicerIsBounded lets sound wait for a picture that does not come, and a key
// frame that is too large to be held be sent again.
func TestSplicerIsBounded(t *testing.T) {
	out := newLog()
	s := NewSplicer(out, SplicerOptions{})
	most := 0
	write := func(tags ...Tag) {
		t.Helper()
		for _, tg := range tags {
			if err := s.WriteTag(tg); err != nil {
				t.Fatal(err)
			}
			most = max(most, len(s.gate.held)+len(s.repeat.held))
		}
	}
	write(avcHead, aacHead)
	for ts := range uint32(100) {
		write(Tag{audio, ts, append([]byte{0xAF, 1}, make([]byte, 64<<10)...)})
	}
	if most > maxHeld || most < maxHeld-128<<10 || len(out.lines) != 2+100 {
		t.Errorf("%d bytes are held, and %d tags written", most, len(out.lines))
	}

	most = 0
	key := Tag{video, 1000, append([]byte{0x17, 1, 0, 0, 0}, make([]byte, maxRunSize)...)}
	write(key, inter(1040, 1), inter(1080, 2))
	n := len(out.lines)
	if err := s.Rejoin(); err != nil {
		t.Fatal(err)
	}
	write(key, inter(1040, 1), inter(1080, 2))
	if most > 1<<10 || len(out.lines) != n+3 {
		t.Errorf("%d bytes are held, and %d tags written", most, len(out.lines)-n)
	}
}

// TestSplicerJumpWhileWaiting: a clock that jumps ahead of the first key frame
// does not end the wait for it.
func TestSplicerJumpWhileWaiting(t *testing.T) {
	for _, judged := range []bool{true, false} {
		out := newCensus()
		s := NewSplicer(out, SplicerOptions{})
		for i, tg := range liveStream(500, 50, 0, func(at uint32) uint32 {
			if at > 0 {
				at += 5_000_000
			}
			return at
		}) {
			if i == 3 { // the first key frame
				tg.Body = picture(0, 0, false).Body
			}
			if judged {
				s.Arrived(ms(tg.at))
			}
			if err := s.WriteTag(tg.Tag); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if fix := s.Corrections(); out.first != "key" || len(out.at[1]) != 450 || fix.Undecodable != 50 || fix.Jumps != 0 {
			t.Errorf("judged %t: the first of %d pictures is %s, %+v", judged, len(out.at[1]), out.first, fix)
		}
	}
}

// TestSplicerLagAndRejoin: sound that lags the picture goes on where it ended, when
// a new connection goes on with a key frame, and so does sound that is ahead.
func TestSplicerLagAndRejoin(t *testing.T) {
	for _, ahead := range []int{0, -400, -1500, 400} {
		for _, clock := range []uint32{0, 1_000_000} {
			out := newCensus()
			s := NewSplicer(out, SplicerOptions{})
			again := false
			for _, tg := range liveStream(600, 50, ahead, func(at uint32) uint32 { return at }) {
				if tg.at >= 12_000 && tg.Type == video && !again {
					again = true
					if err := errors.Join(s.Rejoin(), s.WriteTag(avcHead), s.WriteTag(aacHead)); err != nil {
						t.Fatal(err)
					}
				}
				if again {
					tg.Timestamp += clock
				}
				s.Arrived(ms(tg.at))
				if err := s.WriteTag(tg.Tag); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			sound := (23_960 + ahead) / 23
			if fix := s.Corrections(); len(out.at[1]) != 600 || len(out.at[0]) < sound-1 || fix.Rejoins != 1 {
				t.Errorf("sound %d ms ahead, clock %d: %d pictures, and of %d frames of sound %d, %+v",
					ahead, clock, len(out.at[1]), sound, len(out.at[0]), fix)
			}
			off := func(n int) int64 { return int64(out.at[1][n]-out.at[1][0]) - int64(n)*40 }
			if off(599) < -100 || off(599) > int64(100+max(0, ahead)) { // nothing begins ahead of where the sound ended
				t.Errorf("sound %d ms ahead, clock %d: the last picture is %d ms off", ahead, clock, off(599))
			}
		}
	}
}

// TestSplicerRejoinSoundFirst: a new connection behind a long hole brings sound at
// once and the picture from the next key frame on, as nginx-rtmp does. They keep
// their distance, however long that takes.
func TestSplicerRejoinSoundFirst(t *testing.T) {
	const lost, key = 10_000, 42_000 // ms
	for _, wait := range []int64{200, 990, 1160, 1900} {
		out := newCensus()
		s := NewSplicer(out, SplicerOptions{})
		again := false
		for _, tg := range liveStream(1500, 50, 0, func(at uint32) uint32 { return at }) {
			if tg.at > lost && (tg.at < key-wait || tg.at < key && tg.Type == video) {
				continue
			}
			if tg.at > lost && !again {
				again = true
				if err := s.Rejoin(); err != nil {
					t.Fatal(err)
				}
			}
			s.Arrived(ms(tg.at))
			if err := s.WriteTag(tg.Tag); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		const picture, sound = 1499, 2606 // the last ones
		apart := int(out.at[0][sound]) - sound*23 - (int(out.at[1][picture]) - picture*40)
		if fix := s.Corrections(); fix.Jumps != 0 || apart != 0 {
			t.Errorf("sound %d ms before the picture: in the end they are %d ms apart, %+v", wait, apart, fix)
		}
	}
}

// TestSplicerClockBehindFirstPicture lets the source's clock begin again behind
// the first picture: the sound stays.
func TestSplicerClockBehindFirstPicture(t *testing.T) {
	tags := liveStream(500, 50, 0, func(at uint32) uint32 { return at })
	tags[2], tags[3] = liveTag{picture(3000, 0, true), 0}, tags[2]
	out, fix, _ := sendLive(t, tags)
	if len(out.at[1]) != 500 || len(out.at[0]) < 866 || fix.Early > 2 || fix.Jumps != 1 {
		t.Errorf("%d pictures, %d frames of sound, %+v", len(out.at[1]), len(out.at[0]), fix)
	}
}
