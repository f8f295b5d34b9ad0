package flvout_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rtmpull/rtmpull/pkg/flvout"
)

// minute is a recording of 60 s, with a key frame every 2 s.
const minute = "../../testdata/flv/minute.flv"

// A stream is recorded as files of 20 s, though its clock jumps.
func ExampleSplicer() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := record(minute, dir); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0.flv: 20s, 500 frames of video, 10 key frames
	// 1.flv: 20s, 500 frames of video, 10 key frames
	// 2.flv: 20s, 500 frames of video, 10 key frames
	// clock jumped
}

// record plays a file as a server would send it, and writes what comes.
func record(from, dir string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	files, err := flvout.NewRotator(flvout.RotatorOptions{
		Time: 20 * time.Second,
		Open: func(n int) (*flvout.File, error) {
			return flvout.FileOptions{}.Create(filepath.Join(dir, fmt.Sprintf("%d.flv", n)))
		},
		Done: func(f *flvout.File, _ flvout.Cut) {
			if err := f.Close(); err != nil {
				fmt.Println(err)
			}
			st := f.Stats()
			fmt.Printf("%s: %v, %d frames of video, %d key frames\n",
				filepath.Base(f.Name()), f.Duration().Round(time.Second), st.Frames, st.KeyFrames)
		},
	})
	if err != nil {
		return err
	}
	var told []flvout.SpliceKind
	out := flvout.NewSplicer(files, flvout.SplicerOptions{
		Event: func(e flvout.SpliceEvent) { told = append(told, e.Kind) },
	})
	for tags := flvout.NewScanner(in); ; {
		t, err := tags.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if t.Timestamp >= 30_000 {
				t.Timestamp += 3_600_000 // the server's clock is set
			}
			err = out.WriteTag(t)
		}
		if err != nil {
			return errors.Join(err, out.Close())
		}
	}
	err = out.Close()
	for _, kind := range told {
		fmt.Println(kind)
	}
	return err
}

// A file whose end is missing is mended where it is.
func ExampleRepair() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	whole, err := os.ReadFile(minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	path := filepath.Join(dir, "torn.flv")
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o666); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		done, err := flvout.Repair(path, flvout.RepairOptions{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(done.Action != flvout.ActionNone, done.Duration.Round(time.Second), done.Damage.Tail > 0)
	}
	// Output:
	// true 30s true
	// false 30s false
}
