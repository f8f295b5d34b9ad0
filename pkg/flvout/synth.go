package flvout

import (
	"bytes"
	"encoding/binary"
)

// What is taken of the parameter sets in one key frame.
const (
	maxParameterSets = 16
	maxParameterSet  = 4096 // bytes
)

// makeHeader makes the sequence header that is missing out of the parameter sets
// in a key frame of AVC, which some senders put there, and which are all that a
// server that keeps no headers has to give to who joins late. ok is false if
// there are none. The frame's tag tells which form the header takes.
func makeHeader(t Tag, c *Class) (header Tag, ok bool) {
	if c.Codec != CodecAVC || c.Multitrack {
		return Tag{}, false
	}
	var sps, pps [][]byte
	for u := range nalUnits(c.Payload, usualNALSize) {
		if len(u) > maxParameterSet {
			continue
		}
		switch u[0] & 0x1F { // H.264, table 7-1
		case 7:
			sps = addSet(sps, u)
		case 8:
			pps = addSet(pps, u)
		}
	}
	if len(sps) == 0 || len(pps) == 0 || len(sps[0]) < 4 {
		return Tag{}, false
	}
	b := []byte{0x17, 0, 0, 0, 0}
	if t.Body[0]&exVideoBit != 0 {
		b = binary.BigEndian.AppendUint32([]byte{0x90}, uint32(CodecAVC))
	}
	// AVCDecoderConfigurationRecord, ISO 14496-15, 5.3.3.1: profile,
	// compatibility and level stand in the SPS; lengths have four bytes. What
	// follows the sets in High profiles may be missing, and is by many.
	b = append(b, 1, sps[0][1], sps[0][2], sps[0][3], 0xFC|(usualNALSize-1), 0xE0|byte(len(sps)))
	b = appendSets(b, sps)
	b = append(b, byte(len(pps)))
	b = appendSets(b, pps)
	return Tag{Type: t.Type, Timestamp: t.Timestamp, Body: b}, true
}

// addSet adds a parameter set that is not there yet.
func addSet(sets [][]byte, set []byte) [][]byte {
	for _, s := range sets {
		if bytes.Equal(s, set) {
			return sets
		}
	}
	if len(sets) == maxParameterSets {
		return sets
	}
	return append(sets, set)
}

func appendSets(b []byte, sets [][]byte) []byte {
	for _, s := range sets {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return b
}
