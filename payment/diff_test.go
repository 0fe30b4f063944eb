package payment_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
)

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name   string
		change change
		want   []payment.Difference
	}{
		{"nothing", func(*payment.Event) {}, nil},
		{"source and extra do not count", func(e *payment.Event) { e.Source, e.Extra = "web", []byte(`{"a":1}`) }, nil},
		{"the same moment elsewhere", func(e *payment.Event) { e.OccurredAt = e.OccurredAt.In(time.FixedZone("", -10800)) }, nil},
		{"id", id("e607"), []payment.Difference{{Field: "transaction_id", Recorded: "E607", Arrived: "e607"}}},
		{"amount", money(15076, "BRL"), []payment.Difference{{Field: "amount", Recorded: "150.75", Arrived: "150.76"}}},
		{"currency", money(15075, "USD"), []payment.Difference{{Field: "currency", Recorded: "BRL", Arrived: "USD"}}},
		{"currency with other decimals", money(15075, "JPY"), []payment.Difference{
			{Field: "amount", Recorded: "150.75", Arrived: "15075"}, {Field: "currency", Recorded: "BRL", Arrived: "JPY"}}},
		{"payer", payer("c1"), []payment.Difference{{Field: "payer_account", Recorded: "C1", Arrived: "c1"}}},
		{"payee", payee("P1 "), []payment.Difference{{Field: "payee_account", Recorded: "P1", Arrived: "P1 "}}},
		{"time", when(time.Date(2026, 11, 23, 17, 15, 3, 124e6, time.UTC)), []payment.Difference{
			{Field: "occurred_at", Recorded: "2026-11-23T17:15:03.123Z", Arrived: "2026-11-23T17:15:03.124Z"}}},
		{"method", method("ted"), []payment.Difference{{Field: "method", Recorded: "pix", Arrived: "ted"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			recorded, arrived := validEvent(), validEvent()
			c.change(&arrived)
			if diff := cmp.Diff(c.want, payment.Diff(&recorded, &arrived)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDiffAgreesWithFingerprint: a conflict always has a field to name, and a
// duplicate never has.
func TestDiffAgreesWithFingerprint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two := events.Draw(t, "one"), events.Draw(t, "two")
		mixed := one
		for field, take := range []func(){
			func() { mixed.TransactionID = two.TransactionID }, func() { mixed.Amount = two.Amount },
			func() { mixed.PayerAccount = two.PayerAccount }, func() { mixed.PayeeAccount = two.PayeeAccount },
			func() { mixed.OccurredAt = two.OccurredAt }, func() { mixed.Method = two.Method },
			func() { mixed.Source = two.Source },
			func() { mixed.PayerAccount, mixed.PayeeAccount = mixed.PayeeAccount, mixed.PayerAccount },
			func() { mixed.Amount.Currency = two.Amount.Currency },
		} {
			if rapid.IntRange(0, 3).Draw(t, "take") == field%4 {
				take()
			}
		}
		same := payment.FingerprintOf(&one) == payment.FingerprintOf(&mixed)
		if differences := payment.Diff(&one, &mixed); same != (differences == nil) {
			t.Errorf("same fingerprint %t, differences %+v", same, differences)
		}
	})
}
