package flvtest

import (
	"bytes"
	"fmt"
)

// Compare tells how the frames of an outcome differ from those wanted: in
// number, kind, content, in the sequence header that is in force for them, and
// in their distance in ms from the first frame by more than slack. It returns
// nil if they do not. Headers may be where they like, and be there more often.
func Compare(got, want []Tag, slack uint32) error {
	g, w := inForce(got), inForce(want)
	for i := range min(len(g), len(w)) {
		a, b := g[i], w[i]
		at, due := a.Timestamp-g[0].Timestamp, b.Timestamp-w[0].Timestamp
		switch d := int32(at - due); {
		case a.Type != b.Type || !bytes.Equal(a.Body, b.Body):
			return fmt.Errorf("frame %d: got type %d at %d ms, %s; want type %d at %d ms, %s",
				i, a.Type, int32(at), brief(a.Body), b.Type, due, brief(b.Body))
		case !bytes.Equal(a.header, b.header):
			return fmt.Errorf("frame %d: got sequence header %s, want %s", i, brief(a.header), brief(b.header))
		case d > int32(slack) || -d > int32(slack):
			return fmt.Errorf("frame %d, type %d: got %d ms, want %d", i, a.Type, int32(at), due)
		}
	}
	if len(g) != len(w) {
		gv, ga := Frames(got)
		wv, wa := Frames(want)
		return fmt.Errorf("got %d video and %d audio frames, want %d and %d", gv, ga, wv, wa)
	}
	return nil
}

// A decodable frame has its sequence header.
type decodable struct {
	Tag
	header []byte
}

func inForce(tags []Tag) (frames []decodable) {
	var audio, video []byte
	for _, t := range tags {
		header := &video
		if t.Type == Audio {
			header = &audio
		}
		switch {
		case t.Header():
			*header = t.Body
		case t.Frame():
			frames = append(frames, decodable{t, *header})
		}
	}
	return frames
}

func brief(b []byte) string {
	if len(b) > 12 {
		return fmt.Sprintf("%x... (%d bytes)", b[:12], len(b))
	}
	return fmt.Sprintf("%x", b)
}
