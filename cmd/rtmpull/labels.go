package main

import (
	"strconv"
	"strings"

	"github.com/rtmpull/rtmpull/cmd/rtmpull/internal/obs"
	"github.com/rtmpull/rtmpull/pkg/rtmp"
)

// labels says what several streams are called, each as short as it can be and be
// told from the others: by its name, by its application and name, by its host as
// well, or with its port; in the end by its place among them.
func labels(targets []*rtmp.Target, mask *obs.Mask) []string {
	forms := []func(t *rtmp.Target) string{
		func(t *rtmp.Target) string { return labelPart("stream", t, mask) },
		func(t *rtmp.Target) string { return labelPart("app", t, mask) + "/" + labelPart("stream", t, mask) },
		func(t *rtmp.Target) string { return fullLabel(mask.Text(t.Host), t, mask) },
		func(t *rtmp.Target) string { return fullLabel(mask.Text(t.Address()), t, mask) },
	}
	names := make([]string, len(targets))
	for _, form := range forms {
		count := make(map[string]int)
		for _, t := range targets {
			count[form(t)]++
		}
		for i, t := range targets {
			if name := form(t); names[i] == "" && count[name] == 1 {
				names[i] = name
			}
		}
	}
	for i, t := range targets {
		if names[i] == "" {
			names[i] = fullLabel(mask.Text(t.Address()), t, mask) + "#" + strconv.Itoa(i+1)
		}
	}
	return names
}

func fullLabel(host string, t *rtmp.Target, mask *obs.Mask) string {
	return printable(host) + "/" + labelPart("app", t, mask) + "/" + labelPart("stream", t, mask)
}

// labelPart is what a target has for a field, without secrets and fit to be shown.
// No part of a label has a slash.
func labelPart(field string, t *rtmp.Target, mask *obs.Mask) string {
	return strings.ReplaceAll(printable(mask.Text(rawField(field, t))), "/", "_")
}
