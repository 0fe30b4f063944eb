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

var causeCases = []Case{
	{"causes group by reason, field and code", on(checkCauses)},
	{"causes are filtered as entries are", on(checkCausesFiltered)},
	{"causes sum beyond 64 bits", on(checkCausesBig)},
}

func causes(t testing.TB, s store.Store, q store.EntryQuery) []store.Cause {
	t.Helper()
	cs, err := s.Reader().Causes(t.Context(), q)
	if err != nil {
		t.Fatalf("causes: %v", err)
	}
	return cs
}

// causeEntries make three causes: comma of amount four times, malformed twice,
// empty payer once.
func causeEntries(t testing.TB, s store.Store) (comma, malformed []string) {
	t.Helper()
	var es []quarantine.Entry
	for i := range 4 {
		e := newEntry(quarantine.Invalid, fmt.Sprintf("comma %d", i), at(time.Duration(i)*time.Minute))
		e.FieldErrors = append(e.FieldErrors, quarantine.FieldError{Field: "method", Code: fmt.Sprintf("other_%d", i)})
		if i > 0 {
			e.Amount = &payment.Money{Minor: int64(i * 100), Currency: []payment.Currency{"", "BRL", "BRL", "JPY"}[i]}
		}
		e.Seen, e.LastSeenAt = int64(i+1), e.FirstSeenAt.Add(time.Hour)
		es, comma = append(es, e), append(comma, e.ID)
	}
	for i := range 2 {
		e := newEntry(quarantine.Malformed, fmt.Sprintf("malformed %d", i), start)
		e.FieldErrors = nil
		es, malformed = append(es, e), append(malformed, e.ID)
	}
	payer := newEntry(quarantine.Invalid, "payer", start)
	payer.FieldErrors = []quarantine.FieldError{{Field: "payer_account", Code: "empty"}}
	hold(t, s, append(es, payer)...)
	return comma, malformed
}

func checkCauses(t testing.TB, s store.Store) {
	comma, malformed := causeEntries(t, s)
	got := causes(t, s, store.EntryQuery{})
	if len(got) != 3 {
		t.Fatalf("%d causes, want 3: %+v", len(got), got)
	}
	if !slices.Contains(comma, got[0].ExampleID) || !slices.Contains(malformed, got[1].ExampleID) {
		t.Errorf("examples %s and %s are of other causes", got[0].ExampleID, got[1].ExampleID)
	}
	for i := range got {
		got[i].ExampleID = ""
	}
	same(t, "causes, most entries first", []store.Cause{
		{Reason: quarantine.Invalid, Field: "amount", Code: "comma", Entries: 4, Seen: 1 + 2 + 3 + 4, Unreadable: 1,
			Amount: map[payment.Currency]payment.Total{"BRL": sum(300), "JPY": sum(300)},
			Oldest: start, Newest: at(3*time.Minute + time.Hour)},
		{Reason: quarantine.Malformed, Entries: 2, Seen: 2, Unreadable: 2, Oldest: start, Newest: start},
		{Reason: quarantine.Invalid, Field: "payer_account", Code: "empty", Entries: 1, Seen: 1, Unreadable: 1, Oldest: start, Newest: start},
	}, got)
}

func checkCausesFiltered(t testing.TB, s store.Store) {
	comma, malformed := causeEntries(t, s)
	bring(t, s, comma[0], quarantine.Discarded)
	for name, c := range map[string]struct {
		q       store.EntryQuery
		entries []int64
	}{
		"state":  {store.EntryQuery{States: []quarantine.State{quarantine.Held}}, []int64{3, 2, 1}},
		"reason": {store.EntryQuery{Reasons: []quarantine.Reason{quarantine.Malformed}}, []int64{2}},
		"field":  {store.EntryQuery{Field: "method"}, []int64{4}},
		"ids":    {store.EntryQuery{IDs: []string{comma[1], malformed[0], malformed[1]}}, []int64{2, 1}},
		"since":  {store.EntryQuery{Since: at(time.Hour + 2*time.Minute)}, []int64{2}},
		"before": {store.EntryQuery{SeenBefore: at(2 * time.Minute)}, []int64{2, 2, 1}},
		"none":   {store.EntryQuery{Reasons: []quarantine.Reason{quarantine.Rejected}}, nil},
	} {
		var entries []int64
		for _, cause := range causes(t, s, c.q) {
			entries = append(entries, cause.Entries)
		}
		if !slices.Equal(entries, c.entries) {
			t.Errorf("%s: causes of %v entries, want %v", name, entries, c.entries)
		}
	}
}

func checkCausesBig(t testing.TB, s store.Store) {
	const most = 9_999_999_999_999_999
	var es []quarantine.Entry
	var want payment.Total
	for i := range 1000 {
		e := newEntry(quarantine.Conflict, fmt.Sprintf("body %d", i), start)
		e.Amount = &payment.Money{Minor: most, Currency: "CLF"}
		es, want = append(es, e), want.Add(*e.Amount)
	}
	hold(t, s, es...)
	got := causes(t, s, store.EntryQuery{})
	if len(got) != 1 || got[0].Entries != 1000 || got[0].Amount["CLF"] != want {
		t.Errorf("causes %+v; want one of 1000 entries and %s", got, want.Decimal("CLF"))
	}
}
