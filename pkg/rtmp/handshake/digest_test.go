package handshake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The vectors were computed by an independent implementation that completed
// handshakes with librtmp 2.6.
var digestVectors = []struct {
	name    string
	version uint32
	key     string
	scheme  scheme
	offset  int
	digest  string
}{
	{"C1 10.0.45.2", 0x0a002d02, clientKey, 0, 50, "0533fbce54b731510e5508f338b5656900228191214bf4f8b30aaed7e32f7ec4"},
	{"C1 10.0.45.2", 0x0a002d02, clientKey, 1, 798, "2d3010b1203245fa081c116bcfd164478c67393ac55dd3fdc4e96f35792dfe69"},
	{"C1 128.0.3.2", 0x80000302, clientKey, 0, 50, "b2dd483bc6668a32bea915e30edd381d0e7358fa5dddbad2a8b94e83c76286fd"},
	{"C1 128.0.3.2", 0x80000302, clientKey, 1, 798, "16741b149edeb08be69de5a57b2761b6d0bc6865434c46db0c7e27737dd2e67d"},
	{"S1 3.5.1.1", 0x03050101, serverKey, 0, 50, "7886a95eac3e353d8894fd03ea7bc2b0448075c55a1fa0f7180ec32d02f9cb05"},
	{"S1 3.5.1.1", 0x03050101, serverKey, 1, 798, "7f2e243580db1e4645ff115094fa884e2ad6187ad09fb47010aeb06a00a43d64"},
}

func TestDigest(t *testing.T) {
	for _, tt := range digestVectors {
		b := pattern(tt.version)
		if got := tt.scheme.offset(b); got != tt.offset {
			t.Errorf("%s, scheme %d: offset %d, want %d", tt.name, tt.scheme, got, tt.offset)
		}
		claim := string(b[4:8])
		clear(b[4:8])
		got := tt.scheme.put(b, claim, tt.key)
		if hex.EncodeToString(got) != tt.digest {
			t.Errorf("%s, scheme %d: digest %x, want %s", tt.name, tt.scheme, got, tt.digest)
		}
		found, s, ok := find(b, tt.key)
		if !ok || s != tt.scheme || !bytes.Equal(found, got) {
			t.Errorf("%s, scheme %d: found %x, scheme %d, %v", tt.name, tt.scheme, found, s, ok)
		}
		for _, other := range []string{clientKey, serverKey} {
			if _, _, ok := find(b, other); ok != (other == tt.key) {
				t.Errorf("%s, scheme %d: find with %q: %v", tt.name, tt.scheme, other, ok)
			}
		}
		b[Size-1] ^= 1
		if _, _, ok := find(b, tt.key); ok {
			t.Errorf("%s, scheme %d: found in a changed block", tt.name, tt.scheme)
		}
	}
}

func TestDigestNeedsVersion(t *testing.T) {
	for _, s := range []scheme{0, 1} {
		b := pattern(0)
		s.put(b, "\x00\x00\x00\x00", serverKey)
		if _, _, ok := find(b, serverKey); ok {
			t.Errorf("scheme %d: found a digest behind version 0", s)
		}
	}
}

// Every sum of the four selector bytes leads to a digest inside its half.
func TestOffsetRange(t *testing.T) {
	for s, want := range [][2]int{{12, 739}, {776, 1503}} {
		least, most := Size, 0
		for sum := range 4*255 + 1 {
			b, at := new([Size]byte), 8+764*s
			for i := range 4 {
				b[at+i] = byte(min(max(sum-255*i, 0), 255))
			}
			off := scheme(s).offset(b)
			least, most = min(least, off), max(most, off)
		}
		if got := [2]int{least, most}; got != want {
			t.Errorf("scheme %d: offsets %v, want %v", s, got, want)
		}
	}
}

func TestSignature(t *testing.T) {
	tests := []struct {
		digest, key string
		sigs        map[byte]string // by the version in S0
	}{
		{
			digestVectors[4].digest, // S1, scheme 0
			"1c169c2a9b6ff294c4efa0d6366e1f1cd74492a22d70874828876f9cf0168ab1",
			map[byte]string{
				3: "69ed53be20cfae9d50ebe26c9cb2ac925e867dcf766216fd283712028e78b3e9",
				6: "69ed53be20cfae9d50ebe26c9cb2ac925e867dcf766216fd283712028e78b3e9",
				8: "ad9398d8a36f92165ac742a569b6b82d05c35904296b96cffbd6085b7ce0a086",
				9: "bb65dee5ed6553a77d7125d219eebcc3ef7d7d00fc7a7c2d849042700bb6f8c3",
			},
		},
		{
			digestVectors[5].digest, // S1, scheme 1
			"b88f212fe5025e8fe9795f45b2b8ff267db967e147f313dfe3ab7aeebe90ede8",
			map[byte]string{
				3: "79c7be28b93ea5bbeb4a21f8931341d29d29b785113ce9a19cdc29052351a2c6",
				6: "79c7be28b93ea5bbeb4a21f8931341d29d29b785113ce9a19cdc29052351a2c6",
				8: "a4ab6342ca4ec4e696c13dc6adb09b0d8edca7bce7e92ba12665cf70e8006f7b",
				9: "74587f4911afa669a7583a2a23a9c2aa7d3adf2aa2afc60f389d2b7d17649829",
			},
		},
	}
	for _, tt := range tests {
		digest, err := hex.DecodeString(tt.digest)
		if err != nil {
			t.Fatal(err)
		}
		h := hmac.New(sha256.New, []byte(clientSignKey))
		h.Write(digest)
		if got := hex.EncodeToString(h.Sum(nil)); got != tt.key {
			t.Errorf("digest %s: key %s, want %s", tt.digest, got, tt.key)
		}
		c2 := new([Size]byte)
		for i := range c2[:signed] {
			c2[i] = byte(i)
		}
		for version, want := range tt.sigs {
			if got := hex.EncodeToString(signature(c2, version, clientSignKey, digest)); got != want {
				t.Errorf("digest %s, version %d: signature %s, want %s", tt.digest, version, got, want)
			}
		}
	}
}
