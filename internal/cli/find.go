package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) find() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "find [ID…]",
		Short: "Say where payments are: recorded, held and why, redriven, or never seen.",
		Long: "IDs are those of payments, or of entries in quarantine. Without an ID it reads one a line from standard input. A payment\n" +
			"that was never seen is an answer like the others: the exit code is 0. Duplicates are counted, not kept one by one.",
		Example: "  recibo find E6070119020261123141503aB9xQ2Lk7",
	}
	cmd.Flags().StringVar(&file, "file", "", "read ids from this `FILE`, one a line")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "max-event-bytes", "timezone", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			ids, closeIDs, err := e.ids(args, file)
			if err != nil {
				return err
			}
			defer closeIDs()
			if a.Config.Output == config.JSON {
				return a.Find(cmd.Context(), ids, func(f app.Found) error { return e.printJSON(f) })
			}
			t := e.table("ID", "STATE", "WHEN", "FROM", "WHY")
			err = a.Find(cmd.Context(), ids, func(f app.Found) error {
				t.row(f.ID, f.State, text(f.At), from(f), why(f))
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}

// ids are the arguments, or the lines of a file or of standard input.
func (e *environment) ids(args []string, file string) (iter.Seq2[string, error], func(), error) {
	nothing := func() {}
	switch {
	case len(args) > 0 && file != "":
		return nil, nil, &app.UsageError{Err: errors.New("find: ids are given twice"), Tip: "name them, or give --file FILE"}
	case len(args) > 0:
		return func(yield func(string, error) bool) {
			for _, id := range args {
				if !yield(id, nil) {
					return
				}
			}
		}, nothing, nil
	case file == "" || file == "-":
		return lines(e.stdin), nothing, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, &app.UsageError{Err: fmt.Errorf("find: %w", err), Tip: "check the path, or write - for standard input"}
	}
	return lines(f), func() { _ = f.Close() }, nil // only read
}

// lines yields the lines that are not blank.
func lines(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := bufio.NewReader(r)
		for {
			line, err := in.ReadString('\n')
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
		state := string(entry.State)
		if entry.Mended {
			state += ", mended"
		}
		parts = append(parts, string(entry.Reason)+" "+state+" "+entry.ID+" "+entry.Detail)
	}
	return dash(strings.Join(parts, "; "))
}
