package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recibo/internal/app"
	"recibo/internal/config"
	"recibo/quarantine"
	"recibo/store"
)

func (e *environment) quarantine() *cobra.Command {
	return group("quarantine", "Show and decide about what could not be recorded.", "  recibo quarantine causes",
		e.quarantineList(), e.quarantineCauses(), e.quarantineShow(), e.quarantineHistory(), e.quarantineMend(),
		e.quarantineRedrive(), e.quarantineRedrives(), e.quarantineDiscard(), e.quarantineExport(), e.quarantinePurge())
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

// causes writes a sentence for each cause, to be read aloud.
func (e *environment) causes(causes []app.Cause) error {
	for _, c := range causes {
		fmt.Fprintln(e.out, printable(causeSentence(c)))
	}
	if len(causes) == 0 {
		fmt.Fprintln(e.out, "nothing matches")
	}
	return e.out.Flush()
}

func causeSentence(c app.Cause) string {
	s := string(c.Reason)
	if c.Field != nil {
		s += ": " + *c.Field
	}
	if c.Code != nil && *c.Code != quarantine.CodeDiffers {
		s += ": " + strings.ReplaceAll(*c.Code, "_", " ")
	}
	s += " — " + plural(c.Entries, "message", "messages")
	if c.Seen != c.Entries {
		s += fmt.Sprintf(" (seen %s times)", number(c.Seen))
	}
	var stake []string
	if len(c.Amount) > 0 {
		stake = append(stake, money(c.Amount)+" at stake")
	}
	if c.Unreadable > 0 {
		stake = append(stake, number(c.Unreadable)+" unreadable")
	}
	return fmt.Sprintf("%s, %s; first %s, last %s; for example %s", s, strings.Join(stake, ", "), c.Oldest, c.Newest, c.ExampleID)
}
