package payment_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"recibo/payment"
)

func TestTotalDecimal(t *testing.T) {
	for _, c := range []struct {
		currency payment.Currency
		minors   []int64
		want     string
	}{
		{"BRL", nil, "0.00"},
		{"JPY", nil, "0"},
		{"BRL", []int64{1}, "0.01"},
		{"BRL", []int64{99, 1}, "1.00"},
		{"KWD", []int64{1, 1}, "0.002"},
		{"CLF", []int64{12345}, "1.2345"},
		{"JPY", []int64{7, 0, -5}, "7"},
		{"BRL", []int64{math.MaxInt64, math.MaxInt64, 1}, "184467440737095516.15"},
		{"BRL", []int64{math.MaxInt64, math.MaxInt64, 2}, "184467440737095516.16"},
	} {
		var total payment.Total
		for _, minor := range c.minors {
			total = total.Add(payment.Money{Minor: minor, Currency: c.currency})
		}
		if got := total.Decimal(c.currency); got != c.want {
			t.Errorf("%v of %s sum up to %s, want %s", c.minors, c.currency, got, c.want)
		}
	}
}

func TestTotalIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := currencies.Draw(t, "currency")
		minors := rapid.SliceOf(rapid.Int64Range(0, math.MaxInt64)).Draw(t, "minors")
		split := rapid.IntRange(0, len(minors)).Draw(t, "split")
		var left, right payment.Total
		want := new(big.Int)
		for i, minor := range minors {
			want.Add(want, big.NewInt(minor))
			if m := (payment.Money{Minor: minor, Currency: c}); i < split {
				left = left.Add(m)
			} else {
				right = right.Add(m)
			}
		}
		total := left.Plus(right)
		if got := strings.Replace(total.Decimal(c), ".", "", 1); strings.TrimLeft(got, "0") != strings.TrimLeft(want.String(), "0") {
			t.Errorf("got %s, want %s minor units", total.Decimal(c), want)
		}
		if back, err := payment.ParseTotal(total.Decimal(c), c); err != nil || back != total {
			t.Errorf("%s comes back as %s, %v", total.Decimal(c), back.Decimal(c), err)
		}
	})
}

func TestParseTotal(t *testing.T) {
	const most = "170141183460469231731687303715884105727" // 2^127 - 1
	for text, c := range map[string]payment.Currency{"0.00": "BRL", most: "JPY", most[:37] + "." + most[37:]: "BRL"} {
		if total, err := payment.ParseTotal(text, c); err != nil || total.Decimal(c) != text {
			t.Errorf("%s %s comes back as %s, %v", text, c, total.Decimal(c), err)
		}
	}
	for text, c := range map[string]payment.Currency{
		"": "BRL", "1": "BRL", "2.0": "BRL", "1.000": "BRL", "1.": "JPY", "1.0": "JPY", "-1.00": "BRL", "+1": "JPY", ".00": "BRL",
		" 1": "JPY", "1e3": "JPY", "a.00": "BRL", "0.aa": "BRL", "170141183460469231731687303715884105728": "JPY",
		strings.Repeat("9", 400): "JPY",
	} {
		if _, err := payment.ParseTotal(text, c); !errors.Is(err, payment.ErrBadTotal) {
			t.Errorf("%q of %s: %v, want ErrBadTotal", text, c, err)
		}
	}
}

func TestTotalMinusAndCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minors := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 0, 9).Draw(t, "minors")
		part := rapid.IntRange(0, len(minors)).Draw(t, "part")
		var of, rest, whole payment.Total
		for i, minor := range minors {
			m := payment.Money{Minor: minor, Currency: "BRL"}
			whole = whole.Add(m)
			if i < part {
				of = of.Add(m)
			} else {
				rest = rest.Add(m)
			}
		}
		if got := whole.Minus(of); got != rest {
			t.Errorf("%s less %s is %s, want %s", whole.Decimal("BRL"), of.Decimal("BRL"), got.Decimal("BRL"), rest.Decimal("BRL"))
		}
		want := 1
		if rest == (payment.Total{}) {
			want = 0
		}
		if got, back := whole.Compare(of), of.Compare(whole); got != want || back != -want {
			t.Errorf("%s compares with %s as %d, and back as %d", whole.Decimal("BRL"), of.Decimal("BRL"), got, back)
		}
	})
}
