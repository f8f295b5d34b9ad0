package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/flvout/flvtest"
)

// frames are the bodies of a file's frames.
type frames struct {
	audio, video []string
	bytes        int64
	length       time.Duration
}

// framesOf reads a file, up to a tag that is torn.
func framesOf(path string) (*frames, error) {
	f, err := os.Open(path) //nolint:gosec // our own
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	list := &frames{}
	var span flvout.Span
	for s := flvout.NewScanner(f); ; {
		t, err := s.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			list.length = time.Duration(span.End()) * time.Millisecond
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c := flvout.Classify(t)
		if c.Kind != flvout.KindFrame {
			continue
		}
		list.bytes += int64(len(t.Body))
		video := t.Type == flvtest.Video
		span.Add(video, t.Timestamp)
		if video {
			list.video = append(list.video, string(t.Body))
		} else {
			list.audio = append(list.audio, string(t.Body))
		}
	}
}

// compareFiles counts the files that have what was sent, from the beginning on and
// for so long at least, and returns the length of the shortest.
func compareFiles(dir string, length time.Duration, want *frames) (whole int, least time.Duration, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.flv"))
	if err != nil {
		return 0, 0, err
	}
	for i, path := range paths {
		got, err := framesOf(path)
		if err != nil {
			return 0, 0, err
		}
		if got.length >= length && begins(want.audio, got.audio) && begins(want.video, got.video) {
			whole++
		}
		if i == 0 || got.length < least {
			least = got.length
		}
	}
	return whole, least, nil
}

// begins tells whether all begins with some, again and again if it must.
func begins(all, some []string) bool {
	for i, body := range some {
		if body != all[i%len(all)] {
			return false
		}
	}
	return len(some) > 0
}
