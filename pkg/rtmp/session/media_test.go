package session

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/rtmp/chunk"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

func TestMediaWhereverItComes(t *testing.T) {
	tests := []struct {
		name  string
		from  State
		steps []step
	}{
		{"before Play.Start", Starting, []step{
			{video(40, 7), "!started; >Video 40@7 [1701]", Streaming, nil},
			{status("NetStream.Play.Start"), "!status NetStream.Play.Start", Streaming, nil},
			{audio(41, 7), ">Audio 41@7 [af01]", Streaming, nil},
		}},
		{"before play", Creating, []step{{video(40, 7), "", Creating, nil}, {video(40, 0), "", Creating, nil}}},
		{"on stream 0", Streaming, []step{{video(40, 0), ">Video 40@0 [1701]", Streaming, nil}}},
		{"on a foreign stream alone", Streaming, []step{
			{video(40, 1), ">Video 40@1 [1701]", Streaming, nil},
			{video(40, 2), "", Streaming, nil},
			{event(message.EventStreamEOF, 1), "!stream eof (ending)", Streaming, nil},
			{event(message.EventStreamEOF, 2), "", Streaming, nil},
		}},
		{"on ours, then on a foreign stream", Streaming, []step{
			{video(40, 7), ">Video 40@7 [1701]", Streaming, nil},
			{video(40, 1), "", Streaming, nil},
		}},
		{"without a byte", Streaming, []step{
			{&message.Message{Type: message.TypeAudio, StreamID: 7}, ">Audio 0@7 []", Streaming, nil},
		}},
		{"data before Play.Start", Starting, []step{
			{data(amf.String("onMetaData")), ">Data 0@7 [02000a6f6e4d65746144617461]", Starting, nil},
		}},
		{"data before play", Creating, []step{{data(amf.String("onMetaData")), "", Creating, nil}}},
		{"@setDataFrame is taken off", Streaming, []step{
			{on(0, data(amf.String("@setDataFrame"), amf.String("x"))), ">Data 0@0 [02000178]", Streaming, nil},
		}},
		{"data in AMF3 form", Streaming, []step{
			{&message.Message{Type: message.TypeDataAMF3, StreamID: 7, Payload: []byte{0, 2, 0, 1, 'x'}}, ">Data 0@7 [02000178]", Streaming, nil},
			{&message.Message{Type: message.TypeDataAMF3, StreamID: 7, Payload: []byte{2, 0, 1, 'x'}}, ">Data 0@7 [02000178]", Streaming, nil},
		}},
		{"data that does not decode is passed on as it is", Streaming, []step{
			{&message.Message{Type: message.TypeData, StreamID: 7, Payload: []byte{2, 0, 1, 'x', 0xff}},
				"!oddity: a Data of 5 bytes: amf: offset 4: unknown marker 0xff; >Data 0@7 [02000178ff]", Streaming, nil},
		}},
		{"data without a byte", Streaming, []step{{&message.Message{Type: message.TypeData, StreamID: 7}, "", Streaming, nil}}},
		{"|RtmpSampleAccess", Streaming, []step{{data(amf.String("|RtmpSampleAccess"), amf.Boolean(true)), "", Streaming, nil}}},
		{"what is no part of the stream", Streaming, []step{
			{&message.Message{Type: message.TypeSharedObject, Payload: []byte{1}}, "", Streaming, nil},
			{&message.Message{Type: 99, Payload: []byte{1}}, "", Streaming, nil},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, Config{}, func(t *testing.T, cfg Config) { run(t, at(t, cfg, test.from), test.steps) })
		})
	}
}

// Row 25: what comes between a seek and its Notify is from before it.
func TestRow25Seek(t *testing.T) {
	s := at(t, Config{Kind: Recorded}, Streaming)
	if got := show(s.Seek(nil, 5000)); got != "seek#4@7 5000" {
		t.Errorf("says %s", got)
	}
	run(t, s, []step{
		{video(1, 7), "", Streaming, nil},
		{status("NetStream.Seek.Notify"), "!status NetStream.Seek.Notify", Streaming, nil},
		{video(5000, 7), ">Video 5000@7 [1701]", Streaming, nil},
	})
	if got := show(s.Seek(nil, 9000)); got != "seek#5@7 9000" {
		t.Errorf("says %s", got)
	}
	run(t, s, []step{
		{command("_error", 5, amf.Null{}, amf.Null{}), "!oddity: the server does not know seek", Streaming, nil},
		{video(5040, 7), ">Video 5040@7 [1701]", Streaming, nil},
	})
	if got := show(at(t, Config{}, Starting).Seek(nil, 1)); got != "" {
		t.Errorf("before the stream: %s", got)
	}
}

