package swf

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz/lzma"
)

// plain is a player of that many bytes which can be compressed.
func plain(n int) []byte {
	b := append([]byte("FWS\x09"), binary.LittleEndian.AppendUint32(nil, uint32(n))...)
	r := rand.New(rand.NewPCG(1, 2))
	for len(b) < n {
		b = append(b, byte(r.IntN(4)))
	}
	return b
}

// zipped is a player as CWS.
func zipped(player []byte) []byte {
	var b bytes.Buffer
	b.WriteString("C")
	b.Write(player[1:8])
	w := zlib.NewWriter(&b)
	_, _ = w.Write(player[8:])
	_ = w.Close()
	return b.Bytes()
}

// squeezed is a player as ZWS, with LZMA's mark of the end or without.
func squeezed(t testing.TB, player []byte, mark bool) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := lzma.WriterConfig{SizeInHeader: !mark, Size: int64(len(player) - 8), EOSMarker: mark}.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(player[8:]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	head, body := packed.Bytes()[:5], packed.Bytes()[13:]
	b := append([]byte("Z"), player[1:8]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	return append(append(b, head...), body...)
}

// The player of the sheet of facts, which rtmpdump hashes to the same.
const (
	tiny     = "46575309100000000001020304050607"
	tinyHash = "25698a099a5a1538b37d16c672be0a8c1dcd952115509097d3ebf840c620e743"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSum: the hash and the size are the same, however a player is compressed.
func TestSum(t *testing.T) {
	for name, player := range map[string][]byte{"tiny": fromHex(t, tiny), "one byte": plain(9), "large": plain(300_000)} {
		mac := hmac.New(sha256.New, []byte("Genuine Adobe Flash Player 001"))
		mac.Write(player)
		want := hex.EncodeToString(mac.Sum(nil))
		if name == "tiny" && want != tinyHash {
			t.Errorf("HMAC gives %s, the sheet has %s", want, tinyHash)
		}
		for form, file := range map[string][]byte{
			"plain": player, "zlib": zipped(player), "LZMA": squeezed(t, player, false), "LZMA with a mark": squeezed(t, player, true),
			"zlib and more": append(zipped(player), "more"...),
		} {
			for _, r := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file)), iotest.DataErrReader(bytes.NewReader(file))} {
				p, err := Sum(r)
				if got := hex.EncodeToString(p.Hash[:]); err != nil || got != want || int(p.Size) != len(player) {
					t.Errorf("%s, %s: %d bytes, %s, %v", name, form, p.Size, got, err)
				}
			}
		}
	}
}

// TestSumRefuses: what is no player, or not all of one, has no hash.
func TestSumRefuses(t *testing.T) {
	player := plain(100_000)
	file := zipped(player)
	spoiled := bytes.Clone(file)
	spoiled[len(spoiled)/2] ^= 0x55
	sum := bytes.Clone(file)
	sum[len(sum)-1]++
	lz := squeezed(t, player, false)
	long := bytes.Clone(lz)
	binary.LittleEndian.PutUint32(long[4:], uint32(len(player)+1000))
	huge := bytes.Clone(lz)
	binary.LittleEndian.PutUint32(huge[4:], 1<<31)
	dict := bytes.Clone(lz)
	binary.LittleEndian.PutUint32(dict[13:], 1<<32-1)
	odd := bytes.Clone(lz)
	odd[12] = 0xff
	for name, test := range map[string]struct {
		in   io.Reader
		want string
	}{
		"nothing":              {strings.NewReader(""), ErrNotSWF.Error()},
		"a signature":          {strings.NewReader("FWS"), ErrNotSWF.Error()},
		"a page":               {strings.NewReader("<html>Not found</html>"), ErrNotSWF.Error()},
		"FWS, cut":             {bytes.NewReader(player[:len(player)-1]), "cut off"},
		"CWS and no more":      {bytes.NewReader(file[:8]), "cut off"},
		"CWS, cut":             {bytes.NewReader(file[:len(file)/2]), "cut off"},
		"CWS without its sum":  {bytes.NewReader(file[:len(file)-4]), "cut off"},
		"CWS, spoiled":         {bytes.NewReader(spoiled), "damaged: "},
		"CWS with another sum": {bytes.NewReader(sum), "damaged: "},
		"CWS, not zlib":        {strings.NewReader("CWS\x09\x10\x00\x00\x00what?"), "damaged: "},
		"ZWS, cut":             {bytes.NewReader(lz[:len(lz)/2]), "cut off"},
		"ZWS, no properties":   {bytes.NewReader(lz[:15]), "cut off"},
		"ZWS, bad properties":  {bytes.NewReader(odd), "damaged: "},
		"ZWS, too short":       {bytes.NewReader(long), "cut off"},
		"ZWS, a huge length":   {bytes.NewReader(huge), ErrTooLarge.Error()},
		"ZWS, no length":       {strings.NewReader("ZWS\x09\x00\x00\x00\x00and so on and so on"), ErrNotSWF.Error()},
		"a source that fails":  {io.MultiReader(bytes.NewReader(file[:100]), iotest.ErrReader(errors.New("lost"))), "lost"},
		"too much":             {io.MultiReader(bytes.NewReader(player), zeros(MaxSize)), ErrTooLarge.Error()},
		"a bomb":               {bytes.NewReader(bomb(t)), ErrTooLarge.Error()},
	} {
		if p, err := Sum(test.in); err == nil || !strings.Contains(err.Error(), test.want) || p != (Player{}) {
			t.Errorf("%s: %+v, %v; want %s", name, p, err, test.want)
		}
	}
	if _, err := Sum(bytes.NewReader(dict)); err != nil {
		t.Errorf("a dictionary larger than the player: %v", err)
	}
	if p, err := Sum(io.MultiReader(bytes.NewReader(player), zeros(MaxSize-int64(len(player))))); err != nil || p.Size != MaxSize {
		t.Errorf("as large as may be: %d bytes, %v", p.Size, err)
	}
}

// zeros are so many.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// bomb is a small file of a player that is too large.
func bomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("CWS\x09\x10\x00\x00\x00")
	w := zlib.NewWriter(&b)
	if _, err := io.Copy(w, zeros(MaxSize)); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	return b.Bytes()
}

// FuzzSum: no file makes it panic, and what it gives is within bounds.
func FuzzSum(f *testing.F) {
	player := plain(200)
	f.Add(player)
	f.Add(zipped(player))
	f.Add(squeezed(f, player, false))
	f.Add(squeezed(f, player, true))
	f.Add(zipped(player)[:20])
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Sum(bytes.NewReader(file))
		if err != nil {
			if p != (Player{}) || errors.Is(err, io.EOF) {
				t.Fatalf("%+v, %v", p, err)
			}
			return
		}
		if p.Size < 8 || p.Size > MaxSize || len(file) < 8 {
			t.Fatalf("%+v of %d bytes", p, len(file))
		}
	})
}
