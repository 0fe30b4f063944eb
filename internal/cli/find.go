package cli

import (
	"bufio"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) find() *cobra.Command {
	return e.with(&cobra.Command{
		Use:   "find [ID…]",
		Short: "Say where payments are: recorded, held and why, redriven, or never seen.",
		Long: "Without an ID it reads one a line from standard input. A payment that was never seen is an answer like the others:\n" +
			"the exit code is 0. Which duplicates of a payment came is counted, not kept.",
		Example: "  recibo find E6070119020261123141503aB9xQ2Lk7",
	}, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, ids []string) error {
			if a.Config.Output == config.JSON {
				return a.Find(cmd.Context(), e.ids(ids), func(f app.Found) error { return e.printJSON(f) })
			}
			t := e.table("ID", "STATE", "WHEN", "FROM", "WHY")
			err := a.Find(cmd.Context(), e.ids(ids), func(f app.Found) error {
				t.row(f.ID, f.State, text(f.At), from(f), why(f))
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}

// ids yields the arguments, or the lines of standard input.
func (e *environment) ids(args []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range args {
			if !yield(id, nil) {
				return
			}
		}
		if len(args) > 0 {
			return
		}
		lines := bufio.NewReader(e.stdin)
		for {
			line, err := lines.ReadString('\n')
			if id := strings.TrimSpace(line); id != "" && !yield(id, nil) {
				return
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield("", err)
				return
			}
		}
	}
}

func from(f app.Found) string {
	if f.Queue == nil {
		return "-"
	}
	return *f.Queue + " " + text(f.Position)
}

func why(f app.Found) string {
	var parts []string
	for _, entry := range f.Entries {
		parts = append(parts, string(entry.Reason)+" "+string(entry.State)+" "+entry.ID+" "+entry.Detail)
	}
	return dash(strings.Join(parts, "; "))
}
