package handshake

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
)

// privateKey is one that every implementation can make.
func privateKey(seed string) *big.Int {
	b := sha512.Sum512([]byte(seed))
	return new(big.Int).SetBytes(b[:])
}

// The numbers are those of the implementation that computed digestVectors.
func TestKeyExchange(t *testing.T) {
	client, server := keyPairOf(privateKey("a")), keyPairOf(privateKey("b"))
	for _, tt := range []struct {
		name string
		key  [keySize]byte
		want string
	}{
		{"client", client.public, "bce9ff459be8448c"},
		{"server", server.public, "38edfc25d3817ded"},
	} {
		if got := hex.EncodeToString(tt.key[:8]); got != tt.want {
			t.Errorf("the %s's public key begins with %s, want %s", tt.name, got, tt.want)
		}
	}
	secret, ok := client.secret(server.public[:])
	if got := hex.EncodeToString(secret[:]); !ok || !strings.HasPrefix(got, "1e489c714c7f2b24") || !strings.HasSuffix(got, "5fa5dac17d21a") {
		t.Errorf("the secret is %s, %v; want 1e489c714c7f2b24...5fa5dac17d21a", got, ok)
	}
	if again, ok := server.secret(client.public[:]); !ok || again != secret {
		t.Errorf("the server's secret is %x, %v; want %x", again, ok, secret)
	}
	if got := hex.EncodeToString(streamKey(secret[:], server.public[:])); got != "e9b771c276bafa18b67cc9a302b63cb9" {
		t.Errorf("the client sends with key %s", got)
	}
	if got := hex.EncodeToString(streamKey(secret[:], client.public[:])); got != "0cb00caf6d10ae9bfb3e44c455ffa638" {
		t.Errorf("the client receives with key %s", got)
	}

	c, _ := client.ciphers(server.public[:])
	s, _ := server.ciphers(client.public[:])
	const send, receive = "d96db6703e457b8f572f8599dab2ac6d", "15f5ce605fc31633963c0d27df63938a"
	for _, tt := range []struct {
		name string
		got  []byte
		want string
	}{
		{"client sends", stream(c.Send), send},
		{"client receives", stream(c.Receive), receive},
		{"server sends", stream(s.Send), receive},
		{"server receives", stream(s.Receive), send},
	} {
		if got := hex.EncodeToString(tt.got); got != tt.want {
			t.Errorf("what the %s: key stream %s, want %s", tt.name, got, tt.want)
		}
	}
}

// stream is the first of a key stream.
func stream(s interface{ XORKeyStream(dst, src []byte) }) []byte {
	b := make([]byte, 16)
	s.XORKeyStream(b, b)
	return b
}

// A number with zeros in front keeps its place: implementations that move it to
// the start of the field have another key in one session of 256.
func TestShortNumbersArePadded(t *testing.T) {
	k := keyPairOf(big.NewInt(3))
	if want := append(make([]byte, keySize-1), 8); !bytes.Equal(k.public[:], want) {
		t.Errorf("2^3 is %x, want %x", k.public, want)
	}
	peer := keyPairOf(big.NewInt(5))
	secret, ok := k.secret(peer.public[:])
	if want := append(make([]byte, keySize-2), 0x80, 0); !ok || !bytes.Equal(secret[:], want) {
		t.Errorf("2^15 is %x, %v; want %x", secret, ok, want)
	}
}

func TestPublicKeysThatAreNone(t *testing.T) {
	k := keyPairOf(privateKey("a"))
	p := k.prime
	plus := func(n int64) *big.Int { return new(big.Int).Add(p, big.NewInt(n)) }
	all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 8*keySize), big.NewInt(1))
	for _, tt := range []struct {
		name string
		y    *big.Int
		ok   bool
	}{
		{"0", big.NewInt(0), false},
		{"1", big.NewInt(1), false},
		{"2", big.NewInt(2), true},
		{"p-2", plus(-2), true},
		{"p-1", plus(-1), false},
		{"p", p, false},
		{"p+1", plus(1), false},
		{"all ones", all, false},
	} {
		var b [keySize]byte
		if _, ok := k.secret(tt.y.FillBytes(b[:])); ok != tt.ok {
			t.Errorf("%s: taken: %v, want %v", tt.name, ok, tt.ok)
		}
	}
}

// Whatever the random bytes are, the private key is a large one.
func TestPrivateKeySize(t *testing.T) {
	for _, b := range []byte{0, 0xff} {
		cfg := Config{Rand: bytes.NewReader(bytes.Repeat([]byte{b}, keySize))}
		k, err := cfg.newKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		if n := k.private.BitLen(); n != 8*keySize-1 {
			t.Errorf("bytes %#x: a private key of %d bits, want %d", b, n, 8*keySize-1)
		}
	}
}
