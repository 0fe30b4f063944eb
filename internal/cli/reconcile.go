package cli

import (
	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/reconcile"
)

func (e *environment) reconcile() *cobra.Command {
	var p period
	source := ""
	cmd := &cobra.Command{
		Use: "reconcile", Short: "Compare what was sent with what is recorded and held.",
		Long: "What was sent comes from --ledger, or is made again from --seed, --start, --count and --faults. It exits with 1 when\n" +
			"something is missing, unexpected or differing. --source, --since and --until bound what counts as unexpected.",
		Example: "  recibo reconcile --seed 1 --count 20000", Args: none,
	}
	p.flags(cmd.Flags())
	cmd.Flags().StringVar(&source, "source", "", "only payments from this `SOURCE` are unexpected when nobody sent them")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "ledger", "seed", "start", "count", "faults", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			since, until, err := p.times()
			if err != nil {
				return err
			}
			r, err := a.Reconcile(cmd.Context(), app.Window{Source: source, Since: since, Until: until})
			if err != nil {
				return err
			}
			if err := e.result(a.Config.Output, r, func() [][]string { return reconcileRows(r) }); err != nil {
				return err
			}
			return app.CheckBalanced(r)
		})
}

func reconcileRows(r reconcile.Result) [][]string {
	verdict := "BALANCED"
	if !r.Balanced {
		verdict = "NOT BALANCED"
	}
	rows := [][]string{
		{verdict},
		{"expected", number(r.Expected)},
		{"recorded", number(r.Recorded)},
		{"missing", number(r.Missing)},
		{"unexpected", number(r.Unexpected)},
		{"differing", number(r.Differing)},
		{"mended", number(r.Mended)},
		{"held", number(r.Held)},
		{"accounted", number(r.Accounted)},
	}
	for _, x := range r.Examples {
		rows = append(rows, []string{x.Kind, x.ID})
	}
	return rows
}