// Row 26: a recorded stream that has fallen silent is paused and resumed, and
// what comes twice is dropped.
func TestRow26Bounce(t *testing.T) {
	s := at(t, Config{Kind: Recorded}, Streaming)
	run(t, s, []step{{video(800, 7), ">Video 800@7 [1701]", Streaming, nil}})
	for _, want := range []string{"pause#4@7 true 800", "pause#5@7 true 800"} { // the first was not answered
		if got := show(s.Bounce(nil)); got != want {
			t.Errorf("says %s, want %s", got, want)
		}
	}
	run(t, s, []step{
		{status("NetStream.Pause.Notify"), "!status NetStream.Pause.Notify; pause#6@7 false 800", Streaming, nil},
		{status("NetStream.Pause.Notify"), "!status NetStream.Pause.Notify", Streaming, nil},
		{video(760, 7), "", Streaming, nil},
		{video(800, 7), "", Streaming, nil},
		{audio(801, 7), ">Audio 801@7 [af01]", Streaming, nil},
		{audio(790, 7), ">Audio 790@7 [af01]", Streaming, nil},
	})
	if got := show(at(t, Config{}, Starting).Bounce(nil)); got != "" {
		t.Errorf("before the stream: %s", got)
	}
}

// Row 26: a server that says that the buffer is empty is asked to go on at once, if
// the stream is a recorded one and something new has come since the last time.
func TestRow26BufferEmpty(t *testing.T) {
	empty := event(message.EventBufferEmpty, 7)
	told := "!buffer empty"
	said := step{event(message.EventStreamIsRecorded, 7), "!stream is recorded", Streaming, nil}
	notified := status("NetStream.Pause.Notify")
	for _, cfg := range []Config{{Kind: Recorded}, {}, {Kind: FromStart}} {
		s := at(t, cfg, Streaming)
		if cfg.Kind != Recorded {
			run(t, s, []step{{video(800, 7), ">Video 800@7 [1701]", Streaming, nil}, {empty, told, Streaming, nil}, said})
		}
		n := s.lastID
		run(t, s, []step{
			{video(800, 7), ">Video 800@7 [1701]", Streaming, nil},
			{audio(790, 7), ">Audio 790@7 [af01]", Streaming, nil},
			{video(840, 7), ">Video 840@7 [1701]", Streaming, nil},
			{empty, fmt.Sprintf("%s; pause#%d@7 true 840", told, n+1), Streaming, nil},
			{empty, told, Streaming, nil},
			{notified, fmt.Sprintf("!status NetStream.Pause.Notify; pause#%d@7 false 840", n+2), Streaming, nil},
			{event(message.EventStreamEOF, 7), "!stream eof", Streaming, nil},
			{empty, told, Streaming, nil}, // and so is left to the clock
			{video(800, 7), "", Streaming, nil},
			{audio(790, 7), "", Streaming, nil},
			{audio(813, 7), ">Audio 813@7 [af01]", Streaming, nil}, // which had not come
			{video(840, 7), "", Streaming, nil},
			{video(880, 7), ">Video 880@7 [1701]", Streaming, nil},
			{audio(790, 7), ">Audio 790@7 [af01]", Streaming, nil},
			{empty, fmt.Sprintf("%s; pause#%d@7 true 790", told, n+3), Streaming, nil},
			// FMS may say of a pause that the stream is over, and no more than that.
			{event(message.EventStreamEOF, 7), "!stream eof", Streaming, nil},
			{empty, fmt.Sprintf("%s; pause#%d@7 false 790", told, n+4), Streaming, nil},
			{notified, "!status NetStream.Pause.Notify", Streaming, nil},
		})
	}
	frame := step{video(800, 7), ">Video 800@7 [1701]", Streaming, nil}
	for name, test := range map[string]struct {
		cfg   Config
		steps []step
	}{
		"before there is any media": {Config{Kind: Recorded}, nil},
		"live":                      {Config{Kind: Live}, []step{said, frame}},
		"in real time":              {Config{Kind: Recorded, Realtime: true}, []step{frame}},
		"headers alone":             {Config{Kind: Recorded}, []step{{&message.Message{Type: message.TypeVideo, StreamID: 7, Payload: []byte{0x17, 0}}, ">Video 0@7 [1700]", Streaming, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, at(t, test.cfg, Streaming), append(test.steps, step{empty, told, Streaming, nil}))
		})
	}
	s := at(t, Config{Kind: Recorded}, Streaming)
	run(t, s, []step{frame})
	s.Pause(nil, true)
	run(t, s, []step{{empty, told, Streaming, nil}})
	s.Pause(nil, false)
	s.Seek(nil, 5000)
	run(t, s, []step{{empty, told, Streaming, nil}})
}

