package flvout

import (
	"math"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// checkpointed returns the values of the fields that are kept up to date.
func checkpointed(s *tally, size int64) [numCheckpointed]float64 {
	return [...]float64{
		fieldDuration:         s.duration().Seconds(),
		fieldFilesize:         float64(size),
		fieldLastTimestamp:    seconds(s.top()),
		fieldLastKeyTimestamp: seconds(s.lastKey.Time),
		fieldLastKeyLocation:  float64(s.lastKey.Position),
	}
}

// values returns the fields, as NaN what is not known or not there. What the
// server says counts where the tags do not tell.
func (h *head) values(s *summary, audio, video bool, size int64) (v [numFields]float64) {
	was := checkpointed(&s.tally, size)
	copy(v[:], was[:])
	seen, heard := &s.traits[1].params, &s.traits[0].params
	v[fieldWidth], v[fieldHeight] = known(seen.Width), known(seen.Height)
	v[fieldFramerate] = h.framerate(s)
	v[fieldVideoRate] = kilobits(&s.video, v[fieldDuration])
	v[fieldVideoCodec] = s.traits[1].codec()
	v[fieldAudioRate] = kilobits(&s.audio, v[fieldDuration])
	v[fieldSampleRate] = known(heard.SampleRate)
	v[fieldSampleSize] = known(heard.BitDepth)
	if s.traits[0].known && heard.BitDepth == 0 {
		v[fieldSampleSize] = 16 // to which what is compressed is decoded (FLV 10.1, E.4.2.1)
	}
	v[fieldStereo] = math.NaN()
	if heard.Channels > 0 {
		v[fieldStereo] = bit(heard.Channels > 1)
	}
	v[fieldAudioCodec] = s.traits[0].codec()
	v[fieldVideosize], v[fieldAudiosize] = float64(s.video.size()), float64(s.audio.size())
	for i := range v {
		switch of := headField[i].of; {
		case of == ofAudio && !audio, of == ofVideo && !video:
			v[i] = math.NaN()
		case of != ofFile && math.IsNaN(v[i]):
			v[i] = h.meta.number(i)
		}
	}
	v[fieldHasVideo], v[fieldHasAudio], v[fieldHasMetadata] = bit(video), bit(audio), 1
	v[fieldHasKeyframes] = bit(s.entries() >= minKeyframes)
	v[fieldCanSeekToEnd] = bit(s.onKey)
	v[fieldDatasize] = float64(s.video.size() + s.audio.size())
	return v
}

// framerate is what was measured, to the precision of milliseconds, or what the
// sequence header or else the server says, if that is what was measured.
func (h *head) framerate(s *summary) float64 {
	said := [...]float64{s.traits[1].params.FrameRate, h.meta.number(fieldFramerate)}
	measured := s.steps.rate()
	for _, r := range said {
		if r > 0 && (measured == 0 || math.Abs(r-measured) < measured/50) {
			return r
		}
	}
	if measured > 0 {
		return measured
	}
	return math.NaN()
}

// number returns the server's value of one of our fields, or NaN.
func (m *Metadata) number(field int) float64 {
	if m == nil {
		return math.NaN()
	}
	switch v := m.fields.Get(headField[field].name).(type) {
	case amf.Number:
		if !headField[field].flag {
			return float64(v)
		}
	case amf.Boolean:
		if headField[field].flag {
			return bit(bool(v))
		}
	}
	return math.NaN()
}

func (r *traits) codec() float64 {
	if !r.known {
		return math.NaN()
	}
	return r.id
}

// kilobits is a track's rate in kbit/s.
func kilobits(t *trackTally, duration float64) float64 {
	if t.bytes == 0 || duration == 0 {
		return math.NaN()
	}
	return math.Round(float64(t.bytes)*8/duration) / 1000
}

func known(n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	return float64(n)
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(ms uint32) float64 { return float64(ms) / 1000 }

// fieldNamed returns which of our fields has the name, or -1.
func fieldNamed(name string) int {
	for i := range headField {
		if headField[i].name == name {
			return i
		}
	}
	return -1
}
