package payment_test

import (
	"strings"
	"testing"

	"recibo/payment"
)

func TestCurrencyDecimals(t *testing.T) {
	for decimals, codes := range []string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "ARS AUD BOB BRL CAD CHF CNY COP EUR GBP HUF IDR INR MXN MXV PEN SLE TWD USD UYU VES XCG ZWG",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for _, code := range strings.Fields(codes) {
			if got, known := payment.Currency(code).Decimals(); !known || got != decimals {
				t.Errorf("%s: %d decimals, known %t, want %d", code, got, known, decimals)
			}
		}
	}
}

func TestUnknownCurrencies(t *testing.T) {
	for _, c := range []payment.Currency{
		"", "B", "BR", "BRLL", "brl", "Brl", " BRL", "BRL ", "R$", "986", "BTC", "DEM", "ZZZ",
		"XAU", "XAG", "XPT", "XPD", "XDR", "XSU", "XUA", "XBA", "XTS", "XXX", // without a minor unit
		"L D", " AE", "D A", // pieces of a list of codes
	} {
		if _, known := c.Decimals(); known {
			t.Errorf("%q is known", c)
		}
	}
}

// TestEveryCurrencyIsThreeCapitals counts, so that a slip in the list shows. The
// list was compared with java.util.Currency of Java 17: the decimals agree, and
// what only Java has is withdrawn or has no minor unit.
func TestEveryCurrencyIsThreeCapitals(t *testing.T) {
	known := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				if _, ok := payment.Currency([]rune{a, b, c}).Decimals(); ok {
					known++
				}
			}
		}
	}
	const codes = 167
	if known != codes {
		t.Errorf("%d currencies, want %d", known, codes)
	}
}
