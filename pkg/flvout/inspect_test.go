package flvout

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/amf"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

func inspect(t testing.TB, b []byte) *Report {
	t.Helper()
	r, err := InspectFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inspectTags inspects a stream that is no file.
func inspectTags(tags ...Tag) *Report {
	i := NewInspector()
	for _, t := range tags {
		i.Add(t, 0)
	}
	return i.Report()
}

// TestInspectGood looks at every number of a file that is as it should be.
func TestInspectGood(t *testing.T) {
	want := &Report{
		Duration: 60080, Bytes: 394042, BitRate: 52518, PeakBitRate: 62224,
		Tracks: []TrackReport{{
			Type:        "video",
			CodecReport: CodecReport{Codec: "avc1", Name: "H.264", Profile: "Main", Level: "1.0", Width: 96, Height: 54, FrameRate: 25, BitDepth: 8},
			Headers:     1, SequenceEnds: 1, Frames: 1500, Bytes: 180750, BitRate: 24100, PeakBitRate: 33168,
			Last: 59960, Duration: 60000, MeasuredRate: 25, Constant: true, Step: Spread{40, 0.04, 40},
			Keys: &KeyFrames{Count: 30, Distances: 29, Distance: Spread{2000, 2, 2000}, MinFrames: 50, MeanFrames: 50, MaxFrames: 50},
			CTS:  &CTSRange{0, 200, true},
		}, {
			Type:        "audio",
			CodecReport: CodecReport{Codec: "mp4a", Name: "AAC", Profile: "LC", SampleRate: 44100, Channels: 1},
			Headers:     1, Frames: 2585, Bytes: 213292, BitRate: 28428, PeakBitRate: 29656,
			First: 57, Last: 60057, Duration: 60023, MeasuredRate: 43.067, Constant: true, Step: Spread{23, 0.023, 24},
		}},
		AV:     &AVDistance{Start: 57, End: 80, Max: 97, MaxAt: 60057},
		Tags:   TagCounts{Audio: 2586, Video: 1502, Script: 1},
		Script: []ScriptCount{{onMetaData, 1}},
		Metadata: &MetadataReport{First: true, Fields: Fields{
			{"duration", 60.08}, {"width", 96.}, {"height", 54.}, {"videodatarate", 0.}, {"framerate", 25.}, {"videocodecid", 7.},
			{"audiodatarate", 27.34375}, {"audiosamplerate", 44100.}, {"audiosamplesize", 16.}, {"stereo", false}, {"audiocodecid", 10.},
			{"filesize", 468385.},
		}},
		Index:  &IndexReport{State: IndexNone},
		Damage: &Damage{},
		Faults: []Fault{}, Advice: []Advice{AdviceIndex}, Repair: RepairCopy,
	}
	b := sample(t, "minute.flv")
	got := inspect(t, b)
	compare(t, got, want)

	want.Advice, want.Repair = nil, "" // what cannot be read again cannot be mended
	piped, err := Inspect(iotest.HalfReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, piped, want)

	want.Damage, want.Index = nil, nil
	compare(t, inspectTags(scan(t, b)...), want)
}

// compare compares reports as people read them.
func compare(t *testing.T, got, want *Report) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	g, _ := json.MarshalIndent(got, "", " ")
	w, _ := json.MarshalIndent(want, "", " ")
	gs, ws := strings.Split(string(g), "\n"), strings.Split(string(w), "\n")
	for i := range min(len(gs), len(ws)) {
		if gs[i] != ws[i] {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(gs[max(i-3, 0):min(i+4, len(gs))], "\n"), strings.Join(ws[max(i-3, 0):min(i+4, len(ws))], "\n"))
			return
		}
	}
	t.Errorf("got %+v, want %+v", got, want)
}

