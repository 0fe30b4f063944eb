package main

import (
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const answer = `{"files":[
 {"file_name":"b.go","mutations":[{"line":2,"column":3,"type":"INVERT_LOGICAL","status":"LIVED"}]},
 {"file_name":"a.go","mutations":[
  {"line":9,"column":1,"type":"ARITHMETIC_BASE","status":"KILLED"},
  {"line":1,"column":1,"type":"ARITHMETIC_BASE","status":"TIMED OUT"},
  {"line":3,"column":1,"type":"ARITHMETIC_BASE","status":"NOT VIABLE"},
  {"line":4,"column":1,"type":"ARITHMETIC_BASE","status":"NOT COVERED"},
  {"line":5,"column":1,"type":"ARITHMETIC_BASE","status":"KILLED"},
  {"line":6,"column":1,"type":"ARITHMETIC_BASE","status":"KILLED"}]}]}`

func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "p.json", answer)
	write(t, "p/b.go", "package p\n\tif a && b {\n")
	r, err := readReport("p", "p.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.efficacy(); got != 75 {
		t.Errorf("%v %% killed, want 3 of 4", got)
	}
	var b strings.Builder
	writeTable(&b, []report{r})
	want := `  package  killed  lived  timed out  not covered  not viable  efficacy
        p       3      1          1            1           1    75.0 %
lived: p/b.go:2:3: INVERT_LOGICAL: if a && b {
not covered: p/a.go:4:1: ARITHMETIC_BASE: 
timed out: p/a.go:1:1: ARITHMETIC_BASE: 
`
	if b.String() != want {
		t.Errorf("the table is\n%s", b.String())
	}
}

// TestGoTestTellsMutantsApart runs the real go over a package whose tests pass,
// fail, or are not even compiled.
func TestGoTestTellsMutantsApart(t *testing.T) {
	t.Setenv(realGoEnv, "go")
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"lived":      {"", 0},
		"killed":     {`t.Error("seen")`, 1},
		"not viable": {`var s string = 1`, notViable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "go.mod", "module m\n\ngo 1.26\n")
			write(t, "m_test.go", "package m\n\nimport \"testing\"\n\nfunc TestM(t *testing.T) { "+c.body+" }\n")
			if got := goTest([]string{"test", "-timeout", "5m", "."}); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	for want, args := range map[time.Duration][]string{
		30 * time.Second: {"test", "-timeout", "32s", "-failfast", "m/p"}, 0: {"test", "-cover"},
	} {
		if got := limit(args); got != want {
			t.Errorf("%v: %v, want %v", args, got, want)
		}
	}
}

func TestCopyTree(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"go.mod", "p/bin/x", "p/testdata/y", ".git/HEAD", "bin/recibo"} {
		write(t, name, name)
	}
	to := t.TempDir()
	if err := copyTree(to, "."); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"go.mod": true, "p/bin/x": true, "p/testdata/y": true, ".git/HEAD": false, "bin/recibo": false} {
		if text, err := os.ReadFile(filepath.Join(to, name)); (err == nil) != want || want && string(text) != name {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// TestCoverageIsCompleted: a switch's conditions are as covered as the switch.
func TestCoverageIsCompleted(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(realGoEnv, "go")
	write(t, "go.mod", "module m\n\ngo 1.26\n")
	write(t, "m.go", "package m\n\nconst Most = 1 << 4\n\nfunc F(n int) int {\n\tswitch {\n\tcase n > 1:\n\t\treturn 1\n\t}\n\treturn 0\n}\n\n"+
		"func G(n int) int {\n\tswitch {\n\tcase n > 1:\n\t\treturn 1\n\t}\n\treturn 0\n}\n")
	write(t, "m_test.go", "package m\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F(0) }\n")
	if code := goTest([]string{"test", "-cover", "-coverprofile", "p", "./..."}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	text, err := os.ReadFile("p")
	if err != nil {
		t.Fatal(err)
	}
	covered := coveredSpans(text)["m/m.go"]
	for line, want := range map[int]bool{3: true, 6: true, 7: true, 8: false, 10: true, 14: false, 15: false, 18: false} {
		if got := slices.ContainsFunc(covered, func(s span) bool { return s.holds(token.Position{Line: line, Column: 8}) }); got != want {
			t.Errorf("line %d: covered %t\n%s", line, got, text)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
