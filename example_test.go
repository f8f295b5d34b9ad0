package rtmpull_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// record writes a stream to a file, until the stream ends.
func record(ctx context.Context, url, path string) error {
	target, err := rtmp.ParseTarget(url)
	if err != nil {
		return err
	}
	client := rtmp.Client{StartTimeout: 30 * time.Second, IdleTimeout: 30 * time.Second}
	player, err := client.Play(ctx, target)
	if err != nil {
		return err
	}
	defer player.Close()
	file, err := flvout.Create(path) // path.part until it is closed
	if err != nil {
		return err
	}
	out := flvout.NewSplicer(file, flvout.SplicerOptions{})
	for {
		m, err := player.Next()
		if err == nil {
			err = out.WriteTag(flvout.Tag{Type: tag.TagType(m.Type), Timestamp: m.Timestamp, Body: m.Payload})
		}
		if errors.Is(err, io.EOF) { // the server's word; a lost connection is another error
			return out.Close()
		}
		if err != nil {
			return errors.Join(err, out.Close()) // what has come is complete all the same
		}
	}
}

// A stream is recorded to a file.
func Example() {
	url, stop := serve("testdata/flv/bars.flv")
	defer stop()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "show.flv")
	if err := record(context.Background(), url, path); err != nil {
		fmt.Println(err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	var frames int
	for tags := flvout.NewScanner(f); ; {
		t, err := tags.Next()
		if err != nil {
			break
		}
		if flvout.Classify(t).Kind == flvout.KindFrame && t.Type == tag.TagTypeVideo {
			frames++
		}
	}
	fmt.Println(filepath.Base(path), "has", frames, "frames of video")
	// Output: show.flv has 250 frames of video
}

// serve plays the frames of a file, once, on a server of the loopback interface.
func serve(path string) (url string, stop func()) {
	t := &scripted{}
	server := rtmptest.NewServer(t, func(p *rtmptest.Peer) {
		f, err := os.Open(path)
		if err != nil {
			t.Errorf("%v\n", err)
			return
		}
		defer f.Close()
		p.AcceptPlay()
		for tags := flvout.NewScanner(f); ; {
			tagged, err := tags.Next()
			if err != nil {
				break
			}
			switch tagged.Type {
			case tag.TagTypeAudio:
				p.Audio(tagged.Timestamp, tagged.Body)
			case tag.TagTypeVideo:
				p.Video(tagged.Timestamp, tagged.Body)
			}
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	})
	return server.URL("live/bars"), func() { t.end() }
}

// A scripted is the part of a test that a server needs.
type scripted struct {
	testing.TB
	end func()
}

func (*scripted) Helper()                        {}
func (t *scripted) Cleanup(f func())             { t.end = f }
func (*scripted) Errorf(format string, a ...any) { fmt.Printf(format, a...) }