// TestInspectFaults goes through what may be wrong with a file, and what may look
// as if it were. filesize is no longer true of most, and left aside.
func TestInspectFaults(t *testing.T) {
	want := map[string]string{
		"01": "damage", "02": "damage", "02b": "damage", "02c": "damage", "03": "damage", "04": "damage", "04b": "damage",
		"05": "damage", "05b": "damage", "05c": "damage", "05d": "damage", "05e": "damage", "07b": "damage", "25": "damage", "30": "damage",
		"06": "empty_tags", "18": "script_data", "18f": "script_data",
		"09": "duration", "09g": "duration", "20": "duration", "33": "duration", "36c": "duration", // the metadata's, of the good minute
		"10": "time_goes_back duration", "11": "time_goes_back duration", "34": "time_goes_back", "17": "time_goes_back",
		"14": "duration", "16": "starts_without_key", "15": "no_sequence_header", "15b": "no_sequence_header", "15s": "no_sequence_header",
		"19": "wrong_flags", "19a": "wrong_flags", "19c": "wrong_flags",
		"28": "time_goes_back script_data damage", "28b": "time_goes_back script_data damage duration",
		"40m": "wrong_index", "40n": "wrong_index", "40o": "wrong_index",
		"07": "", "08": "", "12": "", "12b": "", "13": "", "17c": "", "18h": "", "18i": "", "19b": "", "23": "", "26": "", "27": "", "29": "",
		"31": "", "31b": "", "31c": "", "31d": "", "31e": "", "31f": "", "32": "", "35": "", "36": "",
		"40": "", "40b": "", "40c": "", "40d": "", "40e": "", "40f": "", "40g": "", "40h": "", "40i": "", "40j": "", "40k": "", "40l": "",
		"44": "", "45": "", "50": "", "51-hevc": "", "51-flashsv": "", "51-pcm": "", "50-manycodecs": "", "50-opus2": "", "50-mtx": "",
	}
	seen := 0
	for c := range flvtest.Cases(t, flvtest.Repair|flvtest.Live) {
		expect, ok := want[c.ID]
		if !ok || c.File == nil {
			continue
		}
		seen++
		r := inspect(t, c.File)
		got := []string{}
		for _, f := range r.Faults {
			if f != FaultMetadata {
				got = append(got, string(f))
			}
		}
		if r.Metadata != nil {
			for _, claim := range r.Metadata.Wrong {
				if claim.Field != "filesize" && (claim.Field != "hasAudio") {
					got = append(got, claim.Field)
				}
			}
		}
		slices.Sort(got)
		fields := strings.Fields(expect)
		slices.Sort(fields)
		if !slices.Equal(got, fields) {
			t.Errorf("%s, %s: got %q, want %q", c.ID, c.Name, got, fields)
		}
		if c.Kind&flvtest.Repair != 0 && (r.Damage.Garbage != c.Want.Garbage || r.Damage.Tail != c.Want.Tail || r.Damage.Joined != int64(c.Want.Heads)) {
			t.Errorf("%s, %s: got %+v, want garbage of %d, a tail of %d and %d more files", c.ID, c.Name, r.Damage, c.Want.Garbage, c.Want.Tail, c.Want.Heads)
		}
	}
	if seen != len(want) {
		t.Errorf("%d cases of %d are there", seen, len(want))
	}
}

// TestInspectBreaks: gaps and jumps, where they are and how long.
func TestInspectBreaks(t *testing.T) {
	get := func(id string) *Report { return inspect(t, flvtest.Get(t, id).File) }
	r := get("09")
	if v := r.Tracks[0]; v.Gaps.Count != 1 || v.Gaps.List[0].At != 19960 || v.Gaps.List[0].Length != 30040 || v.Gaps.List[0].Position == 0 || v.BitRate != 24100 || v.MeasuredRate != 25 {
		t.Errorf("got %+v", v)
	}
	if r.AV.Max != 97 {
		t.Errorf("both tracks jump, and the sound is %d ms off", r.AV.Max)
	}
	if v := get("10").Tracks[0]; v.Jumps.Count != 1 || v.Jumps.List[0].At != 19960 || v.Jumps.List[0].Length != -19960 || v.Keys.Distance.Max != 2000 {
		t.Errorf("got %+v", v)
	}
	if v := get("34").Tracks[0]; v.Jumps.Count != 720 || len(v.Jumps.List) != maxListed || v.Keys.Distances == 0 {
		t.Errorf("got %+v", v)
	}
	if v := get("17d").Tracks[0]; v.Gaps.Count != 1 || v.Gaps.Total != 3000 {
		t.Errorf("got %+v", v)
	}
	if got := get("14").Tracks[0].Changes; len(got) != 1 || got[0].At < 19900 || got[0].At > 20100 || got[0].Width != 128 || got[0].Position == 0 {
		t.Errorf("got %+v", got)
	}
	if v := get("13").Tracks[0]; v.Headers != 2 || v.HeaderRepeats != 1 || v.HeaderChanges != 0 {
		t.Errorf("got %+v", v)
	}
	if v := get("50-surround").Tracks[1]; v.Channels != 6 || v.ChangeCount != 0 {
		t.Errorf("got %+v", v)
	}
	if v := get("50-manycodecs").Tracks; len(v) != 3 || v[0].ID != 0 || v[1].ID != 1 || v[0].Codec != "av01" || v[1].Codec != "hvc1" || v[1].Frames != 250 {
		t.Errorf("got %+v", v)
	}
}

