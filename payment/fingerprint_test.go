package payment_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"recibo/payment"
)

type vector struct {
	Name          string
	TransactionID string `json:"transaction_id"`
	Amount        string
	Currency      payment.Currency
	PayerAccount  string `json:"payer_account"`
	PayeeAccount  string `json:"payee_account"`
	OccurredAt    string `json:"occurred_at"`
	Method        string
	Canonical     string
	SHA256        string `json:"sha256"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/fingerprint_v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Vectors
}

func (v *vector) event(t *testing.T) payment.Event {
	t.Helper()
	amount, fault := payment.ParseMoney(v.Amount, v.Currency)
	if fault != nil {
		t.Fatalf("amount: %+v", fault)
	}
	at, _, fault := payment.ParseTime(v.OccurredAt, nil)
	if fault != nil {
		t.Fatalf("occurred_at: %+v", fault)
	}
	return payment.Event{TransactionID: v.TransactionID, Amount: amount, PayerAccount: v.PayerAccount,
		PayeeAccount: v.PayeeAccount, OccurredAt: at, Method: v.Method}
}

// TestFingerprintVectors freezes version 1: databases hold these hashes.
func TestFingerprintVectors(t *testing.T) {
	seen := map[string]string{}
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			sum := sha256.Sum256([]byte(v.Canonical))
			if hex.EncodeToString(sum[:]) != v.SHA256 {
				t.Fatal("the file contradicts itself")
			}
			e := v.event(t)
			if fs := payment.Validate(&e); fs != nil {
				t.Errorf("not a valid event: %v", fs)
			}
			got := payment.FingerprintOf(&e)
			if hex.EncodeToString(got[:]) != v.SHA256 {
				t.Errorf("got %x, want the hash of %s", got, v.Canonical)
			}
			if other, ok := seen[v.SHA256]; ok {
				t.Errorf("same as %q", other)
			}
			seen[v.SHA256] = v.Name
		})
	}
	if len(seen) < 12 {
		t.Errorf("%d vectors, want 12 or more", len(seen))
	}
}

func TestFingerprintIsOfTheContentOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events.Draw(t, "event")
		same := e
		same.Source, same.Extra = "elsewhere", []byte(`{"a":1}`)
		same.OccurredAt = e.OccurredAt.In(time.FixedZone("", 3600*rapid.IntRange(-12, 14).Draw(t, "offset")))
		if payment.FingerprintOf(&e) != payment.FingerprintOf(&same) {
			t.Error("source, extra or offset changed the fingerprint")
		}
	})
}
