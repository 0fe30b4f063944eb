package mysql

import (
	"context"
	"fmt"
	"slices"

	"recibo/store"
)

const paymentColumns = `transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
	source, extra, fingerprint, queue, position, entry_id, recorded_at`

// warySpan is for how many batches after one with a known payment the known
// ones are looked up first.
const warySpan = 8

// Record inserts, and lets the server say whether one of the ids is there
// already: it then takes the statement back as a whole, the known ones are looked
// up and the others inserted. While known ones keep coming they are looked up
// first. A plain INSERT, unlike one that ignores or updates duplicates, needs no
// right to change a payment, and does not take a unique index of somebody's for
// our key.
func (t *tx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, len(ps))
	if len(ps) == 0 {
		return outcomes, nil
	}
	op := fmt.Sprintf("record %d payments", len(ps))
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	for from := 0; from < len(ps); {
		insert, n := t.insertion(ps[from:], nil)
		part := recording{tx: t, op: op, payments: ps[from : from+n], outcomes: outcomes[from : from+n]}
		if err := part.run(ctx, insert); err != nil {
			return nil, err
		}
		from += n
	}
	return outcomes, nil
}

// flush sends what waits, but for BEGIN: a value that is refused there is none
// of a payment's.
func (t *tx) flush(ctx context.Context) error {
	if len(t.waiting) == 0 || t.waiting[len(t.waiting)-1].sql == beginStatement {
		return nil
	}
	last := t.waiting[len(t.waiting)-1]
	t.waiting = t.waiting[:len(t.waiting)-1]
	_, err := t.exec(ctx, last)
	return err
}

// recording is the payments of one statement.
type recording struct {
	*tx
	op       string
	payments []store.Payment
	outcomes []store.Outcome
	stood    map[string]*store.Payment
}

func (r *recording) run(ctx context.Context, insert string) error {
	if r.store.wary.Load() > 0 {
		r.store.wary.Add(-1)
		if err := r.lookUp(ctx); err != nil {
			return err
		}
		if len(r.stood) > 0 {
			insert, _ = r.insertion(r.payments, r.stood)
		}
	}
	if len(r.stood) < len(r.payments) {
		if err := r.insert(ctx, insert); err != nil {
			return err
		}
	}
	for i := range r.payments {
		r.outcomes[i].Kind = store.Recorded
		if stands, ok := r.stood[r.payments[i].TransactionID]; ok {
			r.outcomes[i] = store.Judge(stands, &r.payments[i])
		}
	}
	return nil
}

// insert inserts those that are not known to stand, as often as another writer
// turns out to have been ahead.
func (r *recording) insert(ctx context.Context, insert string) error {
	var err error
	for barren := 0; barren < 2; {
		_, err = r.exec(ctx, request{op: r.op, at: inRecord, sql: insert, mayStand: true})
		if err == nil || r.failed != nil {
			return err
		}
		before := len(r.stood)
		if err := r.lookUp(ctx); err != nil {
			return err
		}
		switch len(r.stood) {
		case len(r.payments):
			return nil
		case before:
			barren++
		}
		insert, _ = r.insertion(r.payments, r.stood)
	}
	// Not our key: a trigger writes to a table with one of the same name.
	r.failed = &store.Error{Class: store.ClassData, Op: r.op, Err: shorten(err)}
	return r.failed
}

// lookUp finds those of the payments that stand already, from this transaction
// or another.
func (r *recording) lookUp(ctx context.Context) error {
	ids := make([]string, len(r.payments))
	for i := range r.payments {
		ids[i] = r.payments[i].TransactionID
	}
	r.stood = map[string]*store.Payment{}
	for part := range slices.Chunk(ids, store.MaxPage) {
		var s statement
		s.sql("SELECT " + paymentColumns + " FROM payments WHERE transaction_id IN ")
		s.texts(part)
		found, err := query(ctx, r.tx, s.request(fmt.Sprintf("look %d payments up", len(part)), inGeneral), scanPayment)
		if err != nil {
			return err
		}
		for i := range found {
			r.stood[found[i].TransactionID] = &found[i]
		}
	}
	if len(r.stood) > 0 {
		r.store.wary.Store(warySpan)
	}
	return nil
}

// insertion builds the statement that inserts the first of the payments, as
// many as the server takes at once, without those that stand. It returns how
// many it is about: at least one.
func (t *tx) insertion(ps []store.Payment, stood map[string]*store.Payment) (insert string, n int) {
	s := statement(t.conn.buffer[:0])
	s.sql("INSERT INTO payments (" + paymentColumns + ") VALUES ")
	rows := 0
	for i := range ps {
		if stood[ps[i].TransactionID] != nil {
			continue
		}
		end := len(s)
		if rows > 0 {
			s.sql(",")
		}
		s.payment(&ps[i])
		if len(s)+len(beginStatement) >= t.limit() && rows > 0 {
			t.conn.buffer = s
			return string(s[:end]), i
		}
		rows++
	}
	t.conn.buffer = s
	return string(s), len(ps)
}

func (s *statement) payment(p *store.Payment) {
	s.sql("(")
	s.text(p.TransactionID)
	*s = append(*s, ",'"...)
	*s = p.Amount.AppendDecimal(*s)
	*s = append(*s, '\'')
	s.text(string(p.Amount.Currency))
	s.text(p.PayerAccount)
	s.text(p.PayeeAccount)
	s.time(p.OccurredAt)
	s.text(p.Method)
	s.textOrNull(p.Source)
	s.textOrNull(string(p.Extra))
	s.bytes(p.Fingerprint[:])
	s.text(p.Queue)
	s.text(p.Position)
	s.textOrNull(p.EntryID)
	s.time(p.RecordedAt)
	s.sql(")")
}
