package flvout

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// TestBufferPool writes files side by side whose key frames need more than their
// own buffers, some with a Flush while a body is being built.
func TestBufferPool(t *testing.T) {
	pool := new(BufferPool)
	dir := t.TempDir()
	var all sync.WaitGroup
	for n := range byte(8) {
		all.Go(func() {
			f, err := FileOptions{Buffers: pool}.Create(filepath.Join(dir, fmt.Sprint(n)+".flv"))
			if err != nil {
				t.Error(err)
				return
			}
			var want [][]byte
			for i := range uint32(200) {
				size := 500
				switch {
				case i%10 == 0:
					size = 20_000 << (i / 10 % 4) // 160 KB at most
				case i > 150:
					size = 9000 // much at once
				}
				body := bytes.Repeat([]byte{n, byte(i)}, size/2)
				copy(body, avcFrame(0, 0, i%10 == 0).Body[:10])
				want = append(want, body)
				room := f.AvailableBuffer(size)
				if room == nil && i > 1 {
					t.Errorf("no room for %d bytes", size)
				}
				room = append(room, body[:size/2]...)
				if i%3 == 0 {
					err = f.Flush()
				}
				err = errors.Join(err, f.WriteTag(Tag{video, 40 * i, append(room, body[size/2:]...)}), f.WriteTag(aacFrame(40*i, n)))
				if err != nil {
					t.Error(err)
				}
				if i%10 > 0 && i <= 150 && cap(f.w.buf) != firstFileBuffer {
					t.Errorf("tag %d: the file keeps %d bytes", i, cap(f.w.buf))
				}
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			for i, tg := range media(scan(t, readFile(t, f.Name()))) {
				if i/2 < len(want) && tg.Type == video && !bytes.Equal(tg.Body, want[i/2]) {
					t.Errorf("file %d: frame %d is another", n, i/2)
				}
			}
		})
	}
	all.Wait()
}
