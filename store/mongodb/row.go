package mongodb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// paymentRow is a document of payments. The id stands twice: MongoDB's key has
// its own name, and whoever reads an export looks for transaction_id.
type paymentRow struct {
	ID            string          `bson:"_id"`
	TransactionID string          `bson:"transaction_id"`
	Amount        bson.Decimal128 `bson:"amount"`
	Currency      string          `bson:"currency"`
	PayerAccount  string          `bson:"payer_account"`
	PayeeAccount  string          `bson:"payee_account"`
	OccurredAt    time.Time       `bson:"occurred_at"`
	Method        string          `bson:"method"`
	Source        string          `bson:"source,omitempty"`
	Extra         string          `bson:"extra,omitempty"` // JSON as it came: as fields it would lose digits and names
	Fingerprint   []byte          `bson:"fingerprint"`
	Queue         string          `bson:"queue"`
	Position      string          `bson:"position"`
	EntryID       string          `bson:"entry_id,omitempty"`
	RecordedAt    time.Time       `bson:"recorded_at"`
}

func paymentRowOf(p *store.Payment) *paymentRow {
	return &paymentRow{
		ID: p.TransactionID, TransactionID: p.TransactionID, Amount: decimalOf(p.Amount), Currency: string(p.Amount.Currency),
		PayerAccount: p.PayerAccount, PayeeAccount: p.PayeeAccount, OccurredAt: p.OccurredAt, Method: p.Method,
		Source: p.Source, Extra: string(p.Extra), Fingerprint: p.Fingerprint[:],
		Queue: p.Queue, Position: p.Position, EntryID: p.EntryID, RecordedAt: p.RecordedAt,
	}
}

var errNoHash = errors.New("a field holds no hash")

func (r *paymentRow) payment() (store.Payment, error) {
	p := store.Payment{
		Event: payment.Event{TransactionID: r.ID, PayerAccount: r.PayerAccount, PayeeAccount: r.PayeeAccount,
			OccurredAt: r.OccurredAt, Method: r.Method, Source: r.Source},
		Queue: r.Queue, Position: r.Position, EntryID: r.EntryID, RecordedAt: r.RecordedAt,
	}
	if r.Extra != "" {
		p.Extra = []byte(r.Extra)
	}
	if copy(p.Fingerprint[:], r.Fingerprint) != len(p.Fingerprint) {
		return p, errNoHash
	}
	var err error
	p.Amount, err = moneyOf(r.Amount, payment.Currency(r.Currency))
	return p, err
}

// entryRow is a document of quarantine.
type entryRow struct {
	ID            string           `bson:"_id"`
	Reason        string           `bson:"reason"`
	Detail        string           `bson:"detail"`
	FieldErrors   []fieldError     `bson:"field_errors,omitempty"`
	Headers       []header         `bson:"headers,omitempty"`
	Queue         string           `bson:"queue"`
	Position      string           `bson:"position"`
	TransactionID string           `bson:"transaction_id,omitempty"`
	Amount        *bson.Decimal128 `bson:"amount,omitempty"`
	Currency      string           `bson:"currency,omitempty"`
	Seen          int64            `bson:"seen"`
	FirstSeenAt   time.Time        `bson:"first_seen_at"`
	LastSeenAt    time.Time        `bson:"last_seen_at"`
	State         string           `bson:"state"`
	Attempt       int64            `bson:"attempt"`
	Lines         int64            `bson:"history_lines"`
	Truncated     bool             `bson:"truncated"`
	BodySize      int64            `bson:"body_size"`
	BodySHA256    []byte           `bson:"body_sha256"`
	Body          []byte           `bson:"body"`
	MendedBody    *[]byte          `bson:"mended_body,omitempty"` // an empty one is one
	RedriveID     string           `bson:"redrive_id,omitempty"`
}

type fieldError struct {
	Field    string `bson:"field"`
	Code     string `bson:"code"`
	Value    string `bson:"value,omitempty"`
	Recorded string `bson:"recorded,omitempty"`
	Hint     string `bson:"hint,omitempty"`
}

// header is a pair: as a field's name, a header's might have dots or dollars.
type header struct {
	Name  string `bson:"name"`
	Value string `bson:"value"`
}

func fieldErrorsOf(fields []quarantine.FieldError) []fieldError {
	var all []fieldError
	for _, f := range fields {
		all = append(all, fieldError(f))
	}
	return all
}

func entryRowOf(e *quarantine.Entry, lines int64) *entryRow {
	r := &entryRow{
		ID: e.ID, Reason: string(e.Reason), Detail: e.Detail, FieldErrors: fieldErrorsOf(e.FieldErrors),
		Queue: e.Queue, Position: e.Position, TransactionID: e.TransactionID,
		Seen: e.Seen, FirstSeenAt: e.FirstSeenAt, LastSeenAt: e.LastSeenAt, State: string(e.State), Attempt: int64(e.Attempt), Lines: lines,
		Truncated: e.Truncated, BodySize: e.BodySize, BodySHA256: e.BodySHA256[:], Body: e.Body, RedriveID: e.RedriveID,
	}
	if e.MendedBody != nil {
		r.MendedBody = &e.MendedBody
	}
	if r.Body == nil {
		r.Body = []byte{}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		r.Headers = append(r.Headers, header{name, e.Headers[name]})
	}
	if e.Amount != nil {
		amount := decimalOf(*e.Amount)
		r.Amount, r.Currency = &amount, string(e.Amount.Currency)
	}
	return r
}

