package main

import (
	"strings"
	"testing"
	"time"
)

// A server has as long for each of its answers as --timeout says.
func TestRtmpdumpTimeouts(t *testing.T) {
	const s = durationValue(time.Second)
	for args, want := range map[string][3]durationValue{
		"-r rtmp://h/a/b":                              {10 * s, 30 * s, 30 * s},
		"-r rtmp://h/a/b -m 60":                        {60 * s, 60 * s, 60 * s},
		"-r rtmp://h/a/b -m 5 --connect-timeout 7":     {7 * s, 5 * s, 5 * s},
		"-r rtmp://h/a/b -m 5 --start-timeout 7":       {5 * s, 7 * s, 5 * s},
		"-i rtmp://h/a/b|timeout=60":                   {60 * s, 60 * s, 60 * s},
		"-r rtmp://h/a/b -m 0":                         {10 * s, 0, 0},
		"-i rtmp://h/a/b|timeout=0":                    {10 * s, 0, 0},
		"-i rtmp://h/a/b|timeout=60 -m 5":              {5 * s, 5 * s, 5 * s},
		"-i rtmp://h/a/b|timeout=6 --start-timeout 60": {6 * s, 60 * s, 6 * s},
	} {
		list := strings.Fields(args)
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], "|", " ")
		}
		d, _, err := understands(t, append(list, "-o", "x")...)
		if n := &d.network; err != nil || [...]durationValue{n.connect, n.start, n.silence} != want {
			t.Errorf("%s: %v for a connection, %v for media, %v of silence; %v", args, &n.connect, &n.start, &n.silence, err)
		}
	}
}

// However little is asked for, it is not all.
func TestRtmpdumpStopsSoon(t *testing.T) {
	for _, args := range []string{"-B 0.0001", "-A 3 -B 3.0001"} {
		d, _, err := understands(t, append(strings.Fields(args), "-r", "rtmp://h/a/b", "-o", "x")...)
		if err != nil {
			t.Fatal(err)
		}
		if target, err := d.target(); err != nil || target.Session.Length != 1 {
			t.Errorf("%s: %d ms, %v", args, target.Session.Length, err)
		}
	}
}

// One that is told to stop where no stream reaches, as callers write that have no limit,
// has none. A live one may last so long.
func TestRtmpdumpNeverStops(t *testing.T) {
	for args, want := range map[string]durationValue{
		"-B 9999999": 0, "-A 5 -B 9999999": 0, "-v -B 9999999": durationValue(9999999 * time.Second),
	} {
		d, warned, err := understands(t, append(strings.Fields(args), "-r", "rtmp://h/a/b", "-o", "x")...)
		if err != nil || d.source.stop != want || strings.Contains(warned, "--stop does not count") != (want == 0) {
			t.Errorf("%s: stops at %v, %v; %s", args, &d.source.stop, err, warned)
		}
	}
}
