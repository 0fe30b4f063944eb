package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
	"recibo/quarantine"
	"recibo/redrive"
)

const redriveLong = `Each goes with its mended body, or else its own, and a recorder decides about it anew: it is recorded, a duplicate, or held
again. What is sent is frozen when it begins. The run is a row: should it be stopped or killed, --resume RUN goes on, and
publishes again what nobody has decided about; --cancel RUN ends it. What is on its way then stays sent.`

// redriveFlags are those of redrive.
type redriveFlags struct {
	manyFlags
	resume, cancel string
	settle         string
}

func (e *environment) quarantineRedrive() *cobra.Command {
	var f redriveFlags
	cmd := &cobra.Command{
		Use: "redrive [ENTRY…]", Short: "Send held messages back through the queue.", Long: redriveLong,
		Example: "  recibo quarantine redrive --reason invalid --field amount --note 'gateway fixed'",
	}
	fs := cmd.Flags()
	f.actFlags.flags(fs)
	f.manyFlags.manyFlags(cmd)
	fs.StringVar(&f.resume, "resume", "", "go on with this `RUN`")
	fs.StringVar(&f.cancel, "cancel", "", "end this `RUN`")
	fs.StringVar(&f.settle, "settle", "10s", "wait for recorders to decide, at most this `DURATION` without one deciding")
	cmd.MarkFlagsMutuallyExclusive("resume", "cancel")
	e.with(cmd, settings{names: join(queueSettings, storeSettings, []string{"wait", "rate", "drain-timeout", "max-event-bytes", "timezone", "output", "progress"}),
		defaults: map[string]string{"rate": "500/s"}},
		func(cmd *cobra.Command, a *app.App, ids []string) error { return e.redrive(cmd, a, &f, ids) })
	cmd.Flags().Lookup("rate").Usage = "entries a second, for example 500/s; of a new run"
	return cmd
}

func (e *environment) redrive(cmd *cobra.Command, a *app.App, f *redriveFlags, ids []string) error {
	settle, err := config.ParseDuration(f.settle)
	if err != nil {
		return badFlag("settle", err)
	}
	p := e.progress(a.Config.Progress)
	began, sent := time.Now(), false
	how := app.Redriving{Rate: a.Config.Rate, Settle: settle, Progress: func(r redrive.Progress) {
		if !sent { // once, so that a run that is killed can be resumed
			sent = true
			a.Log.Info("redrive runs", "run", r.ID, "count", r.Total)
		}
		p.show(fmt.Sprintf("%s/s  sent %s  moved %s of %s", number(perSecond(r.Sent, time.Since(began))), number(r.Sent), number(r.Moved), number(r.Total)))
	}}
	if run := f.resume + f.cancel; run != "" {
		if s := f.selection(ids); s {
			return &app.UsageError{Err: fmt.Errorf("redrive: a run has its own selection"), Tip: "leave the entries and filters out"}
		}
		return e.driveRun(cmd.Context(), a, func(ctx context.Context) (app.Redriven, error) {
			if f.cancel != "" {
				return a.CancelRedrive(ctx, run, how)
			}
			return a.ResumeRedrive(ctx, run, how)
		})
	}
	act, selected, err := e.planRedrive(cmd, a, f, ids)
	if err != nil || f.dryRun {
		return err
	}
	return e.driveRun(cmd.Context(), a, func(ctx context.Context) (app.Redriven, error) { return a.Redrive(ctx, act, selected, how) })
}

// selection reports whether anything selects entries.
func (f *redriveFlags) selection(ids []string) bool {
	return len(ids) > 0 || f.reasons != nil || f.field != "" || f.source != "" || f.since != "" || f.until != ""
}