func (r *entryRow) entry() (quarantine.Entry, error) {
	e := quarantine.Entry{
		ID: r.ID, Reason: quarantine.Reason(r.Reason), Detail: r.Detail, Queue: r.Queue, Position: r.Position, TransactionID: r.TransactionID,
		Seen: r.Seen, FirstSeenAt: r.FirstSeenAt, LastSeenAt: r.LastSeenAt, State: quarantine.State(r.State), Attempt: int(r.Attempt),
		Truncated: r.Truncated, BodySize: r.BodySize, Body: r.Body, RedriveID: r.RedriveID,
	}
	if r.MendedBody != nil {
		e.MendedBody = *r.MendedBody
	}
	for _, f := range r.FieldErrors {
		e.FieldErrors = append(e.FieldErrors, quarantine.FieldError(f))
	}
	if r.Headers != nil {
		e.Headers = map[string]string{}
	}
	for _, h := range r.Headers {
		e.Headers[h.Name] = h.Value
	}
	if copy(e.BodySHA256[:], r.BodySHA256) != len(e.BodySHA256) {
		return e, errNoHash
	}
	if r.Amount == nil {
		return e, nil
	}
	amount, err := moneyOf(*r.Amount, payment.Currency(r.Currency))
	e.Amount = &amount
	return e, err
}

// historyRow is a document of quarantine_history. Its key is the entry's and
// the number of the line.
type historyRow struct {
	ID      string    `bson:"_id"`
	EntryID string    `bson:"entry_id"`
	Line    int64     `bson:"line"`
	From    string    `bson:"from_state,omitempty"`
	To      string    `bson:"to_state"`
	Attempt int64     `bson:"attempt"`
	Reason  string    `bson:"reason"`
	Actor   string    `bson:"actor"`
	Note    string    `bson:"note,omitempty"`
	At      time.Time `bson:"at"`
	Mended  []byte    `bson:"mended_sha256,omitempty"`
}

func historyRowOf(l *quarantine.HistoryLine, line int64) *historyRow {
	r := &historyRow{ID: fmt.Sprintf("%s/%d", l.EntryID, line), EntryID: l.EntryID, Line: line, From: string(l.From), To: string(l.To),
		Attempt: int64(l.Attempt), Reason: string(l.Reason), Actor: l.Actor, Note: l.Note, At: l.At}
	if l.MendedSHA256 != nil {
		r.Mended = l.MendedSHA256[:]
	}
	return r
}

func (r *historyRow) line() (quarantine.HistoryLine, error) {
	l := quarantine.HistoryLine{EntryID: r.EntryID, From: quarantine.State(r.From), To: quarantine.State(r.To), Attempt: int(r.Attempt),
		Reason: quarantine.Reason(r.Reason), Actor: r.Actor, Note: r.Note, At: r.At}
	if r.Mended == nil {
		return l, nil
	}
	if len(r.Mended) != sha256.Size {
		return l, errNoHash
	}
	l.MendedSHA256 = new([sha256.Size]byte(r.Mended))
	return l, nil
}

// outageRow is a document of outages.
type outageRow struct {
	ID        string     `bson:"_id"`
	Recorder  string     `bson:"recorder"`
	Component string     `bson:"component"`
	Target    string     `bson:"target"`
	BeganAt   time.Time  `bson:"began_at"`
	SeenAt    time.Time  `bson:"seen_at"`
	EndedAt   *time.Time `bson:"ended_at,omitempty"`
	Attempts  int64      `bson:"attempts"`
	LastError string     `bson:"last_error"`
	ClosedBy  string     `bson:"closed_by,omitempty"`
}

func outageRowOf(o *store.Outage) *outageRow {
	r := &outageRow{ID: o.ID, Recorder: o.Recorder, Component: string(o.Component), Target: o.Target, BeganAt: o.BeganAt, SeenAt: o.SeenAt,
		Attempts: o.Attempts, LastError: o.LastError, ClosedBy: o.ClosedBy}
	if !o.EndedAt.IsZero() {
		r.EndedAt = &o.EndedAt
	}
	return r
}

func (r *outageRow) outage() (store.Outage, error) {
	o := store.Outage{ID: r.ID, Recorder: r.Recorder, Component: store.Component(r.Component), Target: r.Target, BeganAt: r.BeganAt, SeenAt: r.SeenAt,
		Attempts: r.Attempts, LastError: r.LastError, ClosedBy: r.ClosedBy}
	if r.EndedAt != nil {
		o.EndedAt = *r.EndedAt
	}
	return o, nil
}
