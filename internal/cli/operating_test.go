package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOperatingTour types the commands of the tour as they stand in the
// document, in an empty folder, and wants what is below them: its lines, in
// their order, … standing for what differs, and alone for lines left out.
func TestOperatingTour(t *testing.T) {
	if testing.Short() {
		t.Skip("the tour starts processes")
	}
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := tour(string(text))
	if len(steps) < 15 {
		t.Fatalf("only %d commands in the document", len(steps))
	}
	dir := t.TempDir()
	for _, s := range steps {
		cmd := exec.Command("sh", "-c", s.command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "VISUAL=")
		var out, said strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Run(); err != nil {
			t.Fatalf("$ %s\n%v\n%s%s", s.command, err, out.String(), said.String())
		}
		if missing := s.missing(out.String()); missing != "" {
			t.Errorf("$ %s\nprints no such line, or not there:\n%s\nbut:\n%s", s.command, missing, out.String())
		}
	}
}

// TestOperatingTourInPortuguese: the other language has the same commands, and
// the same below them.
func TestOperatingTourInPortuguese(t *testing.T) {
	var tours [2][]step
	for i, name := range []string{"operating.md", "operating.pt-BR.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		tours[i] = tour(string(text))
	}
	if diff := cmp.Diff(tours[0], tours[1], cmp.AllowUnexported(step{})); diff != "" || len(tours[1]) == 0 {
		t.Errorf("-operating.md +operating.pt-BR.md:\n%s", diff)
	}
}

// step is a command of the tour, and the lines that it prints.
type step struct {
	command string
	want    []string
}

// tour reads the console blocks of a document.
func tour(text string) []step {
	var steps []step
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside:
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{command: line[2:]})
		default:
			last := &steps[len(steps)-1]
			last.want = append(last.want, line)
		}
	}
	return steps
}

// missing returns the first wanted line that does not come where it should.
func (s *step) missing(out string) string {
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	skip := false
	for _, want := range s.want {
		if want == "…" {
			skip = true
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$")
		at := 0
		for at < len(lines) && !pattern.MatchString(lines[at]) {
			at++
		}
		if at == len(lines) || at > 0 && !skip {
			return want
		}
		lines, skip = lines[at+1:], false
	}
	if len(lines) > 0 && !skip && len(s.want) > 0 {
		return "(nothing more)"
	}
	return ""
}
