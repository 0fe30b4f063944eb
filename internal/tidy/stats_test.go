package tidy_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"testing/fstest"

	"recibo/internal/tidy"
)

var quoted = map[string]*regexp.Regexp{
	"median": regexp.MustCompile(`(?i)median\D{1,20}(\d+)`),
	"p90":    regexp.MustCompile(`(?i)p90\D{1,20}(\d+)`),
}

// TestQuotedStats prints the sizes of the tree and holds the numbers that
// docs/ARCHITECTURE.md quotes against them, loosely: sizes drift with every
// change, and only a number that misleads is wrong.
func TestQuotedStats(t *testing.T) {
	s := tidy.Measure(load(t, os.DirFS("../..")))
	t.Logf("%d source files, %d lines: median %d, p90 %d, longest %d (%s); %d lines of tests",
		s.Files, s.Lines, s.Median, s.P90, s.Max, s.Largest, s.TestLines)
	text, err := os.ReadFile("../../docs/ARCHITECTURE.md")
	if os.IsNotExist(err) {
		return // the links of README.md say when it is missing
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, measured := range map[string]int{"median": s.Median, "p90": s.P90} {
		m := quoted[name].FindSubmatch(text)
		if m == nil {
			continue
		}
		number, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if slack := 10 + measured/4; number < measured-slack || number > measured+slack {
			t.Errorf("docs/ARCHITECTURE.md says %s %d lines, measured %d: write the measured number", name, number, measured)
		}
	}
}

func TestMeasure(t *testing.T) {
	fsys := fstest.MapFS{"go.mod": {Data: []byte("module m\n")}}
	for name, lines := range map[string]string{"a": "10", "b": "20", "c": "30", "a_test": "40"} {
		fsys["p/"+name+".go"] = &fstest.MapFile{Data: []byte("package p\n" + repeat("REPEAT "+lines+" // x") + "\n")}
	}
	got := tidy.Measure(load(t, fsys))
	want := tidy.Stats{Files: 3, Lines: 63, Median: 21, P90: 31, Max: 31, Largest: "p/c.go", TestLines: 41}
	if got != want {
		t.Errorf("Measure = %+v, want %+v", got, want)
	}
}
