package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"recibo/internal/config"
)

// checkLoadError demands what every error of Load promises.
func checkLoadError(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*config.Error](err)
	if !ok || e.Origin == "" || e.Reason == "" {
		t.Fatalf("an error of %T without its origin: %v", err, err)
	}
}

// files are settings that name a file that would be read.
func namesFile(name string) bool { return strings.HasSuffix(name, "-file") }

// FuzzFile reads any text as the configuration file, beside an address with a
// password that is never told.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"", "store: sqlite:./x.db\nwriters: 4\n", "wait: forever", "rate: 500/s", "seed: 18446744073709551615", "seed: -1",
		"start: 2026-01-01T00:00:00Z", "start: 2026-01-01", "start: now", "count: 1e3", "count: 0x10", "count: 1_000", "count: [1]", "count: {a: 1}", "count: null",
		"migrate: yes", "migrate: \"on\"", "nothing: 1", "a: &a [*a]", "a: &a 1\nb: *a", "? a\n: b", "%YAML 1.1\n---\nwriters: 1", "writers: 1\nwriters: 2",
		"\ufeffwriters: 1", "- a", "writers: !!binary aGVsbG8=", "control: 1m", "max-age: 2d", "timezone: America/Sao_Paulo", "timezone: ../../etc/passwd", "\x00", "{", "faults: none"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "recibo.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "file") { // it would be read
			return
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		const secret = "ZqXsecretXqZ"
		c, err := config.Load(config.Input{File: path, Environ: []string{"RECIBO_QUEUE=amqp://u:" + secret + "@h/v"}})
		if err != nil {
			checkLoadError(t, err)
			if strings.Contains(err.Error(), secret) {
				t.Fatalf("the error tells the password: %v", err)
			}
			return
		}
		checkValues(t, c, secret)
	})
}

// checkValues demands that a configuration shows every setting once, in order,
// and no password.
func checkValues(t *testing.T, c *config.Config, secret string) {
	t.Helper()
	shown := c.Values()
	if len(shown) != len(config.Settings) {
		t.Fatalf("%d settings are shown", len(shown))
	}
	for i, v := range shown {
		if v.Name != config.Settings[i].Name || v.Origin == "" || strings.Contains(v.Value, secret) {
			t.Fatalf("shown as %+v", v)
		}
	}
}

// FuzzSetting gives one setting any value, as a flag, a variable and a line of
// the file: all three say the same, or none is taken.
func FuzzSetting(f *testing.F) {
	for i := range config.Settings {
		for _, text := range []string{"", "0", "1", "-1", "true", "1m", "10s", "2d", "500/s", "now", "2026-01-01T00:00:00Z", "text", "json", "forever", "99999999999999999999",
			"sqlite:./x.db", "amqp://u:p@h/v", "1e3", "0.5", " 1", "é", "a: b", "'", "\"", "#", "|", "@"} {
			f.Add(uint8(i), text)
		}
	}
	path := filepath.Join(f.TempDir(), "recibo.yaml")
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		name := config.Settings[int(n)%len(config.Settings)].Name
		if namesFile(name) || text == "" || strings.Contains(text, "\x00") || !utf8.ValidString(text) || name == "start" && !strings.Contains(text, "-") {
			return // read as a file; no value; in no environment; told in relation to now
		}
		fs := pflag.NewFlagSet("fuzz", pflag.ContinueOnError)
		config.AddFlags(fs, nil, name)
		line := name + ": " + strconv.QuoteToASCII(text) + "\n" // its escapes are YAML's, too
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := fs.Parse([]string{"--" + name + "=" + text}); err != nil {
			t.Fatalf("--%s=%q is no flag: %v", name, text, err)
		}
		variable := "RECIBO_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "=" + text
		var first *config.Config
		for i, in := range []config.Input{{Flags: fs}, {Environ: []string{variable}}, {File: path}} {
			c, err := config.Load(in)
			switch {
			case err != nil:
				checkLoadError(t, err)
				if first != nil {
					t.Fatalf("%s %q is taken as a flag, but not from %d: %v", name, text, i, err)
				}
			case i == 0:
				first = c
			case first == nil:
				t.Fatalf("%s %q is not taken as a flag, but from %d", name, text, i)
			case cmp.Diff(first.Values(), c.Values(), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Origin" }, cmp.Ignore())) != "":
				t.Fatalf("%s %q: as a flag %+v, from %d %+v", name, text, first.Values(), i, c.Values())
			}
		}
	})
}
