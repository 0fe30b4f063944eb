package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recibo/internal/app"
	"recibo/internal/config"
	"recibo/quarantine"
	"recibo/store"
)

func (e *environment) quarantine() *cobra.Command {
	return group("quarantine", "Show what could not be recorded, and why.", "  recibo quarantine causes",
		e.quarantineList(), e.quarantineCauses(), e.quarantineShow())
}

// entryFilter is the flags that select entries.
type entryFilter struct {
	period
	reasons, states []string
	field           string
}

func (f *entryFilter) flags(cmd *cobra.Command) {
	f.entryFlags(cmd.Flags())
	offer(cmd, "reason", names(quarantine.Reasons)...)
	offer(cmd, "state", names(quarantine.States)...)
}

func (f *entryFilter) entryFlags(fs *pflag.FlagSet) {
	f.period.flags(fs)
	fs.StringSliceVar(&f.reasons, "reason", nil, "only these `REASONS`: too_large, malformed, invalid, conflict, rejected")
	fs.StringSliceVar(&f.states, "state", nil, "only these `STATES`: held, redriven, resolved, discarded")
	fs.StringVar(&f.field, "field", "", "only with an error in this `FIELD`")
}

func (f *entryFilter) query() (q store.EntryQuery, err error) {
	q = store.EntryQuery{Field: f.field}
	if q.Reasons, err = flagChoice("reason", f.reasons, quarantine.Reasons); err != nil {
		return q, err
	}
	if q.States, err = flagChoice("state", f.states, quarantine.States); err != nil {
		return q, err
	}
	q.Since, q.Until, err = f.times()
	return q, err
}

func (e *environment) quarantineList() *cobra.Command {
	var f entryFilter
	limit, showAccounts := 0, false
	cmd := &cobra.Command{
		Use: "list", Short: "List quarantined messages, the latest first.",
		Long:    "Times are those at which a message was last seen. Its body is shown by recibo quarantine show ID --body.",
		Example: "  recibo quarantine list --reason invalid --since 24h", Args: none,
	}
	f.flags(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` (0: all)")
	accountsFlag(cmd, &showAccounts)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			if a.Config.Output == config.JSON {
				return a.Entries(cmd.Context(), q, limit, showAccounts, func(v app.Entry) error { return e.printJSON(v) })
			}
			t := e.table("LAST SEEN", "ENTRY", "STATE", "REASON", "SEEN", "PAYMENT", "WHY")
			err = a.Entries(cmd.Context(), q, limit, showAccounts, func(v app.Entry) error {
				t.row(v.LastSeenAt, v.ID, string(v.State), string(v.Reason), number(v.Seen), text(v.TransactionID), v.Detail)
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}

func (e *environment) quarantineCauses() *cobra.Command {
	var f entryFilter
	cmd := &cobra.Command{
		Use: "causes", Short: "Group quarantined messages by reason and field, with the money at stake.",
		Example: "  recibo quarantine causes --state held", Args: none,
	}
	f.flags(cmd)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			causes, err := a.Causes(cmd.Context(), q)
			if err != nil {
				return err
			}
			if a.Config.Output == config.JSON {
				for _, c := range causes {
					if err := e.printJSON(c); err != nil {
						return err
					}
				}
				return nil
			}
			return e.causes(causes)
		})
}

func (e *environment) causes(causes []app.Cause) error {
	t := e.table("REASON", "FIELD", "CODE", "ENTRIES", "SEEN", "AT STAKE", "UNREADABLE", "OLDEST", "NEWEST", "EXAMPLE")
	for _, c := range causes {
		t.row(string(c.Reason), text(c.Field), text(c.Code), number(c.Entries), number(c.Seen), money(c.Amount),
			number(c.Unreadable), c.Oldest, c.Newest, c.ExampleID)
	}
	return t.close()
}

func (e *environment) quarantineShow() *cobra.Command {
	var showAccounts, showBody bool
	cmd := &cobra.Command{
		Use: "show ENTRY", Short: "Show one quarantined message: what is wrong, and what to do.",
		Long:    "The body is personal data: it is shown only with --body. recibo quarantine list shows the ids of entries.",
		Example: "  recibo quarantine show 1c5f0e7a9b2d4c6e8f0a1b2c3d4e5f60 --body", Args: one("ENTRY"),
	}
	accountsFlag(cmd, &showAccounts)
	cmd.Flags().BoolVar(&showBody, "body", false, "show the message itself, too")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			v, err := a.Entry(cmd.Context(), args[0], showAccounts, showBody)
			if err != nil {
				return err
			}
			if a.Config.Output == config.JSON {
				return e.printJSON(v)
			}
			return e.entry(v)
		})
}

func (e *environment) entry(v app.Entry) error {
	t := e.table()
	t.row("entry", v.ID)
	t.row("state", string(v.State))
	t.row("reason", string(v.Reason))
	t.row("why", v.Detail)
	t.row("payment", text(v.TransactionID))
	if v.Amount != nil {
		t.row("amount", text(v.Currency)+" "+groupDecimal(*v.Amount))
	}
	t.row("seen", number(v.Seen)+" times, "+v.FirstSeenAt+" to "+v.LastSeenAt)
	t.row("from", v.Queue+" "+v.Position)
	t.row("size", number(v.BodyBytes)+" bytes")
	if err := t.close(); err != nil {
		return err
	}
	if len(v.FieldErrors) > 0 {
		t := e.table("", "")
		t.row("FIELD", "CODE", "RECORDED", "ARRIVED", "HINT")
		for _, f := range v.FieldErrors {
			t.row(f.Field, f.Code, dash(f.Recorded), dash(f.Value), dash(f.Hint))
		}
		if err := t.close(); err != nil {
			return err
		}
	}
	return e.body(v)
}

func (e *environment) body(v app.Entry) error {
	if v.Body == nil {
		return nil
	}
	t := e.table("", "")
	t.row("BODY")
	for line := range strings.Lines(strings.ReplaceAll(*v.Body, "\t", "    ")) {
		t.row(strings.TrimRight(line, "\r\n"))
	}
	return t.close()
}