// TestInspectRates: what is a gap and what is constant depends on what is usual.
func TestInspectRates(t *testing.T) {
	every := func(steps ...uint32) (tags []Tag) {
		ts := uint32(0)
		for i := range 60 {
			tags = append(tags, avcFrame(ts, byte(i), i == 0))
			ts += steps[i%len(steps)]
		}
		return tags
	}
	for _, c := range []struct {
		name     string
		tags     []Tag
		rate     float64
		constant bool
		gaps     int64
	}{
		{"25", every(40), 25, true, 0},
		{"30", every(33, 33, 34), 30.01, true, 0},
		{"a picture in ten seconds", every(10000), 0.1, true, 0},
		{"a picture a second, and a little", every(1001, 1000), 0.999, true, 0},
		{"varies", every(20, 60), 25.214, false, 0},
		{"a cached key frame first", append([]Tag{avcFrame(0, 0, true)}, every(40)[1:]...), 25, true, 0},
		{"one gap", append(every(40), Tag{video, 10000, avcFrame(0, 1, false).Body}), 25, true, 1},
		{"a gap at the beginning", []Tag{avcFrame(0, 0, true), avcFrame(500000, 1, false), avcFrame(500040, 2, false)}, 25, true, 1},
		{"one", every(40)[:1], 0, false, 0},
	} {
		v := inspectTags(c.tags...).Tracks[0]
		if v.MeasuredRate != c.rate || v.Constant != c.constant || v.Gaps.Count != c.gaps {
			t.Errorf("%s: got %v a second, constant %v, %d gaps; want %v, %v, %d", c.name, v.MeasuredRate, v.Constant, v.Gaps.Count, c.rate, c.constant, c.gaps)
		}
	}
}

// TestInspectPeak: the busiest second, wherever it begins.
func TestInspectPeak(t *testing.T) {
	frame := func(ts uint32, n int) Tag {
		return Tag{video, ts, append(avcFrame(0, 0, false).Body[:5:5], make([]byte, n)...)}
	}
	var tags []Tag
	for i := range uint32(500) {
		n := 100
		if i >= 110 && i < 135 { // 4.4 s to 5.4 s
			n = 1000
		}
		tags = append(tags, frame(40*i, n))
	}
	v := inspectTags(tags...).Tracks[0]
	if v.PeakBitRate != 8*25*1000 || v.BitRate != 8*(475*100+25*1000)/20 {
		t.Errorf("got a peak of %d and a mean of %d", v.PeakBitRate, v.BitRate)
	}
	if v := inspectTags(frame(0, 10), frame(40, 10)).Tracks[0]; v.PeakBitRate != 0 || v.BitRate != 8*20*1000/80 {
		t.Errorf("got a peak of %d and a mean of %d", v.PeakBitRate, v.BitRate)
	}
}

// TestInspectMetadata: what is compared, and what is let pass.
func TestInspectMetadata(t *testing.T) {
	frames := scan(t, sample(t, "bars.flv"))[1:]
	file := func(pairs ...amf.Property) []byte {
		b := appendHead(nil, true, true)
		for _, tg := range append([]Tag{metadataTag(t, amf.ECMAArray, pairs...)}, frames...) {
			b = appendTag(b, tg)
		}
		return b
	}
	n := func(f float64) amf.Value { return amf.Number(f) }
	for _, c := range []struct {
		name  string
		value amf.Value
		is    any
	}{
		{"duration", n(10.1), nil}, {"duration", n(0), nil}, {"duration", n(12), Milliseconds(10088)},
		{"width", n(320), nil}, {"width", n(640), 320}, {"height", n(181), 180},
		{"framerate", n(25), nil}, {"framerate", n(24.5), nil}, {"framerate", n(30), 25.},
		{"videocodecid", n(7), nil}, {"videocodecid", n(1635148593), nil}, {"videocodecid", n(2), "avc1"}, {"videocodecid", n(-1), "avc1"}, {"videocodecid", amf.String("avc1"), nil},
		{"audiocodecid", n(10), nil}, {"audiocodecid", n(2), "mp4a"}, {"audiosamplerate", n(44100), nil}, {"audiosamplerate", n(48000), 44100}, {"audiosamplerate", n(22050), nil},
		{"stereo", amf.Boolean(false), nil}, {"stereo", amf.Boolean(true), false}, {"hasVideo", amf.Boolean(false), true}, {"hasAudio", amf.Boolean(true), nil},
		{"filesize", n(5), len(file(amf.Property{Name: "filesize", Value: n(5)}))},
	} {
		r := inspect(t, file(amf.Property{Name: c.name, Value: c.value}))
		var is any
		if len(r.Metadata.Wrong) > 0 {
			is = r.Metadata.Wrong[0].Is
		}
		if is != c.is {
			t.Errorf("%s %v: got %v, want %v", c.name, c.value, is, c.is)
		}
	}
}

