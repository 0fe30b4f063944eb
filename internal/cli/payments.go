package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recibo/internal/app"
	"recibo/internal/config"
	"recibo/store"
)

func (e *environment) payments() *cobra.Command {
	return group("payments", "Show what is recorded.", "  recibo payments list --since 2h", e.paymentsList(), e.paymentsShow(), e.paymentsExport())
}

// paymentFilter is the flags that select payments.
type paymentFilter struct {
	period
	account, source, min, max string
}

func (f *paymentFilter) flags(fs *pflag.FlagSet) {
	f.period.flags(fs)
	fs.StringVar(&f.account, "account", "", "payer or payee `ACCOUNT`")
	fs.StringVar(&f.source, "source", "", "only from this `SOURCE`")
	fs.StringVar(&f.min, "min", "", "at least this `AMOUNT`: 150.75, or 150.75USD")
	fs.StringVar(&f.max, "max", "", "at most this `AMOUNT`")
}

func (f *paymentFilter) query() (q store.PaymentQuery, err error) {
	q = store.PaymentQuery{Account: f.account, Source: f.source}
	if q.Since, q.Until, err = f.times(); err != nil {
		return q, err
	}
	if q.Min, err = flagMoney("min", f.min); err != nil {
		return q, err
	}
	q.Max, err = flagMoney("max", f.max)
	return q, err
}

func (e *environment) paymentsList() *cobra.Command {
	var f paymentFilter
	limit, showAccounts := 0, false
	cmd := &cobra.Command{
		Use: "list", Short: "List recorded payments, the latest first.",
		Long:    "Times are those at which payments occurred. Accounts are masked unless --show-accounts.",
		Example: "  recibo payments list --since 2026-01-01 --min 1000 --limit 20", Args: none,
	}
	f.flags(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` (0: all)")
	accountsFlag(cmd, &showAccounts)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			if a.Config.Output == config.JSON {
				return a.Payments(cmd.Context(), q, limit, showAccounts, func(p app.Payment) error { return e.printJSON(p) })
			}
			t := e.table("OCCURRED", "ID", "AMOUNT", "METHOD", "PAYER", "PAYEE", "SOURCE")
			err = a.Payments(cmd.Context(), q, limit, showAccounts, func(p app.Payment) error {
				t.row(p.OccurredAt, p.TransactionID, p.Currency+" "+groupDecimal(p.Amount), p.Method, p.PayerAccount, p.PayeeAccount, text(p.Source))
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}

func accountsFlag(cmd *cobra.Command, show *bool) {
	cmd.Flags().BoolVar(show, "show-accounts", false, "do not mask account numbers")
}

func (e *environment) paymentsShow() *cobra.Command {
	showAccounts := false
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one recorded payment.",
		Long:    "It exits with 1 when the payment is not recorded.",
		Example: "  recibo payments show E6070119020261123141503aB9xQ2Lk7", Args: one("ID"),
	}
	accountsFlag(cmd, &showAccounts)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			p, err := a.Payment(cmd.Context(), args[0], showAccounts)
			if err != nil {
				return err
			}
			return e.result(a.Config.Output, p, func() [][]string {
				return [][]string{
					{"transaction_id", p.TransactionID}, {"amount", p.Currency + " " + groupDecimal(p.Amount)},
					{"payer_account", p.PayerAccount}, {"payee_account", p.PayeeAccount},
					{"occurred_at", p.OccurredAt}, {"method", p.Method}, {"source", text(p.Source)},
					{"extra", string(p.Extra)}, {"fingerprint", text(p.Fingerprint)}, {"queue", p.Queue}, {"position", p.Position},
					{"entry_id", text(p.EntryID)}, {"recorded_at", p.RecordedAt},
				}
			})
		})
}
