package swf

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// mostEntry is how long the file of an entry may be, in bytes.
const mostEntry = 16 << 10

// An entry is what is remembered of a player.
type entry struct {
	URL      string    `json:"url"` // for people: without user and query
	Checked  time.Time `json:"checked"`
	Modified string    `json:"last_modified,omitempty"` // as the server put it
	ETag     string    `json:"etag,omitempty"`
	Size     uint32    `json:"size"`
	Hash     string    `json:"hash"`
}

// known tells whether there is a player in it.
func (e *entry) known() bool { return e.Hash != "" }

func (e *entry) player() Player {
	p := Player{Size: e.Size}
	_, _ = hex.Decode(p.Hash[:], []byte(e.Hash))
	return p
}

func (e *entry) encode() []byte {
	b, err := json.Marshal(e)
	if err != nil { // a time beyond the year 9999
		return nil
	}
	return append(b, '\n')
}

// decode gives the entry of a file, the zero one if that is damaged.
func decode(b []byte) entry {
	var e entry
	if err := json.Unmarshal(b, &e); err != nil {
		return entry{}
	}
	if strings.ContainsFunc(e.Modified+e.ETag, unicode.IsControl) { // no server could be told that
		return entry{}
	}
	hash, err := hex.DecodeString(e.Hash)
	if err != nil || len(hash) != len(Player{}.Hash) || e.Size < headerSize || e.Size > MaxSize {
		return entry{}
	}
	return e
}
