package postgres

import (
	"context"
	"fmt"

	"recibo/store"
)

// paymentTypes are those of the columns of payments, in the order of
// paymentColumns.
var paymentTypes = []uint32{typeText, typeNumeric, typeText, typeText, typeText, typeTime, typeText,
	typeText, typeJSON, typeBytes, typeText, typeText, typeText, typeTime}

const paymentColumns = `transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
	source, extra, fingerprint, queue, position, entry_id, recorded_at`

var (
	recordStatement = newStatement("record", `INSERT INTO payments (`+paymentColumns+`)
		SELECT * FROM unnest($1::text[], $2::numeric[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
			$8::text[], $9::json[], $10::bytea[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
		ON CONFLICT (transaction_id) DO NOTHING`)

	// Of rows that this transaction wrote only those count that it wrote before.
	standingStatement = newStatement("standing", `SELECT `+paymentColumns+` FROM payments
		WHERE transaction_id = ANY ($1::text[])
			AND (xmin <> pg_current_xact_id()::xid OR transaction_id = ANY ($2::text[]))`)
)

// Record inserts and counts: as long as every row is written there is nothing
// to ask. Only where some were not, those that stood before are looked up.
func (t *tx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, len(ps))
	if len(ps) == 0 {
		return outcomes, nil
	}
	r := request{op: fmt.Sprintf("record %d payments", len(ps)), at: inRecord, statement: recordStatement}
	scratch := t.scratch
	r.params = t.paymentParams(ps)
	before := t.recorded
	t.offers = true
	for i := range ps {
		outcomes[i].Kind = store.Recorded
		t.recorded = append(t.recorded, ps[i].TransactionID)
	}
	written, err := t.exec(ctx, r)
	t.scratch = scratch // sent: the columns are free again
	if err != nil || written == int64(len(ps)) {
		return outcomes, err
	}
	stood, err := t.standing(ctx, ps, before)
	if err != nil {
		return nil, err
	}
	if missing := int64(len(ps)-len(stood)) - written; missing != 0 {
		err := fmt.Errorf("%d of %d payments were left out by a rule of the database", missing, len(ps))
		t.failed = &store.Error{Class: store.ClassOutage, Op: r.op, Err: err}
		return nil, t.failed
	}
	for i := range ps {
		if stands, ok := stood[ps[i].TransactionID]; ok {
			outcomes[i] = store.Judge(stands, &ps[i])
		}
	}
	return outcomes, nil
}

// standing returns those of the payments that stood before this call.
func (t *tx) standing(ctx context.Context, ps []store.Payment, before []string) (map[string]*store.Payment, error) {
	ids := make([]string, len(ps))
	for i := range ps {
		ids[i] = ps[i].TransactionID
	}
	found, err := query(ctx, t, request{op: fmt.Sprintf("look %d payments up", len(ps)), statement: standingStatement,
		params: [][]byte{textArray(ids), textArray(before)}}, scanPayment)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*store.Payment, len(found))
	for i := range found {
		byID[found[i].TransactionID] = &found[i]
	}
	return byID, nil
}

func (t *tx) paymentParams(ps []store.Payment) [][]byte {
	columns := t.arrays(paymentTypes)
	for i := range ps {
		appendPayment(columns, &ps[i])
	}
	return values(columns)
}

func appendPayment(columns []*array, p *store.Payment) {
	decimals, _ := p.Amount.Currency.Decimals()
	columns[0].text(p.TransactionID)
	columns[1].numeric(p.Amount.Minor, decimals)
	columns[2].text(string(p.Amount.Currency))
	columns[3].text(p.PayerAccount)
	columns[4].text(p.PayeeAccount)
	columns[5].time(p.OccurredAt)
	columns[6].text(p.Method)
	columns[7].textOrNull(p.Source)
	columns[8].bytesOrNull(p.Extra)
	columns[9].bytes(p.Fingerprint[:])
	columns[10].text(p.Queue)
	columns[11].text(p.Position)
	columns[12].textOrNull(p.EntryID)
	columns[13].time(p.RecordedAt)
}
