package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/wire"
)

func TestLocate(t *testing.T) {
	body := `{"transaction_id":"A-1", "valor" : 1,"x":{"amount":"2"},"moeda":null,"conta_pagador":["P"],"origem":"a\u00e9"}`
	got := map[string]string{}
	for field, s := range wire.Locate([]byte(body)) {
		got[field] = body[s.Start:s.End]
	}
	want := map[string]string{"transaction_id": "A-1", "amount": "1", "currency": "null", "payer_account": `["P"]`, "source": `a\u00e9`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := wire.Locate([]byte(body + "x")); got != nil {
		t.Errorf("malformed: %v", got)
	}
}
