package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"recibo/internal/app"
)

func (e *environment) migrate() *cobra.Command {
	ddl := false
	cmd := &cobra.Command{
		Use: "migrate", Short: "Make or upgrade the tables and, with --queue, the queue.",
		Long:    "Running it again changes nothing. SQLite and the embedded queue are also made by the commands that write to them.",
		Example: "  recibo migrate --store sqlite:./recibo-data/recibo.db", Args: none,
	}
	cmd.Flags().BoolVar(&ddl, "print", false, "print the DDL and, with --queue, the broker's commands, and change nothing")
	return e.with(cmd, settings{names: join([]string{"queue", "queue-password-file"}, storeSettings, []string{"wait", "allow-standalone"}),
		defaults: map[string]string{"migrate": "true"}},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			withQueue := cmd.Flags().Changed("queue")
			if ddl {
				text, err := a.DDL(cmd.Context(), withQueue)
				if err == nil {
					_, err = fmt.Fprintln(e.out, text)
				}
				return err
			}
			if err := a.Migrate(cmd.Context(), withQueue); err != nil {
				return err
			}
			e.console.note("the tables of " + a.Config.Store.String() + " are up to date")
			if withQueue {
				e.console.note("the queue " + a.Config.Queue.String() + " is there")
			}
			return nil
		})
}
