package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

// paymentExport is the flags of payments export.
type paymentExport struct {
	paymentFilter
	format         string
	columns        []string
	recordedBefore string
	spreadsheet    bool
	showAccounts   bool
	to             string
	force          bool
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
			return e.export(cmd, a, chosen, &x)
		})
	cmd.Flags().Lookup("output").Usage = "text, or json: --format ndjson unless --format says otherwise"
	return cmd
}

func (x *paymentExport) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	x.paymentFilter.flags(fs)
	fs.StringVar(&x.recordedBefore, "recorded-until", "", "only what was recorded before this `TIME`; now: before this export")
	fs.StringVar(&x.format, "format", "", "`FORM` of the export: csv or ndjson (default csv)")
	fs.StringSliceVar(&x.columns, "columns", nil, "only these `COLUMNS`, in this order, or business: transaction_id to fingerprint (default all)")
	fs.BoolVar(&x.spreadsheet, "spreadsheet", false, "CSV for a spreadsheet: a byte order mark, and a ' before what would be a formula")
	fs.StringVar(&x.to, "to", "", "write this `FILE`, whole or not at all (default standard output)")
	fs.BoolVar(&x.force, "force", false, "replace the file of --to")
	offer(cmd, "format", string(app.CSV), string(app.NDJSON))
	offer(cmd, "columns", append(app.PaymentColumns(), app.BusinessColumns)...)
}

// choose reads what the flags ask for.
func (x *paymentExport) choose(c *config.Config) (chosen app.PaymentExport, err error) {
	chosen = app.PaymentExport{Columns: x.columns, Format: app.ExportFormat(x.format), Spreadsheet: x.spreadsheet, ShowAccounts: x.showAccounts}
	switch {
	case x.format != "":
	case c.Output == config.JSON:
		chosen.Format = app.NDJSON
	default:
		chosen.Format = app.CSV
	}
	if chosen.Query, err = x.query(); err != nil {
		return chosen, err
	}
	if chosen.RecordedBefore, err = flagTime("recorded-until", x.recordedBefore, time.Now().UTC()); err != nil {
		return chosen, err
	}
	if x.force && !x.toFile() {
		return chosen, &app.UsageError{Err: fmt.Errorf("flag --force: it replaces the file of --to"), Tip: "name the file with --to FILE"}
	}
	return chosen, chosen.Check()
}

func (x *paymentExport) toFile() bool { return x.to != "" && x.to != "-" }

func (e *environment) export(cmd *cobra.Command, a *app.App, chosen app.PaymentExport, x *paymentExport) error {
	began := time.Now()
	var rows int64
	p := e.progress(a.Config.Progress)
	if !x.toFile() && e.stdoutTerminal {
		p.mode = "none" // it would stand between the rows
	}
	write := func(w io.Writer) (err error) {
		rows, err = a.ExportPayments(cmd.Context(), chosen, w, func(rows int64) {
			p.show(fmt.Sprintf("%s/s  exported %s", number(perSecond(rows, time.Since(began))), number(rows)))
		})
		return err
	}
	if !x.toFile() {
		return write(e.out)
	}
	if err := app.WriteFile(x.to, x.force, write); err != nil {
		return err
	}
	a.Log.Info("payments exported", "count", rows, "file", x.to, "elapsed_ms", time.Since(began).Milliseconds())
	return nil
}

func perSecond(n int64, elapsed time.Duration) int64 {
	return n * 1000 / max(elapsed.Milliseconds(), 1)
}
