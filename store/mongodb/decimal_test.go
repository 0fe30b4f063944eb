package mongodb_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"recibo/payment"
	"recibo/store/mongodb"
)

// Every amount is the decimal that its text says, with the decimals of its
// currency, and comes back.
func TestDecimalIsWhatItsTextSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := payment.Money{Minor: rapid.Int64Range(0, 1<<62).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]payment.Currency{"BRL", "JPY", "KWD", "CLF"}).Draw(t, "currency")}
		want, err := bson.ParseDecimal128(m.Decimal())
		if err != nil {
			t.Fatal(err)
		}
		got := mongodb.DecimalOf(m)
		if got != want || got.String() != m.Decimal() {
			t.Fatalf("%s is %s", m.Decimal(), got)
		}
		if back, err := mongodb.MoneyOf(got, m.Currency); err != nil || back != m {
			t.Fatalf("%s came back as %s (%v)", m, back, err)
		}
	})
}

// What somebody has written otherwise is read if it is the same amount, and
// refused if it is none of the currency.
func TestMoneyOfForeignDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"150.75": 15075, "150.750000": 15075, "1.5E+2": 15000, "15075E-2": 15075, "0": 0, "0E+6000": 0,
		"150.755": -1, "NaN": -1, "Infinity": -1, "1E+30": -1, "1E+6000": -1, "1E-6000": -1} {
		d, err := bson.ParseDecimal128(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		m, err := mongodb.MoneyOf(d, "BRL")
		if (err == nil) != (want >= 0) || err == nil && m.Minor != want {
			t.Errorf("%s is read as %d, error %v; want %d", text, m.Minor, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "150") {
			t.Errorf("a value shows: %v", err)
		}
	}
}