// TestInspectIndex: entries on the wrong tags, and those of other programs.
func TestInspectIndex(t *testing.T) {
	good := inspect(t, flvtest.Get(t, "40").File).Index
	want := &IndexReport{State: IndexRight, Entries: 31, OnKey: 30, OnHeader: 1, First: []string{"sequence_header", "key_frame"}, Spacing: Spread{2000, 2, 2000}, Last: 58000}
	if !reflect.DeepEqual(good, want) {
		t.Errorf("got %+v, want %+v", good, want)
	}
	if got := inspect(t, flvtest.Get(t, "40m").File).Index; got.State != IndexUnreadable || got.Reason == "" {
		t.Errorf("got %+v", got)
	}
	if got := inspect(t, flvtest.Get(t, "40n").File).Index; got.State != IndexWrong || got.Elsewhere != 31 || got.First[1] != "no_tag" {
		t.Errorf("got %+v", got)
	}
}

// TestInspectNoFLV: what is none is no report.
func TestInspectNoFLV(t *testing.T) {
	random := make([]byte, 100000)
	for i := range random {
		random[i] = byte(rand.New(rand.NewPCG(1, uint64(i))).Uint32())
	}
	for name, b := range map[string][]byte{"empty": {}, "text": []byte("hello"), "random": random, "zeros": make([]byte, 1000)} {
		var syntax *SyntaxError
		if _, err := InspectFile(bytes.NewReader(b), int64(len(b))); !errors.As(err, &syntax) {
			t.Errorf("%s: got %v, want a SyntaxError", name, err)
		}
		if _, err := Inspect(bytes.NewReader(b)); !errors.As(err, &syntax) {
			t.Errorf("%s, piped: got %v, want a SyntaxError", name, err)
		}
	}
	r := inspect(t, appendHead(nil, true, true))
	if !slices.Equal(r.Faults, []Fault{FaultNoMedia}) {
		t.Errorf("a header alone: got %v", r.Faults)
	}
	broken := errors.New("broken")
	if _, err := Inspect(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want that of reading", err)
	}
}

// TestInspectPipeDamage: of a pipe the report ends where reading does.
func TestInspectPipeDamage(t *testing.T) {
	torn, err := Inspect(bytes.NewReader(flvtest.Get(t, "01").File))
	if err != nil || !torn.Damage.Torn || torn.Tracks[1].Frames != 2584 || !slices.Contains(torn.Faults, FaultDamage) {
		t.Errorf("got %+v, %v", torn, err)
	}
	b := bytes.Clone(sample(t, "bars.flv"))
	tags := NewScanner(bytes.NewReader(b))
	for range 100 {
		if _, err := tags.Next(); err != nil {
			t.Fatal(err)
		}
	}
	b[tags.Offset()] = 0xFF
	garbled, err := Inspect(bytes.NewReader(b))
	if err != nil || garbled.Damage.UnreadableFrom != tags.Offset() {
		t.Errorf("got %+v, %v; want unreadable from %d", garbled.Damage, err, tags.Offset())
	}
}

// TestInspectAllocs: a frame costs no memory.
func TestInspectAllocs(t *testing.T) {
	for name, length := range map[string]uint32{"bars.flv": 10000, "audio.flv": 8000} {
		tags := media(scan(t, sample(t, name)))
		i := NewInspector()
		add := func() {
			for n := range tags {
				tags[n].Timestamp += length + 40
				i.Add(tags[n], 1)
			}
		}
		add()
		if n := testing.AllocsPerRun(5, add); n > 0 {
			t.Errorf("%s: %v allocations for %d tags", name, n, len(tags))
		}
	}
}

// FuzzInspect: anything can be inspected, and what is told of it is JSON.
func FuzzInspect(f *testing.F) {
	f.Add(appendTag(appendHead(nil, true, true), avcFrame(0, 0, true)))
	f.Add(appendTag(appendTag(appendHead(nil, true, false), Tag{audio, 0xFFFFFFF0, aacConfig}), aacFrame(5, 0)))
	for _, name := range []string{"bars.flv", "other.flv"} {
		f.Add(sample(f, name)[:3000])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := InspectFile(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
		}
		r, err = Inspect(bytes.NewReader(b))
		if err == nil {
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
		}
		i := NewInspector()
		for n := 0; n+7 < len(b); { // tags of any kind and time
			size := min(int(b[n+6]), len(b)-n-7)
			tg := Tag{[]tag.TagType{audio, video, data, video}[b[n]&3], uint32(b[n+1])<<24 | uint32(b[n+2])<<16 | uint32(b[n+3])<<8 | uint32(b[n+4]), b[n+7 : n+7+size]}
			i.Add(tg, int64(n))
			n += 7 + size
		}
		if _, err := json.Marshal(i.Report()); err != nil {
			t.Error(err)
		}
	})
}
