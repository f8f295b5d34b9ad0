package rtmp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/yutopp/go-flv/tag"

	"github.com/rtmpull/rtmpull/pkg/flvout"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

// recordTo writes a stream to a file, until the stream ends.
func recordTo(ctx context.Context, url, path string) error {
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

// A stream is recorded to a file: the payload of a message is the body of a tag, and
// package flvout does the rest.
func Example_record() {
	url, stop := exampleServer("rtmp", filePlayed("../../testdata/flv/bars.flv"))
	defer stop()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "show.flv")
	if err := recordTo(context.Background(), url, path); err != nil {
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

// filePlayed is a server that plays the frames of a file.
func filePlayed(path string) rtmptest.Script {
	return func(p *rtmptest.Peer) {
		f, err := os.Open(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer f.Close()
		p.AcceptPlay()
		for tags := flvout.NewScanner(f); ; {
			t, err := tags.Next()
			if err != nil {
				break
			}
			switch t.Type {
			case tag.TagTypeAudio:
				p.Audio(t.Timestamp, t.Body)
			case tag.TagTypeVideo:
				p.Video(t.Timestamp, t.Body)
			}
		}
		p.Status("status", "NetStream.Play.Complete")
		p.Linger()
	}
}
