package main

import (
	"os"
	"time"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp/message"
)

// fileLength is how long a file is by the onMetaData that it begins with; 0 if there
// is none. Rtmpdump leaves there what the server said of the whole stream.
func fileLength(name string) time.Duration {
	if fi, err := os.Stat(name); err != nil || !fi.Mode().IsRegular() { // a pipe would be waited for
		return 0
	}
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	s := flvout.NewScanner(f)
	for range 10 { // where there are other data before it
		t, err := s.Next()
		if err != nil {
			return 0
		}
		m := message.Message{Type: message.Type(t.Type), Payload: t.Body}
		if m.Type != message.TypeData {
			continue
		}
		if d := job.LengthOf(&m); d > 0 {
			return d
		}
	}
	return 0
}