// A stream that is longer than the buffer that is announced has that grow, unless it
// is the user's.
func TestRow10LongStream(t *testing.T) {
	metadata := func(seconds float64) *message.Message {
		o := &amf.Object{Kind: amf.ECMAArray}
		o.Set("duration", amf.Number(seconds))
		return data(amf.String("onMetaData"), o)
	}
	for name, test := range map[string]struct {
		cfg     Config
		seconds float64
		say     string
	}{
		"twelve hours":          {Config{}, 43_200.5, "Set Buffer Length 7 43205500; "},
		"ten hours":             {Config{}, 36_000, ""},
		"twelve hours, live":    {Config{Kind: Live}, 43_200, ""},
		"the user has a buffer": {Config{Buffer: 3000}, 43_200, ""},
		"for ever":              {Config{Kind: Recorded}, math.Inf(1), "Set Buffer Length 7 2147483647; "},
		"no number":             {Config{Kind: Recorded}, math.NaN(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := at(t, test.cfg, Streaming)
			m := metadata(test.seconds)
			passed := fmt.Sprintf(">Data 0@7 [%x]", m.Payload)
			run(t, s, []step{{m, test.say + passed, Streaming, nil}, {m, passed, Streaming, nil}})
		})
	}
}

func TestPause(t *testing.T) {
	s := at(t, Config{Kind: Recorded}, Streaming)
	run(t, s, []step{{video(800, 7), ">Video 800@7 [1701]", Streaming, nil}})
	if got := show(s.Pause(nil, true)); got != "pause#4@7 true 800" {
		t.Errorf("says %s", got)
	}
	run(t, s, []step{{status("NetStream.Pause.Notify"), "!status NetStream.Pause.Notify", Streaming, nil}})
	if got := show(s.Pause(nil, false)); got != "pause#5@7 false 800" {
		t.Errorf("says %s", got)
	}
}

// What answers a pause of ours is no end, whenever it is heard: SRS says Stream
// EOF, nginx-rtmp that and UnpublishNotify if it is to restart players.
func TestPauseIsNoEnd(t *testing.T) {
	pauseNotify := step{status("NetStream.Pause.Notify"), "!status NetStream.Pause.Notify", Streaming, nil}
	eof := step{event(message.EventStreamEOF, 7), "!stream eof", Streaming, nil}
	unpublish := step{status(unpublished), isStatus(unpublished), Streaming, nil}
	endEOF := step{event(message.EventStreamEOF, 7), "!stream eof (ending)", Streaming, nil}
	endUnpublish := step{status(unpublished), isEnding(unpublished), Streaming, nil}
	for name, steps := range map[string][]step{
		"srs":                     {pauseNotify, eof, endEOF},
		"nginx-rtmp":              {pauseNotify, eof, unpublish, endUnpublish},
		"onFCUnsubscribe":         {pauseNotify, {command("onFCUnsubscribe", 0), "!unsubscribed", Streaming, nil}},
		"resumed by its status":   {{status("NetStream.Unpause.Notify"), "!status NetStream.Unpause.Notify", Streaming, nil}, endEOF},
		"resumed by a start":      {{status(start), isStatus(start), Streaming, nil}, endUnpublish},
		"resumed by Stream Begin": {{event(message.EventStreamBegin, 7), "!stream begin", Streaming, nil}, endEOF},
	} {
		t.Run(name, func(t *testing.T) {
			for _, resumed := range []bool{false, true} { // before the answer to the pause was heard
				s := at(t, Config{}, Streaming)
				s.Pause(nil, true)
				if resumed {
					s.Pause(nil, false)
				}
				run(t, s, steps)
			}
		})
	}
}

