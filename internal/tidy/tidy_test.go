package tidy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"recibo/internal/tidy"
)

func load(t *testing.T, fsys fs.FS) *tidy.Tree {
	t.Helper()
	tree, err := tidy.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestTree holds this tree to every rule.
func TestTree(t *testing.T) {
	tree := load(t, os.DirFS("../.."))
	for _, rule := range tidy.Rules {
		t.Run(rule.Name, func(t *testing.T) {
			for _, f := range rule.Check(tree) {
				t.Error(f)
			}
		})
	}
}

// TestRulesFindWhatIsWrong runs all rules over small made-up trees. The file
// "want" of each archive lists every finding: rule, place, and words of it.
func TestRulesFindWhatIsWrong(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, sample := range samples {
		t.Run(strings.TrimSuffix(filepath.Base(sample), ".txtar"), func(t *testing.T) {
			tree, want := unpack(t, sample)
			var got []string
			for _, rule := range tidy.Rules {
				for _, f := range rule.Check(tree) {
					got = append(got, rule.Name+": "+f.String())
					found[rule.Name] = true
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	for _, rule := range tidy.Rules {
		if !found[rule.Name] {
			t.Errorf("no sample breaks the rule %q: a rule that has never failed proves nothing", rule.Name)
		}
	}
}

// unpack reads an archive. A line "REPEAT n text" of a file stands for n lines
// of the text. What every tree needs is added where a sample leaves it out.
func unpack(t *testing.T, sample string) (*tidy.Tree, []string) {
	t.Helper()
	archive, err := txtar.ParseFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"go.mod":       {Data: []byte("module recibo\n")},
		"CHANGELOG.md": {Data: []byte("## [Unreleased]\n")},
	}
	var want []string
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
			continue
		}
		fsys[f.Name] = &fstest.MapFile{Data: []byte(repeat(string(f.Data)))}
	}
	slices.Sort(want)
	return load(t, fsys), want
}
