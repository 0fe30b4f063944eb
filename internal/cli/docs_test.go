package cli

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// visit calls fn for every command that people can run.
func visit(cmd *cobra.Command, fn func(*cobra.Command)) {
	for _, c := range cmd.Commands() {
		if c.Name() != "help" {
			fn(c)
			visit(c, fn)
		}
	}
}

func tree() *cobra.Command { return newEnvironment(nil, io.Discard, io.Discard).root() }

// TestDocsNameEverything walks the tree of commands and looks each command and
// flag up in docs/cli.md.
func TestDocsNameEverything(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	visit(tree(), func(c *cobra.Command) {
		if c.HasSubCommands() {
			return
		}
		_, section, found := strings.Cut(string(text), "### "+c.CommandPath())
		if !found {
			t.Errorf("docs/cli.md has no section for %s", c.CommandPath())
			return
		}
		section, _, _ = strings.Cut(section, "\n### ")
		general, _, _ := strings.Cut(string(text), "### ")
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if c.Name() != "config" && f.Name != "help" && !named(section+general, f.Name) {
				t.Errorf("%s: docs/cli.md does not name --%s", c.CommandPath(), f.Name)
			}
		})
	})
}

func named(text, flag string) bool {
	for _, end := range []string{"`", " ", "=", ","} {
		if strings.Contains(text, "--"+flag+end) {
			return true
		}
	}
	return false
}

// TestHelp checks the habits of every command's help.
func TestHelp(t *testing.T) {
	visit(tree(), func(c *cobra.Command) {
		if !strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: %q is no sentence", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, "recibo "+strings.Fields(c.CommandPath())[1]) {
			t.Errorf("%s: its example %q does not run it", c.CommandPath(), c.Example)
		}
	})
}
