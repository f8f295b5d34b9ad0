package message

import "testing"

func TestHasFrames(t *testing.T) {
	for name, test := range map[string]struct {
		typ  Type
		body string
		want bool
	}{
		"a key frame of H.264":           {TypeVideo, "\x17\x01\x00\x00\x00", true},
		"a sequence header":              {TypeVideo, "\x17\x00\x00\x00\x00", false},
		"the end of a sequence":          {TypeVideo, "\x17\x02\x00\x00\x00", false},
		"HEVC as codec 12":               {TypeVideo, "\x2C\x01\x00\x00\x00", true},
		"its header":                     {TypeVideo, "\x1C\x00\x00\x00\x00", false},
		"Sorenson's":                     {TypeVideo, "\x12\x00", true},
		"a command":                      {TypeVideo, "\x57\x01\x00\x00\x00", false},
		"enhanced":                       {TypeVideo, "\x91hvc1", true},
		"enhanced, without a time":       {TypeVideo, "\xA3hvc1", true},
		"enhanced, a header":             {TypeVideo, "\x90hvc1", false},
		"enhanced, the colours":          {TypeVideo, "\x94hvc1", false},
		"several tracks":                 {TypeVideo, "\x96\x11avc1", true},
		"several tracks, their headers":  {TypeVideo, "\x96\x10avc1", false},
		"with more in front":             {TypeVideo, "\x97\x00", true},
		"AAC":                            {TypeAudio, "\xAF\x01\x21", true},
		"AAC's header":                   {TypeAudio, "\xAF\x00\x12\x10", false},
		"MP3":                            {TypeAudio, "\x2F\x00", true},
		"enhanced sound":                 {TypeAudio, "\x91Opus", true},
		"enhanced sound, a header":       {TypeAudio, "\x90Opus", false},
		"enhanced sound, its channels":   {TypeAudio, "\x94Opus", false},
		"sounds of several tracks":       {TypeAudio, "\x95\x01mp4a", true},
		"headers of several":             {TypeAudio, "\x95\x00mp4a", false},
		"nothing":                        {TypeAudio, "", false},
		"hardly anything":                {TypeVideo, "\x17", false},
		"no media":                       {TypeData, "\xAF\x01\x21", false},
		"of a format that nobody knows":  {TypeVideo, "\x1F", true},
		"a sound that nobody knows":      {TypeAudio, "\xCF", true},
		"enhanced, of an unknown packet": {TypeVideo, "\x9Ahvc1", false},
	} {
		if got := (&Message{Type: test.typ, Payload: []byte(test.body)}).HasFrames(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
