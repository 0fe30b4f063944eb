package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var tallyCases = []Case{
	{"totals are what was tallied", on(checkTotals)},
	{"tallies of one key add up", on(checkTallyAdds)},
	{"every part of a tally's key counts", on(checkTallyKeys)},
	{"sums beyond 64 bits are exact", on(checkTallyBig)},
	{"totals count entries by their state now", on(checkStates)},
}

func line(writer string, fate store.Fate, reason quarantine.Reason, c payment.Currency, method string, count int64, amount payment.Total) store.TallyLine {
	return store.TallyLine{Count: count, Amount: amount, TallyKey: store.TallyKey{
		Writer: writer, Hour: start.Truncate(time.Hour), Fate: fate, Reason: reason, Currency: c, Method: method}}
}

func recordedLine(writer string, count, minor int64) store.TallyLine {
	return line(writer, store.FateRecorded, "", "BRL", "pix", count, sum(minor))
}

func sum(minors ...int64) payment.Total {
	var t payment.Total
	for _, m := range minors {
		t = t.Add(payment.Money{Minor: m})
	}
	return t
}

func sortLines(ls []store.TallyLine) []store.TallyLine {
	slices.SortFunc(ls, func(a, b store.TallyLine) int { return a.Compare(b.TallyKey) })
	return ls
}

func checkTotals(t testing.TB, s store.Store) {
	tally(t, s, sortLines([]store.TallyLine{
		recordedLine("w1", 3, 45225),
		line("w1", store.FateRecorded, "", "JPY", "card", 2, sum(999)),
		line("w1", store.FateRecorded, "", "CLF", "ted", 1, sum(1)),
		line("w1", store.FateDuplicate, "", "BRL", "pix", 5, sum(7)),
		line("w1", store.FateControl, "", "", "", 9, payment.Total{}),
		line("w1", store.FateQuarantined, quarantine.Malformed, "", "", 4, payment.Total{}),
		line("w1", store.FateQuarantined, quarantine.Conflict, "BRL", "pix", 6, sum(8)),
	})...)
	same(t, "totals", store.Totals{
		Recorded:    6,
		Amount:      map[payment.Currency]payment.Total{"BRL": sum(45225), "JPY": sum(999), "CLF": sum(1)},
		Duplicates:  5,
		Controls:    9,
		Quarantined: map[quarantine.Reason]int64{quarantine.Malformed: 4, quarantine.Conflict: 6},
	}, totals(t, s))
}

func checkTallyAdds(t testing.TB, s store.Store) {
	for i := range int64(20) {
		tally(t, s, recordedLine("w1", i, i*1001), line("w1", store.FateRecorded, "", "BRL", "ted", 1, sum(5)))
	}
	got := totals(t, s)
	if got.Recorded != 190+20 || got.Amount["BRL"].Decimal("BRL") != "1902.90" {
		t.Errorf("%d recorded, %s; want 210, 1902.90", got.Recorded, got.Amount["BRL"].Decimal("BRL"))
	}
}

func checkTallyKeys(t testing.TB, s store.Store) {
	base := recordedLine("w1", 1, 100)
	lines := []store.TallyLine{base}
	vary := func(change func(*store.TallyLine)) {
		l := base
		change(&l)
		lines = append(lines, l)
	}
	vary(func(l *store.TallyLine) { l.Writer = "W1" })
	vary(func(l *store.TallyLine) { l.Hour = l.Hour.Add(time.Hour) })
	vary(func(l *store.TallyLine) { l.Currency = "USD" })
	vary(func(l *store.TallyLine) { l.Method = "ted" })
	vary(func(l *store.TallyLine) { l.Fate = store.FateDuplicate })
	vary(func(l *store.TallyLine) { l.Fate = store.FateControl })
	for _, reason := range quarantine.Reasons {
		vary(func(l *store.TallyLine) { l.Fate, l.Reason = store.FateQuarantined, reason })
	}
	tally(t, s, sortLines(lines)...)
	tally(t, s, lines...)
	got := totals(t, s)
	if got.Recorded != 10 || got.Duplicates != 2 || got.Controls != 2 || got.Amount["BRL"] != sum(800) || got.Amount["USD"] != sum(200) {
		t.Errorf("totals %+v", got)
	}
	for _, reason := range quarantine.Reasons {
		if got.Quarantined[reason] != 2 {
			t.Errorf("%d quarantined as %s, want 2", got.Quarantined[reason], reason)
		}
	}
}

func checkTallyBig(t testing.TB, s store.Store) {
	const most = 9_999_999_999_999_999 // the greatest amount of four decimals
	var want payment.Total
	for i := range 5 {
		var part payment.Total
		for range 1000 {
			part = part.Add(payment.Money{Minor: most})
		}
		want = want.Plus(part)
		tally(t, s, line("w1", store.FateRecorded, "", "CLF", "ted", 1000, part),
			line(fmt.Sprintf("w2%d", i), store.FateRecorded, "", "CLF", "ted", 1000, part))
	}
	want = want.Plus(want)
	if got := totals(t, s).Amount["CLF"]; got != want {
		t.Errorf("%s, want %s", got.Decimal("CLF"), want.Decimal("CLF"))
	}
}

func checkStates(t testing.TB, s store.Store) {
	states := []quarantine.State{quarantine.Held, quarantine.Redriven, quarantine.Resolved, quarantine.Discarded, quarantine.Held, quarantine.Held}
	reasons := []quarantine.Reason{quarantine.Invalid, quarantine.Invalid, quarantine.Conflict, quarantine.Malformed, quarantine.Rejected, quarantine.Rejected}
	for i, state := range states {
		e := newEntry(reasons[i], fmt.Sprintf("body %d", i), start)
		hold(t, s, e)
		bring(t, s, e.ID, state)
	}
	got := totals(t, s)
	same(t, "states", map[quarantine.State]int64{quarantine.Held: 3, quarantine.Redriven: 1, quarantine.Resolved: 1, quarantine.Discarded: 1}, got.States)
	same(t, "held by", map[quarantine.Reason]int64{quarantine.Invalid: 1, quarantine.Rejected: 2}, got.HeldBy)
}
