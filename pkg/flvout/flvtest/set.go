package flvtest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A Set makes the cases out of the samples. It is safe for concurrent use.
type Set struct {
	file  []byte // the good minute
	tags  []Tag  // its tags
	other []Tag  // those of a stream with other parameters
	mark  int    // the index in tags of the key frame at 20 s
}

// Read reads the samples in a directory, which is testdata/flv of this module.
func Read(dir string) (*Set, error) {
	s := new(Set)
	var err error
	if s.file, s.tags, err = sample(dir, "minute.flv"); err != nil {
		return nil, err
	}
	if _, s.other, err = sample(dir, "other.flv"); err != nil {
		return nil, err
	}
	s.mark = slices.IndexFunc(s.tags, func(t Tag) bool { return t.Key() && t.Timestamp == 20_000 })
	if s.mark < 0 {
		return nil, fmt.Errorf("flvtest: %s has no key frame at 20 s", dir)
	}
	return s, nil
}

func sample(dir, name string) (b []byte, tags []Tag, err error) {
	if b, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
		return nil, nil, err
	}
	if tags, err = Split(b); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range tags {
		tags[i].Arrival = time.Duration(tags[i].Timestamp) * time.Millisecond
	}
	return b, tags, nil
}

// Find reads the samples of the module in which the test runs.
func Find(t testing.TB) *Set {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("flvtest: no go.mod here nor above")
		}
		dir = up
	}
	s, err := Read(filepath.Join(dir, "testdata", "flv"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Good is the good minute: a new copy of the file.
func Good(t testing.TB) []byte {
	t.Helper()
	return Find(t).Good()
}

// Get makes one case.
func Get(t testing.TB, id string) Case {
	t.Helper()
	c, ok := Find(t).Case(id)
	if !ok {
		t.Fatalf("flvtest: no case %q", id)
	}
	return c
}

// Cases makes the cases of a kind, one after the other: all at once they would
// take much memory.
func Cases(t testing.TB, kind Kind) iter.Seq[Case] {
	t.Helper()
	return Find(t).Cases(kind)
}

// Good is the good minute: a new copy of the file.
func (s *Set) Good() []byte { return slices.Clone(s.file) }

// Tags are those of the good minute, the end of sequence too.
func (s *Set) Tags() []Tag { return slices.Clone(s.tags) }

// Mark is the offset of the good minute's key frame at 20 s, where most damage
// is done.
func (s *Set) Mark() int64 { return s.tags[s.mark].Offset }

// Case makes the case of that ID.
func (s *Set) Case(id string) (c Case, ok bool) {
	for _, r := range rows() {
		if r.id == id {
			return r.build(s), true
		}
	}
	return c, false
}

// Cases makes the cases of a kind.
func (s *Set) Cases(kind Kind) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, r := range rows() {
			if r.kind&kind != 0 && !yield(r.build(s)) {
				return
			}
		}
	}
}

// IDs lists all cases.
func IDs() (ids []string) {
	for _, r := range rows() {
		ids = append(ids, r.id)
	}
	return ids
}

// A row is a case that is still to be made.
type row struct {
	id, name string
	kind     Kind
	make     func(m *maker) Case
}

func rows() []row {
	return slices.Concat(byteRows(), chainRows(), clockRows(), repeatRows(), contentRows(), scriptRows(),
		enhancedRows(), multitrackRows(), legacyRows())
}

func (r row) build(s *Set) Case {
	m := &maker{Set: s, random: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(r.id))))}
	c := r.make(m)
	c.ID, c.Name, c.Kind = r.id, r.name, r.kind
	c.Want = c.Want.stated()
	var at time.Duration
	c.Tags = each(c.Tags, func(_ int, t Tag) Tag {
		at = max(at, t.Arrival) // of what is put in, of a repeat
		t.Arrival, t.Offset = at, 0
		return t
	})
	if c.File == nil && !slices.ContainsFunc(c.Tags, func(t Tag) bool { return len(t.Body) > maxBody }) {
		c.File = File(flagsOf(c.Tags), c.Tags...)
	}
	if r.kind&Live == 0 {
		c.Tags = nil
	}
	return c
}

// A maker is a Set with what the making of one case needs.
type maker struct {
	*Set
	random *rand.Rand
}

// noise is n random bytes.
func (m *maker) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.random.Uint32())
	}
	return b
}

// intact wants all of the good minute.
func (m *maker) intact() Want { return Want{Media: Media(m.tags)} }

// edited is a file in which the bytes from one offset to another are replaced.
func (m *maker) edited(from, to int64, by ...byte) []byte {
	return slices.Concat(m.file[:from], by, m.file[to:])
}

// at is the good minute's tag at an index, with another body.
func (m *maker) at(i int, body []byte) Tag {
	t := m.tags[i]
	t.Body = body
	return t
}

// inserted is the good minute with tags put in at an index. They get the
// timestamp and the arrival of the tag behind them.
func (m *maker) inserted(i int, tags ...Tag) []Tag {
	tags = slices.Clone(tags)
	for j := range tags {
		tags[j].Timestamp, tags[j].Arrival = m.tags[i].Timestamp, m.tags[i].Arrival
	}
	return slices.Concat(m.tags[:i], tags, m.tags[i:])
}

// each is a stream with every tag changed by f.
func each(tags []Tag, f func(i int, t Tag) Tag) []Tag {
	tags = slices.Clone(tags)
	for i, t := range tags {
		tags[i] = f(i, t)
	}
	return tags
}

// without is a stream without the tags that f names.
func without(tags []Tag, f func(Tag) bool) []Tag { return slices.DeleteFunc(slices.Clone(tags), f) }
