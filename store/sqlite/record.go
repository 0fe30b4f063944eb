package sqlite

import (
	"context"
	"fmt"
	"strings"

	"recibo/store"
)

// rowsPerStatement is how many payments one INSERT writes: single rows take
// twice as long, more than fifty gain nothing.
const rowsPerStatement = 50

const (
	paymentColumns = `transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
		source, extra, fingerprint, queue, position, entry_id, recorded_at`
	paymentTuple = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

// insertPayments are the statements by their number of rows.
var insertPayments = func() (queries [rowsPerStatement + 1]string) {
	for n := 1; n <= rowsPerStatement; n++ {
		queries[n] = "INSERT INTO payments (" + paymentColumns + ") VALUES " + strings.Repeat(paymentTuple+", ", n-1) + paymentTuple +
			" ON CONFLICT (transaction_id) DO NOTHING"
	}
	return queries
}()

// Record inserts and counts: as long as every row is written there is nothing
// to ask. Only where some were not, those that stood before are looked up.
func (t *tx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, len(ps))
	if len(ps) == 0 {
		return outcomes, nil
	}
	op := fmt.Sprintf("record %d payments", len(ps))
	var last int64 // what is written now gets greater row ids
	if _, err := t.find(ctx, "SELECT coalesce(max(rowid), 0) FROM payments", nil, &last); err != nil {
		return nil, t.fail(op, err, inGeneral)
	}
	for from := 0; from < len(ps); from += rowsPerStatement {
		to := min(from+rowsPerStatement, len(ps))
		if err := t.insert(ctx, ps[from:to], outcomes[from:to], last); err != nil {
			return nil, t.fail(op, err, inRecord)
		}
	}
	return outcomes, nil
}

func (t *tx) insert(ctx context.Context, ps []store.Payment, outcomes []store.Outcome, last int64) error {
	t.args = t.args[:0]
	for i := range ps {
		t.args = appendPayment(t.args, &ps[i])
	}
	written, err := t.exec(ctx, insertPayments[len(ps)], t.args...)
	if err != nil {
		return err
	}
	for i := range outcomes {
		outcomes[i].Kind = store.Recorded
	}
	if written == int64(len(ps)) {
		return nil
	}
	stood, err := t.standing(ctx, ps, last)
	if err != nil {
		return err
	}
	if written+int64(len(stood)) != int64(len(ps)) {
		return fmt.Errorf("%d of %d payments were left out by a rule of the database", int64(len(ps)-len(stood))-written, len(ps))
	}
	for i := range ps {
		if stands, ok := stood[ps[i].TransactionID]; ok {
			outcomes[i] = store.Judge(stands, &ps[i])
		}
	}
	return nil
}

// standing returns those of the payments that are in rows up to last.
func (t *tx) standing(ctx context.Context, ps []store.Payment, last int64) (map[string]*store.Payment, error) {
	ids := make([]string, len(ps))
	for i := range ps {
		ids[i] = ps[i].TransactionID
	}
	st, err := t.conn.prepared(ctx, "SELECT "+paymentRow+
		" FROM payments WHERE transaction_id IN (SELECT value FROM json_each(?)) AND rowid <= ?")
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx, jsonText(ids), last)
	if err != nil {
		return nil, err
	}
	found, err := collect(rows, scanPayment)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*store.Payment, len(found))
	for i := range found {
		byID[found[i].TransactionID] = &found[i]
	}
	return byID, nil
}

func appendPayment(args []any, p *store.Payment) []any {
	return append(args,
		p.TransactionID, p.Amount.Decimal(), string(p.Amount.Currency), p.PayerAccount, p.PayeeAccount,
		timeText(p.OccurredAt), p.Method, textOrNull(p.Source), textOrNull(string(p.Extra)), p.Fingerprint[:],
		p.Queue, p.Position, textOrNull(p.EntryID), timeText(p.RecordedAt))
}
