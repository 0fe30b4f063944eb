package wire_test

import (
	"errors"
	"fmt"

	"recibo/wire"
)

func ExampleDecode() {
	body := []byte(`{"transaction_id":"42","valor":150.75,"conta_pagador":"C1","conta_beneficiario":"P1",
		"data_hora":"2026-11-23T14:15:03-03:00","parcela":3}`)
	e, err := wire.Decode(body, wire.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.TransactionID, e.Amount, e.Method, string(e.Extra))
	fmt.Println(string(wire.Encode(&e)))
	// Output:
	// 42 150.75 BRL other {"parcela":3}
	// {"transaction_id":"42","amount":"150.75","currency":"BRL","payer_account":"C1","payee_account":"P1","occurred_at":"2026-11-23T17:15:03.000Z","method":"other","parcela":3}
}

func ExampleError() {
	body := []byte(`{"transaction_id":"42","valor":"150,75","conta_pagador":"C1","conta_beneficiario":"P1"}`)
	_, err := wire.Decode(body, wire.Options{})
	if refusal, ok := errors.AsType[*wire.Error](err); ok {
		fmt.Println(refusal)
		for _, f := range refusal.Faults {
			fmt.Printf("%s (%s): %s\n", f.Field, f.Code, f.Hint)
		}
	}
	// Output:
	// invalid: 2 fields are invalid: amount, occurred_at
	// amount (comma): use a point: 150.75
	// occurred_at (missing): add the field: an event is nothing without it
}
