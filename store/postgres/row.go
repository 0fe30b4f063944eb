package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// text is a destination for a column that may be NULL: absent is empty.
type text string

// ScanText takes a value of the driver.
func (t *text) ScanText(v pgtype.Text) error {
	*t = text(v.String)
	return nil
}

// hash is a destination for a SHA-256.
type hash struct{ to *[32]byte }

// hashOrNull is a destination for a SHA-256 that may be NULL.
type hashOrNull struct{ to **[32]byte }

// ScanBytes takes a value of the driver.
func (h hashOrNull) ScanBytes(b []byte) error {
	*h.to = nil
	if b == nil {
		return nil
	}
	*h.to = new([32]byte)
	return hash{*h.to}.ScanBytes(b)
}

var errNoHash = errors.New("a column holds no hash")

// ScanBytes takes a value of the driver.
func (h hash) ScanBytes(b []byte) error {
	if len(b) != len(h.to) {
		return errNoHash
	}
	copy(h.to[:], b)
	return nil
}

func scanInteger(row pgx.CollectableRow) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

func scanPayment(row pgx.CollectableRow) (store.Payment, error) {
	var p store.Payment
	var amount pgtype.Numeric
	var currency string
	err := row.Scan(&p.TransactionID, &amount, &currency, &p.PayerAccount, &p.PayeeAccount,
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
	withoutBody = ", NULL::bytea"
)

func scanEntry(row pgx.CollectableRow) (quarantine.Entry, error) {
	var e quarantine.Entry
	var amount pgtype.Numeric
	var currency text
	err := row.Scan(&e.ID, (*string)(&e.Reason), &e.Detail, &e.FieldErrors, &e.Headers, &e.Queue, &e.Position,
		(*text)(&e.TransactionID), &amount, &currency, &e.Seen, &e.FirstSeenAt, &e.LastSeenAt,
		(*string)(&e.State), &e.Attempt, &e.Truncated, &e.BodySize, hash{&e.BodySHA256},
		&e.MendedBody, (*text)(&e.RedriveID), &e.Body)
	if err != nil || !amount.Valid {
		return e, err
	}
	money, err := moneyOf(amount, payment.Currency(currency))
	e.Amount = &money
	return e, err
}

const outageRow = "id, recorder, component, target, began_at, seen_at, ended_at, attempts, last_error, closed_by"

func scanOutage(row pgx.CollectableRow) (store.Outage, error) {
	var o store.Outage
	var ended pgtype.Timestamptz
	err := row.Scan(&o.ID, &o.Recorder, (*string)(&o.Component), &o.Target, &o.BeganAt, &o.SeenAt, &ended,
		&o.Attempts, &o.LastError, (*text)(&o.ClosedBy))
	o.EndedAt = ended.Time
	return o, err
}

const historyRow = "entry_id, from_state, to_state, attempt, reason, actor, note, at, mended_sha256"

func scanHistory(row pgx.CollectableRow) (quarantine.HistoryLine, error) {
	var l quarantine.HistoryLine
	err := row.Scan(&l.EntryID, (*text)(&l.From), (*string)(&l.To), &l.Attempt, (*string)(&l.Reason), &l.Actor, (*text)(&l.Note), &l.At,
		hashOrNull{&l.MendedSHA256})
	return l, err
}
