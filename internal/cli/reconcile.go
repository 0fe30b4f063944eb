package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/reconcile"
)

// reconciling is the flags of reconcile.
type reconciling struct {
	period
	source  string
	windows bool
	grace   time.Duration
	limit   int
	receipt string
	lang    string
	force   bool
}

const reconcileLong = `What was sent comes from --ledger, or is made again from --seed, --start, --count and --faults. It exits with 1 when
something is missing, unexpected or differing. --source, --since and --until bound what counts as unexpected.

With --windows nothing but the database is needed: its payments are compared with the control totals that their producers
sent, window by window. A ledger or seed that is there as well names the payments. With --receipt the answer is written to
a file that prints, and that recibo receipt verify checks again later.`

func (e *environment) reconcile() *cobra.Command {
	var x reconciling
	cmd := &cobra.Command{
		Use: "reconcile", Short: "Compare what was sent with what is recorded and held.", Long: reconcileLong,
		Example: "  recibo reconcile --seed 1 --count 20000\n  recibo reconcile --windows --since 2026-01-01 --until 2026-02-01", Args: none,
	}
	x.flags(cmd)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "ledger", "seed", "start", "count", "faults", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			w, err := x.choose()
			switch {
			case err != nil:
				return err
			case x.receipt != "":
				return e.reconcileReceipt(cmd, a, w, &x)
			case x.windows:
				return e.reconcileWindows(cmd, a, w)
			}
			r, err := a.Reconcile(cmd.Context(), w.Window)
			if err != nil {
				return err
			}
			if err := e.result(a.Config.Output, r, func() [][]string { return reconcileRows(r) }); err != nil {
				return err
			}
			return app.CheckBalanced(r)
		})
}

func (x *reconciling) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	x.period.flags(fs)
	fs.StringVar(&x.source, "source", "", "only this `SOURCE`: its windows, and what of it is unexpected when nobody sent it")
	fs.BoolVar(&x.windows, "windows", false, "prove each window by the control totals in the database")
	fs.DurationVar(&x.grace, "grace", 0, "a `DURATION`: for so long after its control total a window that does not add up is open, since payments may still come")
	fs.IntVar(&x.limit, "limit", 20, "tell of at most `N` windows")
	fs.StringVar(&x.receipt, "receipt", "", "write the answer to this `FILE`, as a statement that can be printed and verified")
	fs.StringVar(&x.lang, "lang", "", "`LANGUAGE` of the receipt: en or pt (default that of LC_ALL or LANG)")
	fs.BoolVar(&x.force, "force", false, "replace the file of --receipt")
	offer(cmd, "lang", app.ReceiptLanguages()...)
}

// choose reads what the flags ask for.
func (x *reconciling) choose() (w app.Windows, err error) {
	since, until, err := x.times()
	if err != nil {
		return w, err
	}
	switch {
	case x.grace < 0:
		return w, &app.UsageError{Err: fmt.Errorf("flag --grace: %s is less than nothing", x.grace), Tip: "write for example --grace 5m"}
	case x.limit < 1:
		return w, &app.UsageError{Err: fmt.Errorf("flag --limit: %d", x.limit), Tip: "write a number from 1 up"}
	case x.receipt == "" && (x.force || x.lang != ""):
		return w, &app.UsageError{Err: fmt.Errorf("flags --lang and --force: they are about a receipt"), Tip: "name its file with --receipt FILE"}
	}
	return app.Windows{Window: app.Window{Source: x.source, Since: since, Until: until}, Grace: x.grace, Limit: x.limit}, nil
}

func (e *environment) reconcileWindows(cmd *cobra.Command, a *app.App, w app.Windows) error {
	p, err := a.ReconcileWindows(cmd.Context(), w)
	if err != nil {
		return err
	}
	if err := e.result(a.Config.Output, p, func() [][]string { return windowRows(&p) }); err != nil {
		return err
	}
	return app.CheckWindows(&p)
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
