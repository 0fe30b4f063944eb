package payment_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
)

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency payment.Currency
		minor    int64
		decimal  string
	}{
		{"150.75", "BRL", 15075, "150.75"},
		{"150.7", "BRL", 15070, "150.70"},
		{"150", "BRL", 15000, "150.00"},
		{"0.01", "BRL", 1, "0.01"},
		{"0.1", "BRL", 10, "0.10"},
		{"999999999999.99", "BRL", 99999999999999, "999999999999.99"},
		{"900719925474.99", "BRL", 90071992547499, "900719925474.99"},
		{"1", "JPY", 1, "1"},
		{"999999999999", "JPY", 999999999999, "999999999999"},
		{"0.001", "KWD", 1, "0.001"},
		{"12.34", "KWD", 12340, "12.340"},
		{"0.0001", "CLF", 1, "0.0001"},
		{"999999999999.9999", "CLF", 9999999999999999, "999999999999.9999"},
	} {
		t.Run(c.text+" "+string(c.currency), func(t *testing.T) {
			got, fault := payment.ParseMoney(c.text, c.currency)
			if fault != nil {
				t.Fatalf("%+v", fault)
			}
			if diff := cmp.Diff(payment.Money{Minor: c.minor, Currency: c.currency}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Decimal() != c.decimal || got.String() != c.decimal+" "+string(c.currency) {
				t.Errorf("shown as %s and %s", got.Decimal(), got)
			}
		})
	}
}

// badAmounts are the texts that are no amount of BRL.
var badAmounts = map[payment.Code][]string{
	payment.CodeEmpty:           {""},
	payment.CodeSpaces:          {" 1", "1 ", "1 500", "1\t", "1\n", "\r", " ", "- 5", "1\u00a0500", "1\u202f500", "1\u2009500", "1 500,75"},
	payment.CodeSign:            {"-1", "+1", "-0", "-150,75", "+1e3", "--1", "-"},
	payment.CodeComma:           {"150,75", "1.500,75", "1,500.75", ",", ",5", "1e3,5"},
	payment.CodeExponent:        {"1e3", "1E3", "1.5e3", "1.5E+3", "1e-3", "0e0", "1e1000000000", "1e" + strings.Repeat("9", 1000)},
	payment.CodeNotANumber:      {".", ".5", "5.", "1.2.3", "1..2", "R$ 150.75", "R$150,75", "150.75 BRL", "ten", "NaN", "Inf", "Infinity", "0x10", "0b1", "1_000", "1'000", "１", "١٢", "½", "1e", "e3", "1e3.5", "1e3e3", "1-2", "\x00", "\xff", "null"},
	payment.CodeLeadingZero:     {"00", "01", "0150.75", "00.5", "0000000000001", "00.001"},
	payment.CodeOutOfRange:      {"1000000000000", "1000000000000.00", "9999999999999", "18446744073709551616", strings.Repeat("9", 5000)},
	payment.CodeTooManyDecimals: {"1.234", "1.000", "0.0000", "1.00000", "0.000000001", "1." + strings.Repeat("0", 5000)},
	payment.CodeZero:            {"0", "0.0", "0.00"},
}

func TestParseMoneyRefuses(t *testing.T) {
	for code, texts := range badAmounts {
		for _, text := range texts {
			got, fault := payment.ParseMoney(text, "BRL")
			if fault == nil {
				t.Errorf("%.40q: accepted as %s, want %s", text, got, code)
				continue
			}
			want := &payment.Fault{Field: "amount", Code: code, Value: text, Hint: fault.Hint}
			if diff := cmp.Diff(want, fault); diff != "" || fault.Hint == "" || got != (payment.Money{}) {
				t.Errorf("%.40q: money %+v, -want +got:\n%s", text, got, diff)
			}
		}
	}
}

func TestParseMoneyMindsTheCurrency(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency payment.Currency
		code     payment.Code
		hint     string
	}{
		{"1.0", "JPY", payment.CodeTooManyDecimals, "JPY has 0 decimals"},
		{"1.234", "BRL", payment.CodeTooManyDecimals, "BRL has 2 decimals"},
		{"1.2345", "KWD", payment.CodeTooManyDecimals, "KWD has 3 decimals"},
		{"1.23456", "CLF", payment.CodeTooManyDecimals, "no currency has more than 4 decimals"},
		{"0", "JPY", payment.CodeZero, "an executed payment moves more than zero"},
		{"0.0000", "CLF", payment.CodeZero, "an executed payment moves more than zero"},
		{"1,5", "XAU", payment.CodeComma, "use a point: 150.75"},
	} {
		_, fault := payment.ParseMoney(c.text, c.currency)
		want := &payment.Fault{Field: "amount", Code: c.code, Value: c.text, Hint: c.hint}
		if diff := cmp.Diff(want, fault); diff != "" {
			t.Errorf("%s %s: -want +got:\n%s", c.text, c.currency, diff)
		}
	}
	if got, fault := payment.ParseMoney("1.2345", "XAU"); fault != nil || got != (payment.Money{}) {
		t.Errorf("an unknown currency leaves only the notation to judge: %v, %+v", got, fault)
	}
}

func TestDecimalOfAnyMinor(t *testing.T) {
	for _, c := range []struct {
		money payment.Money
		want  string
	}{
		{payment.Money{Minor: 0, Currency: "BRL"}, "0.00"},
		{payment.Money{Minor: -1, Currency: "BRL"}, "-0.01"},
		{payment.Money{Minor: -15075, Currency: "CLF"}, "-1.5075"},
		{payment.Money{Minor: 7}, "7"},
		{payment.Money{Minor: math.MaxInt64, Currency: "JPY"}, "9223372036854775807"},
		{payment.Money{Minor: math.MinInt64, Currency: "BRL"}, "-92233720368547758.08"},
	} {
		if got := c.money.Decimal(); got != c.want {
			t.Errorf("%+v is %s, want %s", c.money, got, c.want)
		}
	}
}

func TestParseMoneyReadsWhatDecimalWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := amounts.Draw(t, "amount")
		got, fault := payment.ParseMoney(m.Decimal(), m.Currency)
		if fault != nil || got != m {
			t.Errorf("%s comes back as %s, %+v", m, got, fault)
		}
	})
}
