package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/quarantine"
	"recibo/redrive"
)

// manyFlags are those of every act on many entries.
type manyFlags struct {
	actFlags
	period
	reasons, states []string
	field, source   string
	dryRun, yes     bool
}

func (f *manyFlags) manyFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.period.flags(fs)
	fs.StringSliceVar(&f.reasons, "reason", nil, "only these `REASONS`: too_large, malformed, invalid, conflict, rejected")
	fs.StringVar(&f.field, "field", "", "only with an error in this `FIELD`")
	fs.StringVar(&f.source, "source", "", "only of this `SOURCE`, as far as it can be read")
	fs.BoolVar(&f.dryRun, "dry-run", false, "say what would happen, and write nothing")
	fs.BoolVar(&f.yes, "yes", false, "do not ask")
	offer(cmd, "reason", names(quarantine.Reasons)...)
}

// act reads who is to do what to which entries. What is first seen from now on
// is untouched.
func (f *manyFlags) act(ids []string) (a app.Act, err error) {
	a = f.actFlags.act()
	a.Cutoff = time.Now().UTC()
	s := redrive.Selection{IDs: ids, Field: f.field, Source: f.source}
	if s.Reasons, err = flagChoice("reason", f.reasons, quarantine.Reasons); err != nil {
		return a, err
	}
	if s.States, err = flagChoice("state", f.states, quarantine.States); err != nil {
		return a, err
	}
	s.Since, s.Until, err = f.times()
	a.Selection = s
	if err == nil && s.Empty() {
		err = app.EmptySelection()
	}
	return a, err
}

// single reports whether exactly one entry was named: then there is nothing to
// ask.
func (f *manyFlags) single(ids []string) bool { return len(ids) == 1 }

// selected is the count and the filter in one sentence.
func selected(s app.Selected) string {
	text := plural(s.Selected, "entry", "entries") + ": " + s.Filter
	if len(s.Amount) > 0 {
		text += "; " + money(s.Amount) + " at stake"
	}
	if s.Unreadable > 0 {
		text += "; " + number(s.Unreadable) + " without a readable amount"
	}
	return text + "; none first seen since " + s.Cutoff
}

func (e *environment) quarantineDiscard() *cobra.Command {
	var f manyFlags
	cmd := &cobra.Command{
		Use: "discard [ENTRY…]", Short: "Decide that held messages are no payments, and say why.",
		Long: "They stay, with their bytes and the note. Should the same bytes come again, the entry is held again. Several entries\n" +
			"are counted first, and one question is asked.",
		Example: "  recibo quarantine discard --reason malformed --source pos --note 'test messages of the new terminal'",
	}
	f.actFlags.flags(cmd.Flags())
	f.manyFlags(cmd)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "max-event-bytes", "timezone", "output", "progress"})},
		func(cmd *cobra.Command, a *app.App, ids []string) error {
			if f.note == "" && !f.dryRun {
				e.console.note("without --note the history will not say why")
			}
			return e.actOnMany(cmd, a, &f, ids, many{verb: "discard", question: "Discard", destroys: true,
				states: []quarantine.State{quarantine.Held}, asksFor: !f.single(ids), do: a.DiscardEntries})
		})
}

const purgeLong = `Only resolved and discarded entries can be purged, with their history; recorded payments are not touched. Export them first:
a reconciliation against a ledger of that time then names their messages as missing. One question is asked.`

func (e *environment) quarantinePurge() *cobra.Command {
	var f manyFlags
	cmd := &cobra.Command{
		Use: "purge [ENTRY…]", Short: "Remove resolved and discarded entries for good.", Long: purgeLong,
		Example: "  recibo quarantine purge --state resolved --until 2026-01-01",
	}
	f.manyFlags(cmd)
	cmd.Flags().StringSliceVar(&f.states, "state", nil, "only these `STATES`: resolved, discarded (default both)")
	offer(cmd, "state", names(redrive.PurgeStates)...)
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "max-event-bytes", "timezone", "output", "progress"})},
		func(cmd *cobra.Command, a *app.App, ids []string) error {
			return e.actOnMany(cmd, a, &f, ids, many{verb: "purge", question: "Remove for good", destroys: true, asksFor: true, do: a.PurgeEntries})
		})
}

// many is an act on many entries.
type many struct {
	verb, question string
	states         []quarantine.State // of the entries; nil: what a purge is about
	destroys       bool               // a large number has to be typed
	asksFor        bool
	do             func(ctx context.Context, act app.Act, selected int64, progress func(int64)) (app.Acted, error)
}

func (e *environment) actOnMany(cmd *cobra.Command, a *app.App, f *manyFlags, ids []string, m many) error {
	act, err := f.act(ids)
	if err == nil && m.states == nil {
		m.states, err = app.PurgeStates(act)
	}
	if err == nil && m.asksFor && !f.dryRun {
		err = e.mayBegin(m.verb, f.yes)
	}
	if err != nil {
		return err
	}
	s, err := a.CountSelected(cmd.Context(), act, m.states...)
	if err != nil {
		return err
	}
	if f.dryRun {
		return e.dryRun(a, m.verb, act, s)
	}
	if s.Selected == 0 {
		return a.NothingSelected(cmd.Context(), m.verb, act)
	}
	e.console.note(selected(s))
	if m.asksFor && !f.yes {
		if err := e.ask(cmd, m, s.Selected); err != nil {
			return err
		}
	}
	p := e.progress(a.Config.Progress)
	done, err := m.do(cmd.Context(), act, s.Selected, func(n int64) { p.show(number(n) + " of " + number(s.Selected)) })
	if err != nil && done.Done == 0 {
		return err
	}
	printErr := e.result(a.Config.Output, done, func() [][]string {
		return append([][]string{{m.verb, number(done.Done) + " of " + number(done.Selected)}}, lossRows(done.Lost, done.Losses)...)
	})
	if err == nil {
		err = printErr
	}
	if err == nil {
		err = app.CheckActed(m.verb, act, done)
	}
	return err
}

func (e *environment) ask(cmd *cobra.Command, m many, n int64) error {
	want := ""
	if m.destroys && n >= typeTheCount {
		want = fmt.Sprint(n)
	}
	return e.confirm(cmd.Context(), m.question+" "+plural(n, "entry", "entries")+"?", want)
}

// dryRun prints what an act would be about.
func (e *environment) dryRun(a *app.App, verb string, act app.Act, s app.Selected) error {
	v := struct {
		app.Selected
		DryRun bool `json:"dry_run"`
	}{s, true}
	err := e.result(a.Config.Output, v, func() [][]string { return [][]string{{"would " + verb, selected(s)}} })
	if err == nil && s.Selected == 0 {
		err = app.NothingMatches(verb, act)
	}
	return err
}

func lossRows(lost int64, losses []app.Loss) [][]string {
	if lost == 0 {
		return nil
	}
	rows := [][]string{{"lost", number(lost) + ": somebody else acted first"}}
	for _, l := range losses {
		rows = append(rows, []string{"", l.EntryID + ": " + l.Words})
	}
	return rows
}
