package wire_test

import (
	"encoding/json"
	"testing"

	"recibo/payment"
	"recibo/wire"
)

// typical is an event as most sources send it.
const typical = `{"transaction_id":"E6070119020261123141503aB9xQ2Lk7","amount":"150.75","currency":"BRL",` +
	`"payer_account":"BR1800360305000010009795493C1","payee_account":"BR9700360305000010009795493P1",` +
	`"occurred_at":"2026-11-23T14:15:03.123-03:00","method":"pix","source":"mobile-app"}`

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"typical", typical},
		{"unknown fields", edit("end_to_end", `{"ispb":"60701190","tags":["a","b"]}`, "installments", `3`)},
		{"invalid", edit("amount", `"1,5"`)},
		{"malformed", typical + "}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			bytes := []byte(c.body)
			b.SetBytes(int64(len(bytes)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = wire.Read(bytes, wire.Options{})
			}
		})
	}
}

// BenchmarkDecodeLibrary is what the standard library takes for the same bytes,
// without duplicate keys, aliases, unknown fields and validation.
func BenchmarkDecodeLibrary(b *testing.B) {
	body := []byte(typical)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var m struct {
			TransactionID string `json:"transaction_id"`
			Amount        string `json:"amount"`
			Currency      string `json:"currency"`
			PayerAccount  string `json:"payer_account"`
			PayeeAccount  string `json:"payee_account"`
			OccurredAt    string `json:"occurred_at"`
			Method        string `json:"method"`
			Source        string `json:"source"`
		}
		if err := json.Unmarshal(body, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e := accepted(b, typical)
	buffer := wire.Encode(&e)
	b.ReportAllocs()
	for b.Loop() {
		buffer = wire.AppendEncode(buffer[:0], &e)
	}
}

func accepted(t testing.TB, body string) payment.Event {
	t.Helper()
	e, err := wire.Decode([]byte(body), wire.Options{})
	if err != nil {
		t.Fatalf("Decode(%.200q): %v", body, err)
	}
	return e
}
