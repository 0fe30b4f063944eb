package ledger_test

import (
	"bytes"
	"testing"

	"recibo/ledger"
)

// FuzzRead feeds arbitrary files: no panic, an error comes once and last, and
// every message that is read could have been written.
func FuzzRead(f *testing.F) {
	const h = `6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d`
	f.Add([]byte(`{"batch":2}` + "\n" +
		`{"message":"1:0","kind":"unique","transaction_id":"E","fingerprint":"` + h + `","body_sha256":"` + h + `"}` + "\n" +
		`{"message":"1:1","kind":"malformed","body_sha256":"` + h + `"}` + "\n" +
		`{"sent":["1:1","1:1"],"count":1}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ended := false
		for l, err := range ledger.Read(bytes.NewReader(text)) {
			if ended {
				t.Fatal("the sequence went on after an error")
			}
			if err != nil {
				ended = true
				continue
			}
			if l.MessageID == "" || l.Kind.Valid() != (l.TransactionID != "") {
				t.Fatalf("read %+v", l)
			}
		}
	})
}
