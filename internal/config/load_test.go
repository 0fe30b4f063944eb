package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"recibo/internal/config"
)

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	var names []string
	for _, s := range config.Settings {
		names = append(names, s.Name)
	}
	config.AddFlags(fs, nil, names...)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), config.FileName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, in config.Input) *config.Config {
	t.Helper()
	c, err := config.Load(in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func origin(c *config.Config, name string) config.Value {
	for _, v := range c.Values() {
		if v.Name == name {
			return v
		}
	}
	return config.Value{}
}

func TestPrecedence(t *testing.T) {
	path := write(t, "batch: 7\nwriters: 3\nwait: 5s\nsetup: false\nstart: 2026-02-01T00:00:00Z\n")
	in := config.Input{
		Flags:    flags(t, "--batch", "9", "--migrate"),
		Environ:  []string{"RECIBO_BATCH=8", "RECIBO_WRITERS=4", "RECIBO_LOG_LEVEL=warn", "RECIBO_SEED="},
		Dirs:     []string{t.TempDir(), filepath.Dir(path)},
		Defaults: map[string]string{"wait": "forever", "count": "20_000"},
	}
	c := load(t, in)
	if c.Batch != 9 || c.Writers != 4 || c.Wait != 5*time.Second || c.Setup || c.LogLevel != "warn" || !c.Migrate {
		t.Errorf("got %+v", c)
	}
	if c.Count != 20_000 || c.Seed != nil || c.File != path || !c.Start.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", c)
	}
	for name, want := range map[string]string{"batch": "flag --batch", "writers": "RECIBO_WRITERS",
		"wait": path + ": wait", "log-level": "RECIBO_LOG_LEVEL", "store": "default"} {
		if got := origin(c, name).Origin; got != want {
			t.Errorf("%s comes from %q, want %q", name, got, want)
		}
	}
}

func TestFileIsFoundInOrder(t *testing.T) {
	first, second, asked := write(t, "batch: 1"), write(t, "batch: 2"), write(t, "batch: 3")
	dirs := []string{filepath.Dir(first), filepath.Dir(second)}
	if c := load(t, config.Input{Dirs: dirs}); c.Batch != 1 {
		t.Errorf("batch %d", c.Batch)
	}
	if c := load(t, config.Input{Dirs: dirs, Environ: []string{"RECIBO_CONFIG=" + second}}); c.Batch != 2 {
		t.Errorf("batch %d", c.Batch)
	}
	if c := load(t, config.Input{Dirs: dirs, File: asked, Environ: []string{"RECIBO_CONFIG=" + second}}); c.Batch != 3 {
		t.Errorf("batch %d", c.Batch)
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]struct {
		in     config.Input
		origin string
		reason string
	}{
		"unknown key":    {config.Input{File: write(t, "stor: sqlite:x")}, config.FileName, `unknown key "stor"`},
		"nested key":     {config.Input{File: write(t, "store:\n  url: x")}, ": store", "one value"},
		"broken yaml":    {config.Input{File: write(t, "a: [")}, config.FileName, "yaml"},
		"no such file":   {config.Input{File: "/nowhere/x.yaml"}, "flag --config", "no such file"},
		"duration":       {config.Input{Flags: flags(t, "--wait", "10")}, "flag --wait", `"10" is not a duration`},
		"duration yaml":  {config.Input{File: write(t, "wait: 10")}, ": wait", `"10" is not a duration`},
		"count":          {config.Input{Environ: []string{"RECIBO_COUNT=ten"}}, "RECIBO_COUNT", "whole number"},
		"negative":       {config.Input{Environ: []string{"RECIBO_COUNT=-1"}}, "RECIBO_COUNT", "whole number"},
		"bool":           {config.Input{Environ: []string{"RECIBO_SETUP=maybe"}}, "RECIBO_SETUP", "neither"},
		"choice":         {config.Input{Flags: flags(t, "--output", "xml")}, "flag --output", "text, json"},
		"rate":           {config.Input{Flags: flags(t, "--rate", "5/x")}, "flag --rate", "not a rate"},
		"seed":           {config.Input{Flags: flags(t, "--seed", "-1")}, "flag --seed", "not a seed"},
		"start":          {config.Input{Flags: flags(t, "--start", "yesterday")}, "flag --start", "not a time"},
		"zone":           {config.Input{Flags: flags(t, "--timezone", "Mars/X")}, "flag --timezone", "not a time zone"},
		"address":        {config.Input{Flags: flags(t, "--store", "recibo.db")}, "flag --store", "does not begin with a scheme"},
		"password file":  {config.Input{Flags: flags(t, "--store-password-file", "/nowhere/pw")}, "store-password-file", "no such file"},
		"password where": {config.Input{Flags: flags(t, "--store-password-file", write(t, "pw"))}, "store-password-file", "takes no password"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(test.in)
			e, ok := err.(*config.Error)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if !strings.HasSuffix(e.Origin, test.origin) || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("error %q", e)
			}
			if e.Hint() == "" && name != "nested key" {
				t.Error("no hint")
			}
		})
	}
}

func TestPasswordFile(t *testing.T) {
	path := write(t, " p@ss/w:rd\n")
	c := load(t, config.Input{Flags: flags(t, "--store", "postgres://app@db:5432/pay", "--store-password-file", path)})
	if got, want := c.Store.Full(), "postgres://app:p%40ss%2Fw%3Ard@db:5432/pay"; got != want {
		t.Errorf("address %q, want %q", got, want)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestPasswordInFlagWarns(t *testing.T) {
	const address = "postgres://app:s3cr3t@db/pay"
	if c := load(t, config.Input{Flags: flags(t, "--store", address)}); len(c.Warnings) != 1 || strings.Contains(c.Warnings[0], "s3cr3t") {
		t.Errorf("warnings %q", c.Warnings)
	}
	c := load(t, config.Input{Environ: []string{"RECIBO_STORE=" + address}})
	if len(c.Warnings) != 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
	if v := origin(c, "store").Value; v != "postgres://app:***@db/pay" {
		t.Errorf("shown as %q", v)
	}
}
