package flvout

import (
	"encoding/json"
	"strconv"
)

// Milliseconds are a time or a length of time, as FLV counts it. In JSON they
// are seconds.
type Milliseconds int64

// Seconds returns m in seconds.
func (m Milliseconds) Seconds() float64 { return float64(m) / 1000 }

// MarshalJSON writes seconds.
func (m Milliseconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.Seconds(), 'f', -1, 64), nil
}

// maxListed is how many gaps, jumps, changes and the like are told one by one;
// the rest is counted.
const maxListed = 16

// A Report is what an Inspector found. Its names in JSON are described in
// docs/probe.md. Positions are offsets in the file, 0 in a stream that is none.
type Report struct {
	Duration    Milliseconds `json:"duration"`      // from the first frame to the end of the last
	Bytes       int64        `json:"bytes"`         // of frames, without headers
	BitRate     int64        `json:"bit_rate"`      // of all tracks, mean; bits per second
	PeakBitRate int64        `json:"peak_bit_rate"` // in the busiest second

	Tracks []TrackReport `json:"tracks"` // video first
	AV     *AVDistance   `json:"av_distance,omitempty"`
	Tags   TagCounts     `json:"tags"`
	Script []ScriptCount `json:"script,omitempty"`

	Metadata *MetadataReport `json:"metadata,omitempty"`
	Index    *IndexReport    `json:"index,omitempty"`  // of a file
	Damage   *Damage         `json:"damage,omitempty"` // of a file that was searched for it

	Faults []Fault  `json:"faults"`
	Advice []Advice `json:"advice,omitempty"` // of a file
	Repair string   `json:"repair,omitempty"` // of a file: what Repair would do; empty if it can do nothing
}

// A Fault is something that is wrong, and that Repair mends or a player stumbles
// over.
type Fault string

// The faults.
const (
	FaultNoMedia  Fault = "no_media"           // there is no frame at all
	FaultDamage   Fault = "damage"             // bytes that are no tags, or tags that do not hang together
	FaultTimeBack Fault = "time_goes_back"     // of one track
	FaultNoHeader Fault = "no_sequence_header" // frames that nobody can decode without one
	FaultNoKey    Fault = "starts_without_key" // the first picture is no key frame
	FaultFlags    Fault = "wrong_flags"        // the file's header announces other tracks than there are
	FaultMetadata Fault = "wrong_metadata"     // onMetaData is not true
	FaultScript   Fault = "script_data"        // onMetaData again, or @setDataFrame: players take it for a stream
	FaultEmpty    Fault = "empty_tags"         // of audio or video, at which some readers stop
	FaultIndex    Fault = "wrong_index"        // the index points elsewhere than to key frames, or not to all of the file
)

// An Advice tells what a file is played without, and Repair adds or changes.
type Advice string

// The advices.
const (
	AdviceHeader   Advice = "long_header"  // the file's header has not 9 bytes
	AdviceMetadata Advice = "no_metadata"  // it does not begin with onMetaData, or that has no duration
	AdviceForm     Advice = "odd_metadata" // onMetaData is of a form that some players do not read
	AdviceIndex    Advice = "no_index"     // there is no index, or one that some players do not read
	AdviceTags     Advice = "odd_tags"     // told if it is all: tags with timestamps, in an order or of a kind that players may not take
)

// What Repair would do.
const (
	RepairNone   = "none"
	RepairPlace  = "in_place"
	RepairCopy   = "copy"
	RepairOutput = "output" // a copy, and only where it does not replace the file; see ErrNotFLV
)

// A TrackReport is about one track.
type TrackReport struct {
	Type string `json:"type"` // "audio" or "video"
	ID   uint8  `json:"id"`   // E-RTMP's; 0 is the default track
	CodecReport
	Changes     []CodecChange `json:"changes,omitempty"` // of the parameters
	ChangeCount int64         `json:"change_count"`

	Headers       int64 `json:"sequence_headers"`
	HeaderRepeats int64 `json:"sequence_header_repeats"` // that say the same again
	HeaderChanges int64 `json:"sequence_header_changes"`
	SequenceEnds  int64 `json:"sequence_ends"`
	Frames        int64 `json:"frames"`
	Bytes         int64 `json:"bytes"`         // of frames, without headers of tags
	BitRate       int64 `json:"bit_rate"`      // mean
	PeakBitRate   int64 `json:"peak_bit_rate"` // in the busiest second

	First    Milliseconds `json:"first"` // timestamps of frames
	Last     Milliseconds `json:"last"`  // of the last to come
	Duration Milliseconds `json:"duration"`

	MeasuredRate float64    `json:"measured_frame_rate"` // frames a second, gaps not counted
	Constant     bool       `json:"constant_frame_rate"`
	Step         Spread     `json:"frame_distance"`
	Keys         *KeyFrames `json:"key_frames,omitempty"` // of video
	CTS          *CTSRange  `json:"composition_time,omitempty"`

	Gaps  Breaks `json:"gaps"`  // of more than a second and of what is usual
	Jumps Breaks `json:"jumps"` // back
}

