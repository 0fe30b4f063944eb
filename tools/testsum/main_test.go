package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sum runs the real go test over a module made of files, and returns what was
// printed and counted.
func sum(t *testing.T, files map[string]string, args ...string) (*summary, string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	var out bytes.Buffer
	s := newSummary(&out)
	for _, group := range groups(args) {
		run(s, group)
	}
	s.close(false)
	return s, out.String()
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		name         string
		fails, skips []string
		requireAll   bool
		want         int
	}{
		{"all passed", nil, nil, true, 0},
		{"a skip", nil, []string{"a"}, false, 0},
		{"a skip where all is required", nil, []string{"a"}, true, 1},
		{"a failure", []string{"a"}, nil, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &summary{out: io.Discard, fails: tt.fails, skips: tt.skips}
			if got := s.close(tt.requireAll); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}

const mixed = `package a
import "testing"
func TestPlain(t *testing.T) {}
func TestParent(t *testing.T) {
	t.Run("one", func(t *testing.T) {})
	t.Run("two/half", func(t *testing.T) { t.Log("before"); t.Skip("no server\nhere") })
}
func TestTrait(t *testing.T) { t.Skip("declared trait: it has no dead letters") }
func TestMute(t *testing.T) { t.SkipNow() }
func FuzzSeed(f *testing.F) { f.Add("x"); f.Fuzz(func(t *testing.T, s string) {}) }
`

func TestCountsLeavesAndNamesSkips(t *testing.T) {
	s, out := sum(t, map[string]string{"a/a_test.go": mixed, "b/b.go": "package b\n"}, "./...")
	if s.failed() {
		t.Errorf("nothing failed, but: %v", s.fails)
	}
	want := []string{
		"m/a TestParent/two/half: no server here",
		"m/a TestMute: no reason given",
	}
	if !slices.Equal(s.skips, want) {
		t.Errorf("skips = %q, want %q", s.skips, want)
	}
	if want := "N/A   m/a TestTrait: declared trait: it has no dead letters\n"; !strings.Contains(out, want) {
		t.Errorf("the output lacks %q:\n%s", want, out)
	}
	wantTail(t, out, "3 passed, 0 failed, 2 skipped")
}

func TestCountsTheGroupsTogether(t *testing.T) {
	_, out := sum(t, map[string]string{"a/a_test.go": mixed}, "./...", "--", "-run", "Plain|Mute", "./a")
	wantTail(t, out, "4 passed, 0 failed, 3 skipped")
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name, file, want, shown string
	}{
		{"subtest", `func TestA(t *testing.T) { t.Run("x", func(t *testing.T) { t.Error("wrong sum") }) }`,
			"m/a TestA/x", "wrong sum"},
		{"parent itself", `func TestA(t *testing.T) { t.Run("x", func(t *testing.T) {}); t.Error("leak") }`,
			"m/a TestA", "leak"},
		{"panic", `func TestA(t *testing.T) { panic("at the disco") }`, "m/a TestA", "at the disco"},
		{"build", `func TestA(t *testing.T) { undefinedThing() }`, "m/a", "undefined: undefinedThing"},
		{"main", `import "os"; func TestMain(m *testing.M) { println("no disk"); os.Exit(3) }`,
			"m/a", "no disk"},
		{"exit inside", `import "os"; func TestA(t *testing.T) { os.Exit(3) }`, "m/a TestA", "FAIL\tm/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			imports := `package a; import "testing"; `
			s, out := sum(t, map[string]string{"a/a_test.go": imports + tt.file}, "./...")
			if !slices.Equal(s.fails, []string{tt.want}) {
				t.Errorf("fails = %q, want only %q", s.fails, tt.want)
			}
			if !strings.Contains(out, tt.shown) {
				t.Errorf("the output does not show %q:\n%s", tt.shown, out)
			}
		})
	}
}

func TestAPackageThatIsNotThereFails(t *testing.T) {
	s, _ := sum(t, map[string]string{"a/a_test.go": mixed}, "./nowhere")
	if !s.failed() {
		t.Error("go test of a missing package counted as done")
	}
}

func wantTail(t *testing.T, out, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if got := lines[len(lines)-1]; got != want {
		t.Errorf("last line = %q, want %q in:\n%s", got, want, out)
	}
}
