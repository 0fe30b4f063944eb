package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestGroupDecimal(t *testing.T) {
	for in, want := range map[string]string{"0.10": "0.10", "999": "999", "1000": "1,000", "123456.78": "123,456.78",
		"1234567890123456789.0001": "1,234,567,890,123,456,789.0001"} {
		if got := groupDecimal(in); got != want {
			t.Errorf("groupDecimal(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	for in, want := range map[int64]string{0: "0s", 850: "850ms", 3210: "3.2s", 125_000: "2m5s", 7_325_000: "2h2m5s"} {
		if got := milliseconds(in); got != want {
			t.Errorf("milliseconds(%d) = %q, want %q", in, got, want)
		}
	}
}

// TestTableIsInert feeds a cell what could redraw a terminal.
func TestTableIsInert(t *testing.T) {
	var out bytes.Buffer
	e := newEnvironment(nil, &out, &out)
	tab := e.table("A", "B")
	tab.row("x\x1b[2Jy\n\tz", "\u202eb")
	if err := tab.close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.ContainsAny(got, "\x1b\t\u202e") || strings.Count(got, "\n") != 2 {
		t.Errorf("printed %q", got)
	}
}

// TestConsole: a log line goes above the line of progress, which stays whole.
func TestConsole(t *testing.T) {
	var out bytes.Buffer
	c := &console{w: &out, terminal: true}
	c.redraw("half")
	c.note("something happened")
	c.endLine()
	line := noWrap + "half" + wrap
	want := clearLine + line + clearLine + "recibo: something happened\n" + line + clearLine
	if out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

func TestProgressModes(t *testing.T) {
	var out bytes.Buffer
	e := newEnvironment(nil, &out, &out) // not a terminal
	for mode, wanted := range map[string]bool{"auto": false, "none": false, "plain": true} {
		if p := e.progress(mode); p.wanted() != wanted {
			t.Errorf("%s: wanted %v", mode, p.wanted())
		}
	}
	p := e.progress("plain")
	p.show("too early")
	p.last = p.last.Add(-plainEvery)
	p.show("in time")
	if out.String() != "in time\n" {
		t.Errorf("wrote %q", out.String())
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"sqlite:/tmp/a.db": "sqlite:/tmp/a.db", "a b": "'a b'", "it's": `'it'\''s'`} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q) = %q, want %q", in, got, want)
		}
	}
}