// planRedrive counts, shows and asks.
func (e *environment) planRedrive(cmd *cobra.Command, a *app.App, f *redriveFlags, ids []string) (app.Act, int64, error) {
	act, err := f.act(ids)
	asks := !f.single(ids) && !f.yes && !f.dryRun
	if err == nil && asks {
		err = e.mayBegin("redrive", f.yes)
	}
	if err != nil {
		return act, 0, err
	}
	if !asks && !f.dryRun { // nobody looks: a slow preview would only delay it
		s, err := a.CountSelected(cmd.Context(), act, quarantine.Held)
		if err == nil && s.Selected == 0 {
			err = a.NothingSelected(cmd.Context(), "redrive", act)
		}
		if err == nil {
			e.console.note(selected(s))
		}
		return act, s.Selected, err
	}
	v, err := a.PreviewRedrive(cmd.Context(), act)
	if err != nil {
		return act, 0, err
	}
	v.DryRun = f.dryRun
	if f.dryRun {
		if err := e.result(a.Config.Output, v, func() [][]string { return previewRows(v) }); err != nil {
			return act, 0, err
		}
	}
	if v.Selected.Selected == 0 {
		return act, 0, app.NothingMatches("redrive", act)
	}
	if f.dryRun {
		return act, 0, nil
	}
	for _, row := range previewRows(v) {
		e.console.note(row[0] + " " + row[1])
	}
	n := v.Selected.Selected
	lasts := (time.Duration(n) * time.Second / time.Duration(max(a.Config.Rate, 1))).Round(time.Second)
	return act, n, e.confirm(cmd.Context(), fmt.Sprintf("Send %s back, %s a second, in about %s?", plural(n, "entry", "entries"), number(int64(a.Config.Rate)), lasts), "")
}

func previewRows(v app.RedrivePreview) [][]string {
	rows := [][]string{
		{"selected", selected(v.Selected)},
		{"would be recorded", number(v.Recorded) + hint(strings.TrimPrefix(money(v.RecordedAmount), "-"))},
		{"would be duplicates", number(v.Duplicate)},
		{"would be held again", byReason(v.Held)},
	}
	if v.Truncated > 0 {
		rows = append(rows, []string{"cannot be sent", number(v.Truncated) + ": not kept whole; mend them with the whole message"})
	}
	return rows
}

func (e *environment) driveRun(ctx context.Context, a *app.App, drive func(context.Context) (app.Redriven, error)) error {
	r, err := drive(ctx)
	if r.RedriveID == "" {
		return err
	}
	printErr := e.result(a.Config.Output, r, func() [][]string { return redrivenRows(r) })
	if err == nil {
		err = printErr
	}
	if err == nil {
		err = app.CheckRedriven(r)
	}
	return err
}

func redrivenRows(r app.Redriven) [][]string {
	rows := [][]string{
		{"redrive", r.RedriveID + " " + string(r.State)},
		{"sent", number(r.Sent) + "; moved " + number(r.Moved) + " of " + number(r.Selected)},
	}
	add := func(name, value string, wanted bool) {
		if wanted {
			rows = append(rows, []string{name, value})
		}
	}
	add("published again", number(r.Again), r.Again > 0)
	add("too big", number(r.Refused)+" for the queue: held again", r.Refused > 0)
	add("not sent", number(r.Truncated)+": not kept whole", r.Truncated > 0)
	rows = append(rows, lossRows(r.Lost, r.Losses)...)
	rows = append(rows, []string{"resolved", number(r.Resolved) + " recorded, or duplicates"},
		[]string{"held again", byReason(r.HeldAgain)})
	add("discarded", number(r.Discarded), r.Discarded > 0)
	add("undecided", number(r.Redriven)+" wait for a recorder", r.Redriven > 0)
	return append(rows, []string{"elapsed", milliseconds(r.ElapsedMS)})
}

func (e *environment) quarantineRedrives() *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use: "redrives", Short: "List the runs that sent held messages back, the latest first.",
		Example: "  recibo quarantine redrives --limit 5", Args: none,
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` (0: all)")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			if a.Config.Output == config.JSON {
				return a.Redrives(cmd.Context(), limit, func(r app.RedriveRun) error { return e.printJSON(r) })
			}
			t := e.table("BEGAN", "RUN", "STATE", "MOVED", "OF", "BY", "FILTER", "NOTE")
			err := a.Redrives(cmd.Context(), limit, func(r app.RedriveRun) error {
				t.row(r.BeganAt, r.ID, string(r.State), number(r.Moved), number(r.Total), r.Actor, r.Filter, text(r.Note))
				return nil
			})
			if err != nil {
				return err
			}
			return t.close()
		})
}