// A CodecReport is Parameters as a report has them.
type CodecReport struct {
	Codec      string  `json:"codec"` // the FourCC, or FLV's number
	Name       string  `json:"name,omitempty"`
	Profile    string  `json:"profile,omitempty"`
	Level      string  `json:"level,omitempty"`
	Width      int     `json:"width,omitempty"`
	Height     int     `json:"height,omitempty"`
	FrameRate  float64 `json:"frame_rate,omitempty"` // as the header says
	SampleRate int     `json:"sample_rate,omitempty"`
	Channels   int     `json:"channels,omitempty"`
	BitDepth   int     `json:"bit_depth,omitempty"`
}

func (p *Parameters) report() CodecReport {
	return CodecReport{
		Codec: p.Codec.String(), Name: p.Name, Profile: p.Profile, Level: p.Level,
		Width: p.Width, Height: p.Height, FrameRate: round3(p.FrameRate),
		SampleRate: p.SampleRate, Channels: p.Channels, BitDepth: p.BitDepth,
	}
}

// A CodecChange tells from where on a track has other parameters.
type CodecChange struct {
	At       Milliseconds `json:"at"`
	Position int64        `json:"position,omitempty"`
	CodecReport
}

// A Spread sums up distances in time.
type Spread struct {
	Min  Milliseconds `json:"min"`
	Mean float64      `json:"mean"` // seconds
	Max  Milliseconds `json:"max"`
}

// KeyFrames tell how far the key frames are apart. What a gap or a jump lies in
// is not counted.
type KeyFrames struct {
	Count      int64   `json:"count"`
	Distances  int64   `json:"distances"` // that were measured
	Distance   Spread  `json:"distance"`
	MinFrames  int64   `json:"min_frames"`
	MeanFrames float64 `json:"mean_frames"`
	MaxFrames  int64   `json:"max_frames"`
}

// A CTSRange tells by how much pictures are shown later than they are decoded.
type CTSRange struct {
	Min     Milliseconds `json:"min"`
	Max     Milliseconds `json:"max"`
	BFrames bool         `json:"b_frames"` // pictures are not shown in the order they come in
}

// Breaks are the places where time does not go on as it should.
type Breaks struct {
	Count int64        `json:"count"`
	Total Milliseconds `json:"total"`
	List  []Break      `json:"list,omitempty"` // the first of them
}

// A Break is one of the places that Breaks count.
type Break struct {
	At       Milliseconds `json:"at"` // of the frame before
	Length   Milliseconds `json:"length"`
	Position int64        `json:"position,omitempty"` // of the frame behind
}

func (b *Breaks) add(at, length int64, position int64) {
	b.Count++
	b.Total += Milliseconds(length)
	if len(b.List) < maxListed {
		b.List = append(b.List, Break{Milliseconds(at), Milliseconds(length), position})
	}
}

// An AVDistance tells how far the sound is behind the picture; a negative one is
// ahead.
type AVDistance struct {
	Start Milliseconds `json:"start"` // of their first frames
	End   Milliseconds `json:"end"`   // of their ends
	Max   Milliseconds `json:"max"`   // of tags that follow on each other
	MaxAt Milliseconds `json:"max_at"`
}

// TagCounts count tags.
type TagCounts struct {
	Audio     int64 `json:"audio"`
	Video     int64 `json:"video"`
	Script    int64 `json:"script"`
	Empty     int64 `json:"empty"`     // of audio or video
	Command   int64 `json:"command"`   // seek commands
	Malformed int64 `json:"malformed"` // end before their own header does
	Unknown   int64 `json:"unknown"`   // media in a form that is not known
	Other     int64 `json:"other"`     // encrypted, or of no known type
}

// A ScriptCount counts script tags of one name.
type ScriptCount struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// A MetadataReport is what the first onMetaData says, and what of it is not true.
type MetadataReport struct {
	First  bool    `json:"first"` // it is the first tag
	Fields Fields  `json:"fields"`
	Wrong  []Claim `json:"wrong,omitempty"`
}

// Fields are names and scalar values, in their order.
type Fields []Field

// A Field is one of Fields. Its value is a float64, a bool or a string.
type Field struct {
	Name  string
	Value any
}

// MarshalJSON writes an object in the order of the fields.
func (f Fields) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, field := range f {
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// A Claim is a field that is not true.
type Claim struct {
	Field string `json:"field"`
	Says  any    `json:"says"`
	Is    any    `json:"is"`
}

// The states of an index.
const (
	IndexNone       = "none" // or of one entry, which is none to players
	IndexRight      = "right"
	IndexWrong      = "wrong"
	IndexShort      = "short" // it ends long before the file does
	IndexOdd        = "odd"   // it is right, and of a form that some players do not read
	IndexUnreadable = "unreadable"
)

// An IndexReport is about a file's key-frame index.
type IndexReport struct {
	State     string       `json:"state"`
	Reason    string       `json:"reason,omitempty"` // why it is unreadable
	Entries   int          `json:"entries"`
	OnKey     int          `json:"on_key_frames"`
	OnHeader  int          `json:"on_sequence_headers"`
	OnAudio   int          `json:"on_audio"`         // of a file without video
	OnEnd     int          `json:"on_sequence_ends"` // some programs take that for a key frame
	Elsewhere int          `json:"elsewhere"`        // on another tag, or on none
	WrongTime int          `json:"wrong_times"`
	First     []string     `json:"first,omitempty"` // what entries 0 and 1 point to
	Spacing   Spread       `json:"spacing"`
	Last      Milliseconds `json:"last"`
}

func round3(f float64) float64 {
	return float64(int64(f*1000+0.5)) / 1000
}
