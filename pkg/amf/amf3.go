package amf

// AMF3 3.1: the markers that are needed to write.
const (
	marker3ByteArray = 0x0C
)

const maxU29 = 1<<29 - 1

type tables3 struct{}

func (d *Decoder) value3(int) (Value, error) {
	return nil, d.fail(d.off-1, "unknown marker 0x%02x", markerAVMPlus)
}
