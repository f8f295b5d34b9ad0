package main

import (
	"context"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/job"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/session"
)

// seek has a recorded stream begin where the file goes on, wherever it is had from;
// unless the file has all that is asked for.
func seek(pull *job.Pull) {
	f := pull.Files
	if f == nil || f.Resumed == nil || pull.Target.Session.Kind != session.Recorded {
		return
	}
	from := uint32(f.Resumed.Start.Milliseconds())
	if n := pull.Target.Session.Length; n > 0 && from >= n {
		pull.Whole = true
		return
	}
	skip := func(c *session.Config) {
		c.Start += from
		if c.Length > 0 {
			c.Length -= min(from, c.Length-1)
		}
	}
	skip(&pull.Target.Session)
	if pull.Backup != nil {
		skip(&pull.Backup.Session)
	}
	if fresh := pull.Fresh; fresh != nil {
		pull.Fresh = func(ctx context.Context) (*rtmp.Target, error) {
			t, err := fresh(ctx)
			if err == nil {
				skip(&t.Session)
			}
			return t, err
		}
	}
}
