package mysql

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// text is a destination for a column that may be NULL: absent is empty.
type text string

// Scan takes a value of the driver.
func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case []byte:
		*t = text(v)
	case string:
		*t = text(v)
	default:
		return fmt.Errorf("text was wanted, not %T", v)
	}
	return nil
}

// hash is a destination for a SHA-256.
type hash struct{ to *[32]byte }

// Scan takes a value of the driver.
func (h hash) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(h.to) {
		return errors.New("a column holds no hash")
	}
	copy(h.to[:], b)
	return nil
}

// hashOrNull is a destination for a SHA-256 that may be NULL.
type hashOrNull struct{ to **[32]byte }

// Scan takes a value of the driver.
func (h hashOrNull) Scan(v any) error {
	*h.to = nil
	if v == nil {
		return nil
	}
	*h.to = new([32]byte)
	return hash{*h.to}.Scan(v)
}

// object is a destination for JSON; NULL leaves it alone.
type object struct{ to any }

// Scan takes a value of the driver.
func (o object) Scan(v any) error {
	if v == nil {
		return nil
	}
	var t text
	if err := t.Scan(v); err != nil {
		return err
	}
	return json.Unmarshal([]byte(t), o.to)
}

// json writes a list or map of n things, which always marshals, or absence.
func (s *statement) json(v any, n int) {
	if n == 0 {
		s.null()
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	s.text(string(b))
}

// collect scans all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func scanInteger(rows *sql.Rows) (n int64, err error) {
	err = rows.Scan(&n)
	return n, err
}

// moneyOf reads an amount, which somebody may have changed by hand.
func moneyOf(amount string, c payment.Currency) (payment.Money, error) {
	m, fault := payment.ParseMoney(amount, c)
	if fault != nil {
		return m, fmt.Errorf("a column holds no amount in %s", c)
	}
	return m, nil
}

func scanPayment(rows *sql.Rows) (store.Payment, error) {
	var p store.Payment
	var amount, currency string
	err := rows.Scan(&p.TransactionID, &amount, &currency, &p.PayerAccount, &p.PayeeAccount,
		&p.OccurredAt, &p.Method, (*text)(&p.Source), &p.Extra, hash{(*[32]byte)(&p.Fingerprint)},
		&p.Queue, &p.Position, (*text)(&p.EntryID), &p.RecordedAt)
	if err != nil {
		return p, err
	}
	p.Amount, err = moneyOf(amount, payment.Currency(currency))
	return p, err
}

// entryRow and a body is what scanEntry reads, and all columns of an entry.
const (
	entryRow = `id, reason, detail, field_errors, headers, queue, position, transaction_id, amount, currency,
	seen, first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, mended_body, redrive_id`
	withBody    = ", body"
	withoutBody = ", NULL"
)

func scanEntry(rows *sql.Rows) (quarantine.Entry, error) {
	var e quarantine.Entry
	var amount, currency text
	err := rows.Scan(&e.ID, &e.Reason, &e.Detail, object{&e.FieldErrors}, object{&e.Headers}, &e.Queue, &e.Position,
		(*text)(&e.TransactionID), &amount, &currency, &e.Seen, &e.FirstSeenAt, &e.LastSeenAt,
		&e.State, &e.Attempt, &e.Truncated, &e.BodySize, hash{&e.BodySHA256},
		&e.MendedBody, (*text)(&e.RedriveID), &e.Body)
	if err != nil || amount == "" {
		return e, err
	}
	money, err := moneyOf(string(amount), payment.Currency(currency))
	e.Amount = &money
	return e, err
}

const outageRow = "id, recorder, component, target, began_at, seen_at, ended_at, attempts, last_error, closed_by"

func scanOutage(rows *sql.Rows) (store.Outage, error) {
	var o store.Outage
	var ended sql.Null[time.Time]
	err := rows.Scan(&o.ID, &o.Recorder, &o.Component, &o.Target, &o.BeganAt, &o.SeenAt, &ended,
		&o.Attempts, &o.LastError, (*text)(&o.ClosedBy))
	o.EndedAt = ended.V
	return o, err
}

const historyRow = "entry_id, from_state, to_state, attempt, reason, actor, note, at, mended_sha256"

func scanHistory(rows *sql.Rows) (quarantine.HistoryLine, error) {
	var l quarantine.HistoryLine
	err := rows.Scan(&l.EntryID, (*text)(&l.From), &l.To, &l.Attempt, &l.Reason, &l.Actor, (*text)(&l.Note), &l.At,
		hashOrNull{&l.MendedSHA256})
	return l, err
}
