package e2e_test

import "testing"

// TestTamperingIsFound: what somebody does to the table by hand, reconciliation
// names: a deleted row, a changed amount, an injected row.
func TestTamperingIsFound(t *testing.T) {
	p := newPlace(t)
	p.run(0, nil, "simulate", "--count", "3000", "--seed", "9")
	p.run(0, nil, "record", "--until-idle", "1s")
	db := p.open()
	for _, harm := range []string{
		"DELETE FROM payments WHERE transaction_id = (SELECT min(transaction_id) FROM payments)",
		"UPDATE payments SET amount = '0.01' WHERE transaction_id = (SELECT max(transaction_id) FROM payments)",
		`INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, fingerprint,
			queue, position, recorded_at) SELECT 'injected', amount, currency, payer_account, payee_account, occurred_at, method,
			fingerprint, queue, position, recorded_at FROM payments LIMIT 1`,
	} {
		if _, err := db.Exec(harm); err != nil {
			t.Fatal(err)
		}
	}
	var r struct {
		reconciled
		Examples []struct{ Kind, ID string }
	}
	p.run(1, &r, "reconcile", "--seed", "9", "--count", "3000", "--output", "json")
	if r.Balanced || r.Differing != 1 || r.Unexpected != 1 || r.Missing != 1 {
		t.Errorf("reconcile says %+v, want one differing, one missing, one unexpected", r)
	}
	named := map[string]bool{}
	for _, e := range r.Examples {
		named[e.Kind+" "+e.ID] = true
	}
	if !named["unexpected injected"] || len(r.Examples) != 3 {
		t.Errorf("examples %+v, want each difference by its id", r.Examples)
	}
}
