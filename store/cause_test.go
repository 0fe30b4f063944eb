package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

func TestMergeCauses(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	total := func(minor int64) payment.Total { return payment.Total{}.Add(payment.Money{Minor: minor}) }
	cause := func(field string, entries int64, oldest, newest int, example string) store.Cause {
		return store.Cause{Reason: quarantine.Invalid, Field: field, Code: "comma", Entries: entries, Seen: 2 * entries,
			Oldest: day(oldest), Newest: day(newest), ExampleID: example}
	}
	got := store.MergeCauses([]store.CausePart{
		{Cause: cause("alone", 1, 1, 1, "a"), Currency: "BRL", Readable: 1, Total: total(5)},
		{Cause: cause("amount", 2, 5, 6, "c")},
		{Cause: cause("amount", 3, 4, 5, "b"), Currency: "BRL", Readable: 3, Total: total(7)},
		{Cause: cause("amount", 4, 7, 9, "d"), Currency: "JPY", Readable: 3, Total: total(9)},
	})
	many := cause("amount", 9, 4, 9, "b")
	many.Unreadable = 3
	many.Amount = map[payment.Currency]payment.Total{"BRL": total(7), "JPY": total(9)}
	one := cause("alone", 1, 1, 1, "a")
	one.Amount = map[payment.Currency]payment.Total{"BRL": total(5)}
	same := cmp.Comparer(func(a, b payment.Total) bool { return a == b })
	if diff := cmp.Diff([]store.Cause{many, one}, got, same); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
