package payment_test

import (
	"testing"

	"recibo/payment"
)

// TestParseControlAmountSaysWhatIsWrong: a text that is no number is not blamed
// for its size, and the largest sum is no text that is too long.
func TestParseControlAmountSaysWhatIsWrong(t *testing.T) {
	for text, code := range map[string]payment.Code{
		"":                                payment.CodeEmpty,
		"x.50":                            payment.CodeNotANumber,
		"1.5x":                            payment.CodeNotANumber,
		"1x":                              payment.CodeNotANumber,
		"1.":                              payment.CodeNotANumber,
		"+1.00":                           payment.CodeSign,
		"01.00":                           payment.CodeLeadingZero,
		"1.000":                           payment.CodeTooManyDecimals,
		"1.0":                             payment.CodeTooFewDecimals,
		"1":                               payment.CodeTooFewDecimals,
		"0.00":                            payment.CodeZero,
		"9999999999999999999999999999999": payment.CodeTooFewDecimals,
		"1701411834604692317316873037158841057.28":  payment.CodeOutOfRange,
		"10000000000000000000000000000000000000.00": payment.CodeOutOfRange,
		"1701411834604692317316873037158841057.27":  "",
	} {
		_, fault := payment.ParseControlAmount(text, "BRL")
		got := payment.Code("")
		if fault != nil {
			got = fault.Code
		}
		if got != code {
			t.Errorf("%q: %q, want %q", text, got, code)
		}
	}
}

// TestParseTimeWantsDigits: the bytes beside the digits are none, also where
// they would make a day that there is.
func TestParseTimeWantsDigits(t *testing.T) {
	for _, text := range []string{"2026-11-2:T14:15:03Z", "2026-11-23T1::15:03Z", "202/-11-23T14:15:03Z", "2026-11-23T14:15:0/Z", "2026-11-23T14:15:0xZ"} {
		if got, _, fault := payment.ParseTime(text, nil); fault == nil || fault.Code != payment.CodeNotRFC3339 {
			t.Errorf("%s: %v, %+v", text, got, fault)
		}
	}
}
