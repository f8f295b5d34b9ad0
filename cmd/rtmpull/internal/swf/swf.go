// Package swf knows Flash players, as SWF verification has them: by the size of the
// player and the hash that servers compare. It fetches players by HTTP and remembers
// what they come to.
//
//	cache := swf.Cache{Dir: dir, Client: client}
//	player, err := cache.Get(ctx, "http://example.com/player.swf", 30*24*time.Hour)
package swf

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"github.com/rtmpull/rtmpull/pkg/rtmp/handshake"
)

// A Player is what a server is told of a player.
type Player = handshake.SWF

// MaxSize is how large a player may be, as it comes and decompressed, in bytes.
const MaxSize = 64 << 20

var (
	// ErrNotSWF is the error of what is no player.
	ErrNotSWF = errors.New("that is no SWF")

	// ErrTooLarge is the error of a player that is larger than MaxSize.
	ErrTooLarge = fmt.Errorf("the player is larger than %d MiB", MaxSize>>20)

	errCut = errors.New("the player is cut off")
)

// headerSize is that of what is never compressed: the signature, the version, and
// the length of the whole.
const headerSize = 8

// Sum reads a player to its end and takes its hash and size, decompressed if it is
// compressed, by zlib (CWS) or by LZMA (ZWS). A player that is cut is an error, and one
// that is damaged, if its compression can tell.
func Sum(r io.Reader) (Player, error) {
	in := &bounded{r: r, left: MaxSize}
	var head [headerSize]byte
	if _, err := io.ReadFull(in, head[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Player{}, ErrNotSWF
	} else if err != nil {
		return Player{}, err
	}
	body, err := decompressor(head, in)
	if err != nil {
		return Player{}, in.cause(err)
	}
	compressed := head[0] != 'F'
	head[0] = 'F'
	mac := hmac.New(sha256.New, []byte(handshake.SWFKey))
	_, _ = mac.Write(head[:])
	n, err := io.Copy(mac, &bounded{r: body, left: MaxSize - headerSize})
	if err != nil {
		return Player{}, in.cause(err)
	}
	if length := binary.LittleEndian.Uint32(head[4:]); !compressed && headerSize+n < int64(length) {
		return Player{}, errCut
	}
	return Player{Hash: [sha256.Size]byte(mac.Sum(nil)), Size: uint32(headerSize + n)}, nil
}

// decompressor gives what is behind a header, decompressed.
func decompressor(head [headerSize]byte, in io.Reader) (io.Reader, error) {
	switch string(head[:3]) {
	case "FWS":
		return in, nil
	case "CWS":
		return zlib.NewReader(in)
	case "ZWS":
		return unLZMA(binary.LittleEndian.Uint32(head[4:]), in)
	}
	return nil, ErrNotSWF
}

// unLZMA decompresses the body of a player that is to have length bytes with its
// header. SWF has its own order of what LZMA begins with: the compressed length,
// which LZMA has not, and the properties. The decompressed length is the header's.
func unLZMA(length uint32, in io.Reader) (io.Reader, error) {
	switch {
	case length < headerSize:
		return nil, ErrNotSWF
	case length > MaxSize:
		return nil, ErrTooLarge
	}
	size := length - headerSize
	if size == 0 { // LZMA's library would take it for unknown
		return bytes.NewReader(nil), nil
	}
	var start [4 + 5]byte // the compressed length, and the properties
	if _, err := io.ReadFull(in, start[:]); err != nil {
		return nil, err
	}
	// A dictionary larger than the whole is no use, and its memory is.
	dictionary := min(binary.LittleEndian.Uint32(start[5:]), max(size, lzma.MinDictCap))
	head := []byte{start[4]}
	head = binary.LittleEndian.AppendUint32(head, dictionary)
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	r, err := lzma.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(head), in)))
	if err != nil {
		return nil, err
	}
	return r, nil
}

// A bounded reader fails when there is more than it may give.
type bounded struct {
	r    io.Reader
	left int64
	err  error // of r, but for its end
}

func (b *bounded) Read(p []byte) (int, error) {
	// One more than may be, to find out whether there is more.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		err = ErrTooLarge
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// cause is what an error of reading comes to: that of the source if it has failed,
// and not what decompression makes of it.
func (b *bounded) cause(err error) error {
	switch {
	case b.err != nil:
		return b.err
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrNotSWF):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	}
	return fmt.Errorf("the player is damaged: %w", err)
}
