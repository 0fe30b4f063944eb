package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) demo() *cobra.Command {
	return e.with(&cobra.Command{
		Use:   "demo",
		Short: "Watch payments being recorded: with faults, a database outage on the way, and the proof at the end.",
		Long: "It needs nothing and takes about ten seconds: an embedded queue and a SQLite file in a fresh folder, which is kept.\n" +
			"It exits with 0 only when nothing was lost or doubled.",
		Example: "  recibo demo", Args: none,
	}, settings{names: []string{"count", "seed", "dir", "output", "progress"},
		defaults: map[string]string{"count": "20000", "seed": "1", "log-level": "warn"}},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			e.console.note("running the demo, about ten seconds")
			p := e.progress(a.Config.Progress)
			d, err := a.Demo(cmd.Context(), func(d app.DemoProgress) { p.show(demoLine(d)) })
			e.console.endLine()
			if err != nil {
				return err
			}
			if a.Config.Output == config.JSON {
				err = e.printJSON(d)
			} else {
				err = e.story(d)
			}
			if err != nil {
				return err
			}
			return app.CheckBalanced(d.Reconcile)
		})
}

func demoLine(d app.DemoProgress) string {
	return fmt.Sprintf("sent %s of %s  recorded %s  duplicate %s%s", number(d.Sent), number(d.Total),
		number(d.Recorded), number(d.Duplicate), outageNote(d.Progress))
}
