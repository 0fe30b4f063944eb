package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"recibo/internal/config"
	"recibo/reconcile"
)

// emptied is a receipt without its figures.
func emptied(r Receipt) Receipt {
	return Receipt{Version: r.Version, Language: r.Language, MadeAt: r.MadeAt, Program: r.Program, Store: r.Store,
		Source: r.Source, Since: r.Since, Until: r.Until, GraceMS: r.GraceMS}
}

// withoutSent is the configuration without a ledger or a seed.
func (a *App) withoutSent() *config.Config {
	c := *a.Config
	c.Ledger, c.Seed = "", nil
	return &c
}

// compare names the figures that differ. What may only grow, as others record,
// may have grown.
func (v *Verification) compare(then, now *Receipt) {
	v.comparePayments(&then.Payments, &now.Payments)
	v.atLeast("duplicates", then.Duplicates, now.Duplicates, "the tally counts fewer duplicates than it did")
	v.compareControls(&then.Controls, &now.Controls)
	v.compareRedriven(&then.Redriven, &now.Redriven)
	v.compareOutages(&then.Outages, &now.Outages)
	if verdict := then.verdict(); verdict != then.Verdict {
		v.differs("verdict", string(then.Verdict), string(verdict), "the verdict does not follow from the figures")
	}
}

func (v *Verification) comparePayments(then, now *ReceiptPayments) {
	changed := len(v.Differences)
	switch more := now.Count - then.Count; {
	case more < 0:
		v.count("payments.count", then.Count, now.Count, "rows were deleted, or moved out of the period")
	case more > 0:
		v.count("payments.count", then.Count, now.Count, "rows were added by hand, or were being recorded when the receipt was made")
	}
	for _, c := range currenciesOf(then.Amounts, now.Amounts) {
		if was, is := then.Amounts[c], now.Amounts[c]; was != is {
			v.differs("payments.amounts."+c, cmp.Or(was, "none"), cmp.Or(is, "none"), "the amounts add up to something else")
		}
	}
	if then.Prints != now.Prints && len(v.Differences) == changed {
		v.differs("payments.prints", then.Prints, now.Prints, "count and amounts fit, and the rows say something else than they did")
	}
}

func currenciesOf(a, b map[string]string) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func (v *Verification) compareControls(then, now *ReceiptControls) {
	switch {
	case then.Count != now.Count:
		v.count("control_totals.count", then.Count, now.Count, "control totals were deleted, or added by hand")
	case then.SHA256 != now.SHA256:
		v.differs("control_totals.sha256", then.SHA256, now.SHA256, "control totals were changed")
	}
	if then.Windows != now.Windows {
		v.count("control_totals.windows", then.Windows, now.Windows, "other windows have control totals")
	}
	v.compareWindows(then, now)
	if then.Mended != now.Mended {
		v.count("control_totals.mended", then.Mended, now.Mended, "entries that payments came from were purged, deleted or changed")
	}
	if then.Uncovered != now.Uncovered {
		v.count("control_totals.uncovered", then.Uncovered, now.Uncovered, "other payments are covered by control totals")
	}
}

// compareWindows names the windows that do not balance any more, as far as they
// are listed, and counts the others.
func (v *Verification) compareWindows(then, now *ReceiptControls) {
	was := map[string]reconcile.Verdict{}
	for _, x := range then.Examples {
		was[x.name()] = x.Verdict
	}
	named := false
	for _, x := range now.Examples {
		stood, listed := was[x.name()]
		if !listed && then.ByVerdict[x.Verdict] >= now.ByVerdict[x.Verdict] {
			continue // the receipt did not list all that it counted
		}
		if stood != x.Verdict {
			named = true
			v.differs("control_totals.window "+x.name(), cmp.Or(string(stood), string(reconcile.Balanced)), string(x.Verdict), x.meaning())
		}
	}
	for _, verdict := range reconcile.Verdicts {
		if was, is := then.ByVerdict[verdict], now.ByVerdict[verdict]; was != is && !named {
			v.count("control_totals.by_verdict."+string(verdict), was, is, "other windows balance than did")
		}
	}
}

func (x *ReceiptWindow) name() string {
	source := "-"
	if x.Source != nil {
		source = *x.Source
	}
	return source + " " + x.From + " " + x.Until
}

func (x *ReceiptWindow) meaning() string {
	text := fmt.Sprintf("the window has %+d payments", x.Difference.Count)
	for _, c := range slices.Sorted(maps.Keys(x.Difference.Amounts)) {
		text += ", " + string(c) + " " + x.Difference.Amounts[c]
	}
	for _, p := range x.Payments {
		text += ", " + p.Kind + " " + p.ID
	}
	return text
}

func (v *Verification) compareRedriven(then, now *ReceiptRedriven) {
	if then.Count != now.Count {
		v.count("redriven.count", then.Count, now.Count, "other payments name an entry that they came from")
	}
	is := map[string]ReceiptRedrive{}
	for _, p := range now.Payments {
		is[p.ID] = p
	}
	if now.Count > int64(len(now.Payments)) {
		return // the lists are cut
	}
	for _, was := range then.Payments {
		p, found := is[was.ID]
		switch {
		case !found:
			v.differs("redriven.payments."+was.ID, was.Entry, "absent", "the payment is not there, or does not name its entry")
		case p.Entry != was.Entry:
			v.differs("redriven.payments."+was.ID, was.Entry, p.Entry, "the payment names another entry")
		case p.Mended != was.Mended:
			v.note("entry %s, which payment %s came from, was purged since", was.Entry, was.ID)
		}
	}
}

func (v *Verification) compareOutages(then, now *ReceiptOutages) {
	v.atLeast("outages.count", then.Count, now.Count, "outages were deleted")
	if now.Count > then.Count {
		v.note("%d outages of the period were written since", now.Count-then.Count)
	}
	is := map[string]ReceiptOutage{}
	for _, o := range now.Outages {
		is[o.ID] = o
	}
	for _, was := range then.Outages {
		o, found := is[was.ID]
		switch {
		case !found && now.Count > int64(len(now.Outages)):
		case !found:
			v.differs("outages."+was.ID, was.BeganAt, "absent", "an outage was deleted")
		case o.BeganAt != was.BeganAt:
			v.differs("outages."+was.ID, was.BeganAt, o.BeganAt, "an outage began at another time")
		}
	}
}

func (v *Verification) atLeast(figure string, then, now int64, meaning string) {
	if now < then {
		v.count(figure, then, now, meaning)
	}
}

func (v *Verification) count(figure string, then, now int64, meaning string) {
	v.differs(figure, strconv.FormatInt(then, 10), strconv.FormatInt(now, 10), meaning)
}
