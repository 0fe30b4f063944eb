package sqlite

import (
	"database/sql"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// paymentRow is what scanPayment reads.
const paymentRow = `transaction_id, amount_minor, currency, payer_account, payee_account, occurred_at, method,
	source, extra, fingerprint, queue, position, entry_id, recorded_at`

func scanPayment(rows *sql.Rows) (store.Payment, error) {
	var p store.Payment
	var extra text
	err := rows.Scan(&p.TransactionID, &p.Amount.Minor, &p.Amount.Currency, &p.PayerAccount, &p.PayeeAccount,
		moment{&p.OccurredAt}, &p.Method, (*text)(&p.Source), &extra, hash{(*[32]byte)(&p.Fingerprint)},
		&p.Queue, &p.Position, (*text)(&p.EntryID), moment{&p.RecordedAt})
	if extra != "" {
		p.Extra = []byte(extra)
	}
	return p, err
}

// entryRow and the body, or none, is what scanEntry reads.
const (
	entryRow = `id, reason, detail, field_errors, headers, queue, position, transaction_id, amount_minor, currency,
	seen, first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, redrive_id, mended_body, `
	withBody    = "body"
	withoutBody = "NULL"
)

func scanEntry(rows *sql.Rows) (quarantine.Entry, error) {
	var e quarantine.Entry
	var minor sql.NullInt64
	var currency text
	err := rows.Scan(&e.ID, &e.Reason, &e.Detail, object{&e.FieldErrors}, object{&e.Headers}, &e.Queue, &e.Position,
		(*text)(&e.TransactionID), &minor, &currency, &e.Seen, moment{&e.FirstSeenAt}, moment{&e.LastSeenAt},
		&e.State, &e.Attempt, &e.Truncated, &e.BodySize, hash{&e.BodySHA256}, (*text)(&e.RedriveID), blob{&e.MendedBody}, blob{&e.Body})
	if minor.Valid {
		e.Amount = &payment.Money{Minor: minor.Int64, Currency: payment.Currency(currency)}
	}
	return e, err
}

const outageRow = "id, recorder, component, target, began_at, seen_at, ended_at, attempts, last_error, closed_by"

func scanOutage(rows *sql.Rows) (store.Outage, error) {
	var o store.Outage
	err := rows.Scan(&o.ID, &o.Recorder, &o.Component, &o.Target, moment{&o.BeganAt}, moment{&o.SeenAt},
		moment{&o.EndedAt}, &o.Attempts, &o.LastError, (*text)(&o.ClosedBy))
	return o, err
}

const historyRow = "entry_id, from_state, to_state, attempt, reason, actor, note, at, mended_sha256"

func scanHistory(rows *sql.Rows) (quarantine.HistoryLine, error) {
	var l quarantine.HistoryLine
	var mended []byte
	err := rows.Scan(&l.EntryID, (*text)(&l.From), &l.To, &l.Attempt, &l.Reason, &l.Actor, (*text)(&l.Note), moment{&l.At}, &mended)
	if mended != nil && err == nil {
		l.MendedSHA256 = new([32]byte)
		err = hash{l.MendedSHA256}.Scan(mended)
	}
	return l, err
}