// What only announces the end of a live stream is the end of a recorded one, by
// our word or the server's; MediaMTX and lal say so of live ones, too.
func TestEndOfRecorded(t *testing.T) {
	said := event(message.EventStreamIsRecorded, 7)
	for _, test := range []struct {
		name string
		kind Kind
		said bool
		ends bool
	}{
		{"unknown", Any, false, false},
		{"unknown, and the server says recorded", Any, true, true},
		{"live", Live, false, false},
		{"live, and the server says recorded", Live, true, false},
		{"recorded", Recorded, false, true},
		{"from the start", FromStart, false, false},
		{"from the start, and the server says recorded", FromStart, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := at(t, Config{Kind: test.kind}, Streaming)
			if test.said {
				run(t, s, []step{{said, "!stream is recorded", Streaming, nil}})
			}
			if s.Recorded() != test.ends {
				t.Errorf("recorded: %v, want %v", s.Recorded(), test.ends)
			}
			run(t, s, []step{
				{event(message.EventStreamEOF, 7), "!stream eof (ending)", Streaming, nil},
				{playStatus("NetStream.Play.Complete"), "!play status NetStream.Play.Complete (ending)", Streaming, nil},
				{status(unpublished), isEnding(unpublished), Streaming, nil},
			})
			last := step{status(stopped), isEnding(stopped), Streaming, nil}
			if test.ends {
				last = step{status(stopped), isStatus(stopped), Ended, eof}
			}
			run(t, s, []step{last})
		})
	}
}

// Row 30: the end of an item of a playlist is announced, and taken back by the next one;
// that of the last is final once the server has said that all was played.
func TestPlaylist(t *testing.T) {
	frame := step{video(800, 7), ">Video 800@7 [1701]", Streaming, nil}
	announced := step{status(stopped), isEnding(stopped), Streaming, nil}
	all := step{playStatus("NetStream.Play.Complete"), "!play status NetStream.Play.Complete (ending)", Streaming, nil}
	steps := []step{
		frame, announced,
		{playStatus("NetStream.Play.Switch"), "!play status NetStream.Play.Switch", Streaming, nil},
		{status("NetStream.Play.Complete"), isEnding("NetStream.Play.Complete"), Streaming, nil},
		all, frame, announced, // of one more
		all, {status(stopped), isStatus(stopped), Ended, eof},
	}
	run(t, at(t, Config{Kind: Recorded, Playlist: true}, Streaming), steps)
	run(t, at(t, Config{Kind: FromStart, Playlist: true}, Streaming), append([]step{{
		event(message.EventStreamIsRecorded, 7), "!stream is recorded", Streaming, nil}}, steps...))
	s := at(t, Config{}, Streaming)
	rs, err := s.Handle(nil, playStatus("NetStream.Play.Switch"))
	if err != nil || !rs[0].Event.Begun {
		t.Errorf("%v, %v", rs[0].Event, err)
	}
}

// Media in the steady state costs no allocation between the socket and whoever
// writes the tag.
func TestMediaAllocatesNothing(t *testing.T) {
	for _, size := range []int{100, 4000, 60_000} {
		s := at(t, Config{}, Streaming)
		r := chunk.NewReader(&loop{data: chunks(t, size)})
		var reactions []Reaction
		var delivered int
		next := func() {
			m, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if reactions, err = s.Handle(reactions[:0], m); err != nil {
				t.Fatal(err)
			}
			delivered += len(reactions)
		}
		for range 100 { // warm up
			next()
		}
		if n := testing.AllocsPerRun(1000, next); n != 0 {
			t.Errorf("messages of %d bytes: %v allocations each, want none", size, n)
		}
		if delivered < 1000 {
			t.Errorf("messages of %d bytes: %d delivered", size, delivered)
		}
	}
}

// chunks is a run of audio and video that may be repeated for ever.
func chunks(t *testing.T, size int) []byte {
	var b bytes.Buffer
	w := chunk.NewWriter(&b)
	for i := range 10 {
		for _, m := range []*message.Message{video(uint32(i*40), 7), audio(uint32(i*40), 7)} {
			m.Payload = make([]byte, size)
			if err := w.Write(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type loop struct {
	data []byte
	at   int
}

var _ io.Reader = (*loop)(nil)

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.data[l.at:])
	l.at = (l.at + n) % len(l.data)
	return n, nil
}
