package storetest

import (
	"testing"

	"recibo/payment"
	"recibo/store"
)

var amountCases = []Case{
	{"amounts are exact at their bounds", on(checkBounds)},
	{"times keep their milliseconds", on(checkMilliseconds)},
}

func checkBounds(t testing.TB, s store.Store) {
	bounds := []struct{ id, text, currency string }{
		{"least", "0.01", "BRL"}, {"most", "999999999999.99", "BRL"}, {"usual", "150.75", "BRL"}, {"round", "150.00", "USD"},
		{"yen least", "1", "JPY"}, {"yen most", "999999999999", "JPY"},
		{"dinar least", "0.001", "KWD"}, {"dinar most", "999999999999.999", "KWD"},
		{"unidad least", "0.0001", "CLF"}, {"unidad most", "999999999999.9999", "CLF"},
	}
	var ps []store.Payment
	want := map[string]string{}
	for _, b := range bounds {
		amount, fault := payment.ParseMoney(b.text, payment.Currency(b.currency))
		if fault != nil {
			t.Fatalf("%s: %s", b.text, fault.Code)
		}
		e := newPayment(b.id, 1).Event
		e.Amount = amount
		ps = append(ps, paymentOf(e))
		want[b.id] = b.text + " " + b.currency
	}
	record(t, s, ps...)
	for id, amount := range want {
		if got := readPayment(t, s, id).Amount.String(); got != amount {
			t.Errorf("%s: %s, want %s", id, got, amount)
		}
	}
	for _, p := range ps {
		q := store.PaymentQuery{Min: &p.Amount, Max: &p.Amount}
		page, err := s.Reader().Payments(t.Context(), q)
		if err != nil || len(page.Items) != 1 || page.Items[0].TransactionID != p.TransactionID {
			t.Errorf("payments of exactly %s: %d rows, error %v", p.Amount, len(page.Items), err)
		}
	}
}

func checkMilliseconds(t testing.TB, s store.Store) {
	for id, text := range map[string]string{
		"first": "2000-01-01T00:00:00.000Z", "last": "2099-12-31T23:59:59.999Z",
		"short": "2026-11-23T14:15:03.100Z", "one": "2026-11-23T14:15:03.001Z", "leap": "2028-02-29T00:00:00.999Z",
	} {
		when, _, fault := payment.ParseTime(text, nil)
		if fault != nil {
			t.Fatalf("%s: %s", text, fault.Code)
		}
		e := newPayment(id, 1).Event
		e.OccurredAt = when
		p := paymentOf(e)
		p.RecordedAt = when
		record(t, s, p)
		row := readPayment(t, s, id)
		for _, got := range []string{row.OccurredAt.Format(payment.TimeLayout), row.RecordedAt.Format(payment.TimeLayout)} {
			if got != text {
				t.Errorf("%s came back as %s", text, got)
			}
		}
	}
}
