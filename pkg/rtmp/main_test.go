package rtmp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/rtmpull/rtmpull/pkg/rtmp"
	"github.com/rtmpull/rtmpull/pkg/rtmp/rtmptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// payload is an audio or video message's, of no meaning.
var payload = []byte{0x17, 1, 0, 0, 0, 9}

// target reads a URL that is known to be right.
func target(t testing.TB, url string) *rtmp.Target {
	t.Helper()
	to, err := rtmp.ParseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// pull plays a stream to its end: what came, as "Video 40", and how it ended.
func pull(t testing.TB, c *rtmp.Client, to *rtmp.Target) (got []string, err error) {
	t.Helper()
	p, err := c.Play(t.Context(), to)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := p.Close(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Close: %v", err)
		}
	}()
	for {
		m, err := p.Next()
		if err != nil {
			if _, again := p.Next(); again != err {
				t.Errorf("Next: %v, and then %v", err, again)
			}
			return got, err
		}
		if m.Type.IsMedia() && !bytes.Equal(m.Payload, payload) {
			t.Errorf("a torn message: %x", m.Payload)
		}
		got = append(got, fmt.Sprintf("%v %d", m.Type, m.Timestamp))
	}
}

// A story is what a server does and what becomes of a stream from it.
type story struct {
	name    string
	client  rtmp.Client // but for DialContext
	kind    func(*rtmp.Target)
	scripts []rtmptest.Script
	got     int           // messages
	err     error         // as errors.Is knows it; nil: any
	phase   rtmp.Phase    // of the *rtmp.Error; io.EOF is none
	took    time.Duration // of virtual time; negative: whatever
	says    string        // part of the error's text
}

// tell runs stories, each in virtual time.
func tell(t *testing.T, stories []story) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := s.client
				c.DialContext = rtmptest.Dial(t, s.scripts[0], s.scripts[1:]...)
				to := target(t, "rtmp://host/live/show")
				if s.kind != nil {
					s.kind(to)
				}
				start := time.Now()
				got, err := pull(t, &c, to)
				took := time.Since(start)
				if len(got) != s.got {
					t.Errorf("got %v, want %d messages", got, s.got)
				}
				checkError(t, err, s.phase, s.err, s.says)
				if s.took >= 0 && took != s.took {
					t.Errorf("took %v, want %v", took, s.took)
				}
			})
		})
	}
}

// checkError checks that err is io.EOF itself, or an *rtmp.Error of that phase
// that wraps want and is no io.EOF.
func checkError(t testing.TB, err error, phase rtmp.Phase, want error, says string) {
	t.Helper()
	if want == io.EOF {
		if err != io.EOF {
			t.Errorf("got error %v, want a bare io.EOF", err)
		}
		return
	}
	e, ok := errors.AsType[*rtmp.Error](err)
	switch {
	case !ok:
		t.Errorf("got error %T %v, want an *rtmp.Error", err, err)
	case e.Phase != phase || e.Addr == "":
		t.Errorf("got error %v of phase %v at %q, want phase %v", err, e.Phase, e.Addr, phase)
	case want != nil && !errors.Is(err, want), errors.Is(err, io.EOF):
		t.Errorf("got error %v, want %v", err, want)
	case !bytes.Contains([]byte(err.Error()), []byte(says)):
		t.Errorf("got error %v, want it to say %q", err, says)
	}
}
