package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

// paymentExport is the flags of payments export.
type paymentExport struct {
	paymentFilter
	columns        []string
	recordedBefore string
	exportFlags
	showAccounts bool
}

const paymentsExportLong = `It writes CSV with a header, or with --format ndjson one JSON object a line; --output json alone means ndjson.
The order is the same from every database: the latest first, by occurred_at and then by transaction_id, byte by byte.
Accounts are masked, and fingerprint is empty, unless --show-accounts. What is not there is empty, in JSON null.

CSV is exact. Before you open it in a spreadsheet, export it with --spreadsheet: what was sent could stand there as a
formula. Payments that are recorded while the export runs may be in it or not; --recorded-until now leaves them out.`

func (e *environment) paymentsExport() *cobra.Command {
	var x paymentExport
	cmd := &cobra.Command{
		Use: "export", Short: "Export recorded payments as CSV or NDJSON, the latest first.",
		Long:    paymentsExportLong,
		Example: "  recibo payments export --since 2026-01-01 --until 2026-02-01 --columns business --to january.csv", Args: none,
	}
	x.flags(cmd)
	accountsFlag(cmd, &x.showAccounts)
	e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output", "progress"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			chosen, err := x.choose(a.Config)
			if err != nil {
				return err
			}
			return e.export(a, "payments", &x.exportFlags, func(w io.Writer, progress func(int64)) (int64, error) {
				return a.ExportPayments(cmd.Context(), chosen, w, progress)
			})
		})
	cmd.Flags().Lookup("output").Usage = "text, or json: --format ndjson unless --format says otherwise"
	return cmd
}

func (x *paymentExport) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	x.paymentFilter.flags(fs)
	fs.StringVar(&x.recordedBefore, "recorded-until", "", "only what was recorded before this `TIME`; now: before this export")
	fs.StringSliceVar(&x.columns, "columns", nil, "only these `COLUMNS`, in this order, or business: transaction_id to fingerprint (default all)")
	x.exportFlags.flags(cmd)
	offer(cmd, "columns", append(app.PaymentColumns(), app.BusinessColumns)...)
}

// choose reads what the flags ask for.
func (x *paymentExport) choose(c *config.Config) (chosen app.PaymentExport, err error) {
	chosen = app.PaymentExport{Columns: x.columns, RowForm: x.form(c), ShowAccounts: x.showAccounts}
	if chosen.Query, err = x.query(); err != nil {
		return chosen, err
	}
	if chosen.RecordedBefore, err = flagTime("recorded-until", x.recordedBefore, time.Now().UTC()); err != nil {
		return chosen, err
	}
	if err := x.exportFlags.check(); err != nil {
		return chosen, err
	}
	return chosen, chosen.Check()
}
