package cli

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"recibo/internal/app"
)

func (e *environment) receipt() *cobra.Command {
	return group("receipt", "Check completeness receipts.", "  recibo receipt verify january.txt", e.receiptVerify())
}

func (e *environment) receiptVerify() *cobra.Command {
	return e.with(&cobra.Command{
		Use: "verify FILE", Short: "Check a receipt: that its file is as it was written, and every figure against the database.",
		Long: "A receipt is what recibo reconcile --receipt FILE wrote. It exits with 1 when the file was altered, or the database says\n" +
			"otherwise than it did; it says which. What was recorded since is left out. Entries that waited then and were resolved or\n" +
			"discarded since are told, and are no difference.",
		Example: "  recibo receipt verify january.txt", Args: one("FILE"),
	}, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			v, err := a.VerifyReceipt(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := e.result(a.Config.Output, v, func() [][]string { return verificationRows(&v) }); err != nil {
				return err
			}
			return app.CheckReceipt(args[0], &v)
		})
}

func verificationRows(v *app.Verification) [][]string {
	switch {
	case v.Altered:
		return [][]string{{"ALTERED: the file is not as it was written"}}
	case v.Verified:
		rows := [][]string{{"VERIFIED: the file is as it was written, and the database bears out every figure"}}
		return append(append(rows, about(v)...), notes(v)...)
	}
	rows := append([][]string{{"NOT VERIFIED: the file is as it was written, and the database says otherwise"}}, about(v)...)
	rows = append(rows, []string{}, []string{"FIGURE", "RECEIPT", "DATABASE", "MEANING"})
	for _, d := range v.Differences {
		rows = append(rows, []string{d.Figure, d.Receipt, d.Database, d.Meaning})
	}
	return append(rows, notes(v)...)
}

func about(v *app.Verification) [][]string {
	return [][]string{{"as of", v.MadeAt}, {"verdict", string(v.Verdict)}}
}

func notes(v *app.Verification) [][]string {
	var rows [][]string
	for _, n := range v.Notes {
		rows = append(rows, []string{"note", n})
	}
	return rows
}

// reconcileReceipt compares and writes the answer down.
func (e *environment) reconcileReceipt(cmd *cobra.Command, a *app.App, w app.Windows, x *reconciling) error {
	made, err := a.MakeReceipt(cmd.Context(), app.ReceiptRequest{Windows: w, File: x.receipt, Force: x.force,
		Language: cmp.Or(x.lang, app.LanguageOf(os.Getenv))})
	if err != nil {
		return err
	}
	err = e.result(a.Config.Output, made, func() [][]string {
		rows := windowRows(&made.WindowsProof)
		if made.Ledger != nil && made.Windows == 0 {
			rows = reconcileRows(*made.Ledger)
		}
		return append(rows, []string{}, []string{"receipt", made.Receipt.File}, []string{"verdict", string(made.Receipt.Verdict)},
			[]string{"sha256", made.Receipt.SHA256})
	})
	if err != nil {
		return err
	}
	if made.Ledger != nil && made.Windows == 0 {
		return app.CheckBalanced(*made.Ledger) // nobody sends control totals
	}
	return app.CheckWindows(&made.WindowsProof)
}
