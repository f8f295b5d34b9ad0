package handshake

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// Which block of a signature is encrypted by which key: two that the same
// implementation as for digestVectors has computed.
func TestTransformChoosesKeys(t *testing.T) {
	for key, want := range map[string][]int{
		"b88f212fe5025e8fe9795f45b2b8ff267db967e147f313dfe3ab7aeebe90ede8": {4, 8, 5, 2},
		"1c169c2a9b6ff294c4efa0d6366e1f1cd74492a22d70874828876f9cf0168ab1": {13, 1, 5, 10},
	} {
		k, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []byte{versionXTEA, versionBlowfish} {
			got, byHand := make([]byte, 32), make([]byte, 32)
			transform(version, k, got)
			for i, index := range want {
				block := byHand[8*i : 8*i+8]
				transformer(version, index).Encrypt(block, block)
				swapWords(block)
			}
			if !bytes.Equal(got, byHand) {
				t.Errorf("key %s, version %d: % x, want the keys %v: % x", key, version, got, want, byHand)
			}
		}
	}
}

func TestTransformBlocks(t *testing.T) {
	tests := []struct {
		version, index byte
		want           string
	}{
		{8, 0, "c7c82aca95daa419"},
		{8, 7, "462cb97d43c6dca1"},
		{8, 14, "b7eecfdda2307f55"},
		{9, 0, "a031fb6d807be57d"},
		{9, 7, "4d14bb94b0cf1321"},
		{9, 14, "e3082b7c168b32eb"},
		{6, 7, "0001020304050607"},
		{3, 7, "0001020304050607"},
	}
	for _, tt := range tests {
		block := []byte{0, 1, 2, 3, 4, 5, 6, 7}
		transform(tt.version, []byte{tt.index}, block)
		if got := hex.EncodeToString(block); got != tt.want {
			t.Errorf("version %d, key %d: %s, want %s", tt.version, tt.index, got, tt.want)
		}
	}
}
