package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90": 90 * time.Second, "1.5": 1500 * time.Millisecond, "1e2": 100 * time.Second,
		"1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "2s": 2 * time.Second,
		"01:30:00": 90 * time.Minute, "1:30": 90 * time.Second, "00:00:01.25": 1250 * time.Millisecond,
		"100:00:00": 100 * time.Hour, "90:00": 90 * time.Minute,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "x", "1x", "-1", "-1s", "-0.5", "NaN", "Inf", "-Inf", "+Inf", "infinity", "1e300", "9223372037",
		":", "::", "1:", ":1", "1::2", "1:2:3:4", "1:60", "1:60:00", "1.5:00", "-1:00", "1:-1", "1:NaN", "NaN:1",
		"Inf:00", "9999999999:00:00", "1e300:00", "01:30:00h", "1h30",
	} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("parseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"90", "1h30m", "01:30:00", "1:60", "1e300", "NaN:1", "0x1p4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDuration(s)
		if err == nil && d < 0 {
			t.Errorf("parseDuration(%q) = %v", s, d)
		}
		if err != nil && d != 0 {
			t.Errorf("parseDuration(%q) = %v and %v", s, d, err)
		}
	})
}

func TestSize(t *testing.T) {
	for text, want := range map[string]sizeValue{
		"1048576": 1 << 20, "500M": 500e6, "500MB": 500e6, "2G": 2e9, "1.5k": 1500, "1MiB": 1 << 20, "0": 0, "1 k": 1000,
	} {
		var got sizeValue
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "5x", "-5", "-5M", "M", "1e30", "99999999999G", "10E", "0x10", "NaN"} {
		var got sizeValue
		if err := got.Set(text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}

func TestMs(t *testing.T) {
	if got, err := ms(durationValue(1500 * time.Millisecond)); got != 1500 || err != nil {
		t.Errorf("got %d, %v, want 1500", got, err)
	}
	if got, err := ms(durationValue(math.MaxInt32 * time.Millisecond)); got != math.MaxInt32 || err != nil {
		t.Errorf("got %d, %v, want %d", got, err, math.MaxInt32)
	}
	if got, err := ms(durationValue(25 * 24 * time.Hour)); err == nil {
		t.Errorf("25 days are %d ms, want an error", got)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + name
	}
	for value, want := range map[string]string{
		"": "", "plain": "plain", "a@b": "a@b",
		write("line", "one\ntwo\n"): "one", write("dos", "one\r\ntwo"): "one",
		write("bare", "one"): "one", write("spaces", " one two \n"): " one two ",
	} {
		if got, err := secret(value); err != nil || got != want {
			t.Errorf("secret(%q) = %q, %v, want %q", value, got, err, want)
		}
	}
	for _, value := range []string{"@", "@" + dir, "@" + filepath.Join(dir, "none"), write("empty", ""), write("blank", "\none\n")} {
		if got, err := secret(value); err == nil {
			t.Errorf("secret(%q) = %q, want an error", value, got)
		} else if strings.Count(err.Error(), dir) > 1 {
			t.Errorf("the name is told twice: %v", err)
		}
	}
}
