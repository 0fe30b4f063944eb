package cli

import (
	"io"

	"github.com/spf13/cobra"

	"recibo/internal/app"
)

const entriesExportLong = `It writes CSV with a header, or with --format ndjson one JSON object a line; --output json alone means ndjson. With --body
the messages themselves are in it, those that are not UTF-8 in base64. Accounts in errors are masked unless --show-accounts.`

func (e *environment) quarantineExport() *cobra.Command {
	var f entryFilter
	var x exportFlags
	chosen := app.EntryExport{}
	cmd := &cobra.Command{
		Use: "export", Short: "Export quarantined messages as CSV or NDJSON, the latest first.", Long: entriesExportLong,
		Example: "  recibo quarantine export --state held --reason invalid --format ndjson --to for-the-sender.ndjson", Args: none,
	}
	f.flags(cmd)
	x.flags(cmd)
	accountsFlag(cmd, &chosen.ShowAccounts)
	cmd.Flags().BoolVar(&chosen.ShowBody, "body", false, "with the messages themselves")
	e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output", "progress"})},
		func(cmd *cobra.Command, a *app.App, _ []string) (err error) {
			if chosen.Query, err = f.query(); err != nil {
				return err
			}
			chosen.RowForm = x.form(a.Config)
			if err := x.check(); err != nil {
				return err
			}
			return e.export(a, "entries", &x, func(w io.Writer, progress func(int64)) (int64, error) {
				return a.ExportEntries(cmd.Context(), chosen, w, progress)
			})
		})
	cmd.Flags().Lookup("output").Usage = "text, or json: --format ndjson unless --format says otherwise"
	return cmd
}
