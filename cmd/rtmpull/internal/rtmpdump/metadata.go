package rtmpdump

import (
	"fmt"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// What a server can make us write with its metadata.
const (
	maxMetadataLines = 200
	maxMetadataText  = 255 // bytes of a name or a text
)

// Metadata writes what a stream says of itself, a line for each value that has a
// name.
func (c *Console) Metadata(v amf.Value) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level < Info {
		return
	}
	lines := appendMetadata([]string{"Metadata:"}, v)
	for _, line := range lines[:min(len(lines), 1+maxMetadataLines)] {
		c.line(Info.String() + ": " + line)
	}
}

// appendMetadata appends the lines of a value's members, however deep they are.
func appendMetadata(lines []string, v amf.Value) []string {
	if list, ok := v.(amf.StrictArray); ok { // its values have no names, but what is in them
		for _, v := range list {
			if lines = appendMetadata(lines, v); len(lines) > maxMetadataLines {
				break
			}
		}
		return lines
	}
	o, ok := v.(*amf.Object)
	if !ok || o == nil {
		return lines
	}
	for _, p := range o.Properties {
		if len(lines) > maxMetadataLines {
			break
		}
		value := ""
		switch v := p.Value.(type) {
		case amf.Number:
			value = fmt.Sprintf("%.2f", float64(v))
		case amf.Boolean:
			value = "FALSE"
			if v {
				value = "TRUE"
			}
		case amf.String:
			value = metadataText(string(v))
		case amf.Date:
			value = fmt.Sprintf("timestamp:%.2f", v.Milliseconds)
		case *amf.Object, amf.StrictArray:
			if p.Name != "" {
				lines = append(lines, metadataText(p.Name)+":")
			}
			lines = appendMetadata(lines, v)
			continue
		}
		if p.Name != "" && value != "" {
			lines = append(lines, fmt.Sprintf("  %-22s%s", metadataText(p.Name), value))
		}
	}
	return lines
}

func metadataText(s string) string { return clean(s[:min(len(s), maxMetadataText)]) }
