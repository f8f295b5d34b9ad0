package flvout

// Stats counts what an output took. Tags that are held for the opening are
// counted when they are written; tags that a failed write lost are not counted.
type Stats struct {
	Audio     int64 // tags, sequence headers among them
	Video     int64
	Frames    int64 // of video, sequence headers not among them
	KeyFrames int64
	Bytes     int64 // of audio and video bodies
	Dropped   Dropped
}

// Dropped counts the tags that were not written, by reason.
type Dropped struct {
	Empty     int64 // audio or video without a body: RTMP's word for silence
	Command   int64 // seek commands in video messages
	Malformed int64 // shorter than their own header
	TooLarge  int64 // bodies that a tag's 24-bit size cannot tell
	Script    int64 // script data but for the first onMetaData
	Other     int64 // neither audio, video nor script data
	NoKey     int64 // video of a file that had to begin without a key frame
}

// Total returns the number of tags that were not written.
func (d Dropped) Total() int64 {
	return d.Empty + d.Command + d.Malformed + d.TooLarge + d.Script + d.Other + d.NoKey
}

// Add returns the counters of two outputs together.
func (d Dropped) Add(o Dropped) Dropped {
	d.Empty += o.Empty
	d.Command += o.Command
	d.Malformed += o.Malformed
	d.TooLarge += o.TooLarge
	d.Script += o.Script
	d.Other += o.Other
	d.NoKey += o.NoKey
	return d
}

// Add returns the counters of two files together.
func (s Stats) Add(o Stats) Stats {
	s.Audio += o.Audio
	s.Video += o.Video
	s.Frames += o.Frames
	s.KeyFrames += o.KeyFrames
	s.Bytes += o.Bytes
	s.Dropped = s.Dropped.Add(o.Dropped)
	return s
}
