package cli

import (
	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) outages() *cobra.Command {
	open, limit := false, 0
	cmd := &cobra.Command{
		Use: "outages", Short: "List when queue or database did not answer, for how long, and why.",
		Example: "  recibo outages --open", Args: none,
	}
	cmd.Flags().BoolVar(&open, "open", false, "only those that last")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` (0: all)")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			if a.Config.Output == config.JSON {
				return a.Outages(cmd.Context(), open, limit, func(o app.Outage) error { return e.printJSON(o) })
			}
			t := e.table("BEGAN", "ENDED", "LASTED", "WHAT", "ATTEMPTS", "TARGET", "LAST ERROR")
			err := a.Outages(cmd.Context(), open, limit, func(o app.Outage) error {
				t.row(o.BeganAt, text(o.EndedAt), maybeMilliseconds(o.DurationMS), string(o.Component), number(o.Attempts), o.Target, o.LastError)
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}
