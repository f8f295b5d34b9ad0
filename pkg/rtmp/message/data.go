package message

import (
	"bytes"

	"github.com/rtmpull/rtmpull/pkg/amf"
)

// SetDataFrame is the name that a publisher puts before onMetaData. Some
// servers (Node-Media-Server, MediaMTX) send it on to players.
const SetDataFrame = "@setDataFrame"

// DataBody is the AMF0 part of a data message of either form, which is what an
// FLV script tag holds, without a publisher's leading @setDataFrame. It is a
// part of m's payload.
func DataBody(m *Message) []byte {
	b := body(m)
	d := amf.NewDecoder(b)
	if v, err := d.Next(); err == nil {
		if name, ok := amf.AsString(v); ok && name == SetDataFrame {
			return b[d.Offset():]
		}
	}
	return b
}

// ParseData decodes a data message: its name, and the values after it. With an
// error it returns what was read before it.
func ParseData(m *Message) (name string, values []amf.Value, err error) {
	values, err = amf.Decode(DataBody(m))
	if len(values) == 0 {
		return "", nil, err
	}
	name, ok := amf.AsString(values[0])
	if !ok {
		return "", values, err
	}
	return name, values[1:], err
}

// encodedSetDataFrame is SetDataFrame as an AMF0 string.
const encodedSetDataFrame = "\x02\x00\x0d" + SetDataFrame

// MaxMetaData is how long the body of an onMetaData tag may be to be sent, in
// bytes: with what AppendDataFrame puts before it, it must not exceed a message's
// length field of three bytes (RTMP 1.0, 5.3.1.2.1).
const MaxMetaData = 1<<24 - 1 - len(encodedSetDataFrame)

// AppendDataFrame appends the body of an FLV script tag as a publisher sends it:
// onMetaData behind @setDataFrame, which has the server keep it for those who
// come later, and all else as it is.
func AppendDataFrame(dst, body []byte) []byte {
	const onMetaData = "\x02\x00\x0aonMetaData"
	if bytes.HasPrefix(body, []byte(onMetaData)) {
		dst = append(dst, encodedSetDataFrame...)
	}
	return append(dst, body...)
}
