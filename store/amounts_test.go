package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/store"
)

func TestAmounts(t *testing.T) {
	texts := map[payment.Currency]string{"BRL": "451.25", "JPY": "170141183460469231731687303715884105727", "KWD": "0.001"}
	amounts, err := store.ParseAmounts(texts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts, store.AmountTexts(amounts)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "1", "1.5", "1.500", "-1.00", "1e2", "x"} {
		if amounts, err := store.ParseAmounts(map[payment.Currency]string{"BRL": text}); !errors.Is(err, payment.ErrBadTotal) {
			t.Errorf("%q is read as %v, error %v", text, amounts, err)
		}
	}
}
