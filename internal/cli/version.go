package cli

import (
	"github.com/spf13/cobra"

	"recibo/internal/app"
)

func (e *environment) version() *cobra.Command {
	return e.with(&cobra.Command{
		Use: "version", Short: "Say which version this is.", Example: "  recibo version --output json", Args: none,
	}, settings{names: []string{"output"}}, func(_ *cobra.Command, a *app.App, _ []string) error {
		b := app.BuildInfo()
		return e.result(a.Config.Output, b, func() [][]string {
			return [][]string{{"recibo", b.Version}, {"revision", dash(b.Revision)}, {"go", b.Go}}
		})
	})
}
