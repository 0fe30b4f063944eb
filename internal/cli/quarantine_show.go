package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) quarantineShow() *cobra.Command {
	var showAccounts, showBody bool
	cmd := &cobra.Command{
		Use: "show ENTRY", Short: "Show one quarantined message: what is wrong, and what to do.",
		Long: "A conflict is shown field by field, what is recorded beside what arrived. The body is personal data: it is shown only\n" +
			"with --body, with what is wrong in it marked. recibo quarantine list shows the ids of entries.",
		Example: "  recibo quarantine show 1c5f0e7a9b2d4c6e8f0a1b2c3d4e5f60 --body", Args: one("ENTRY"),
	}
	accountsFlag(cmd, &showAccounts)
	cmd.Flags().BoolVar(&showBody, "body", false, "show the message itself, too")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "max-event-bytes", "timezone", "output"})},
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

func (e *environment) quarantineHistory() *cobra.Command {
	cmd := &cobra.Command{
		Use: "history ENTRY", Short: "Show what became of one quarantined message: who did what, when and why.",
		Example: "  recibo quarantine history 1c5f0e7a9b2d4c6e8f0a1b2c3d4e5f60", Args: one("ENTRY"),
	}
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			if a.Config.Output == config.JSON {
				return a.History(cmd.Context(), args[0], func(l app.HistoryLine) error { return e.printJSON(l) })
			}
			t := e.table("WHEN", "WHAT", "REASON", "ATTEMPT", "BY", "NOTE")
			err := a.History(cmd.Context(), args[0], func(l app.HistoryLine) error {
				t.row(l.At, happened(l), string(l.Reason), fmt.Sprint(l.Attempt), l.Actor, text(l.Note))
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}

// happened says what a line of history is about.
func happened(l app.HistoryLine) string {
	switch {
	case l.From == nil:
		return string(l.To)
	case *l.From != string(l.To):
		return *l.From + " -> " + string(l.To)
	case l.MendedSHA256 != nil:
		return "mended"
	}
	return "mended body taken away"
}

func (e *environment) entry(v app.EntryDetail) error {
	t := e.table()
	t.row("entry", v.ID)
	t.row("state", string(v.State)+attempts(v.Attempt))
	t.row("reason", string(v.Reason))
	t.row("why", v.Detail)
	t.row("payment", text(v.TransactionID))
	if v.Amount != nil {
		t.row("amount", text(v.Currency)+" "+groupDecimal(*v.Amount))
	}
	t.row("seen", plural(v.Seen, "time", "times")+", "+v.FirstSeenAt+" to "+v.LastSeenAt)
	t.row("from", v.Queue+" "+v.Position)
	t.row("size", number(v.BodyBytes)+" bytes")
	if v.RedriveID != nil {
		t.row("redrive", *v.RedriveID)
	}
	for i, m := range v.Marks {
		t.row([...]string{"where", ""}[min(i, 1)], place(m))
	}
	for i, step := range strings.Split(v.NextStep, "; ") {
		t.row([...]string{"next", ""}[min(i, 1)], step)
	}
	if err := t.close(); err != nil {
		return err
	}
	var err error
	if v.Comparison != nil {
		err = e.comparison(v.Comparison)
	} else {
		err = e.fieldErrors(v)
	}
	if err == nil {
		err = e.body(v)
	}
	return err
}

// place says where a mark is.
func place(m app.Mark) string {
	where := fmt.Sprintf("line %d, column %d", m.Line, m.Column)
	if m.Field != nil {
		where += ": " + *m.Field
	}
	return where
}

func attempts(n int) string {
	if n == 0 {
		return ""
	}
	return ", sent back " + plural(int64(n), "time", "times")
}

func (e *environment) fieldErrors(v app.EntryDetail) error {
	if len(v.FieldErrors) == 0 {
		return nil
	}
	t := e.table("", "")
	t.row("FIELD", "CODE", "ARRIVED", "HINT")
	for _, f := range v.FieldErrors {
		t.row(f.Field, f.Code, dash(f.Value), dash(f.Hint))
	}
	return t.close()
}

// comparison sets both sides of a conflict beside each other. What differs is
// marked by a sign, not by colour.
func (e *environment) comparison(c *app.Comparison) error {
	t := e.table("", "")
	if c.RecordedAt == nil {
		t.row("nothing is recorded under this id now")
	} else {
		t.row("recorded " + *c.RecordedAt + " from " + text(c.Queue) + " " + text(c.Position))
	}
	t.row("", "FIELD", "RECORDED", "ARRIVED")
	for _, f := range c.Fields {
		sign := "="
		if f.Differs {
			sign = "≠"
		}
		t.row(sign, f.Field, text(f.Recorded), text(f.Arrived))
	}
	if d := c.AmountDifference; d != nil && *d != "" && (*d)[0] != '0' {
		t.row("", "difference", "", text(c.Currency)+" "+(*d)[:1]+groupDecimal((*d)[1:]))
	}
	return t.close()
}

func (e *environment) body(v app.EntryDetail) error {
	if v.Body == nil {
		return nil
	}
	t := e.table("", "")
	t.row("BODY")
	if err := t.close(); err != nil {
		return err
	}
	sign := ""
	if v.MendedBody != nil {
		sign = "- "
	}
	writeBody(e.out, v.Raw, v.Marks, sign)
	if v.MendedBody != nil {
		writeBody(e.out, v.RawMended, nil, "+ ")
	}
	return e.out.Flush()
}
