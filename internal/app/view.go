package app

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"recibo/internal/config"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// The types below are the JSON of lists: docs/cli.md documents their fields.

// Payment is a recorded payment as it is shown.
type Payment struct {
	TransactionID string          `json:"transaction_id"`
	Amount        string          `json:"amount"`
	Currency      string          `json:"currency"`
	PayerAccount  string          `json:"payer_account"`
	PayeeAccount  string          `json:"payee_account"`
	OccurredAt    string          `json:"occurred_at"`
	Method        string          `json:"method"`
	Source        *string         `json:"source"`
	Extra         json.RawMessage `json:"extra"`
	Fingerprint   *string         `json:"fingerprint"` // null while accounts are masked
	Queue         string          `json:"queue"`
	Position      string          `json:"position"`
	EntryID       *string         `json:"entry_id"`
	RecordedAt    string          `json:"recorded_at"`
}

// Entry is a quarantined message as it is shown.
type Entry struct {
	ID            string                  `json:"id"`
	Reason        quarantine.Reason       `json:"reason"`
	State         quarantine.State        `json:"state"`
	Detail        string                  `json:"detail"`
	FieldErrors   []quarantine.FieldError `json:"field_errors"`
	TransactionID *string                 `json:"transaction_id"`
	Amount        *string                 `json:"amount"`
	Currency      *string                 `json:"currency"`
	Seen          int64                   `json:"seen"`
	FirstSeenAt   string                  `json:"first_seen_at"`
	LastSeenAt    string                  `json:"last_seen_at"`
	Attempt       int                     `json:"attempt"`
	Queue         string                  `json:"queue"`
	Position      string                  `json:"position"`
	Headers       map[string]string       `json:"headers"`
	BodyBytes     int64                   `json:"body_bytes"`
	Truncated     bool                    `json:"truncated"`
	Mended        bool                    `json:"mended"`     // a mended body stands beside the original
	RedriveID     *string                 `json:"redrive_id"` // the run that sent it last
	Body          *string                 `json:"body,omitempty"`
}

// Cause is a group of entries as it is shown. Amount is what is at stake.
type Cause struct {
	Reason     quarantine.Reason `json:"reason"`
	Field      *string           `json:"field"`
	Code       *string           `json:"code"`
	Entries    int64             `json:"entries"`
	Seen       int64             `json:"seen"`
	Amount     map[string]string `json:"amount"`
	Unreadable int64             `json:"unreadable"`
	Oldest     string            `json:"oldest"`
	Newest     string            `json:"newest"`
	ExampleID  string            `json:"example_id"`
}

// Outage is an outage as it is shown.
type Outage struct {
	ID         string          `json:"id"`
	Component  store.Component `json:"component"`
	Target     string          `json:"target"`
	BeganAt    string          `json:"began_at"`
	EndedAt    *string         `json:"ended_at"`
	DurationMS *int64          `json:"duration_ms"`
	Attempts   int64           `json:"attempts"`
	LastError  string          `json:"last_error"`
	Recorder   string          `json:"recorder"`
	ClosedBy   *string         `json:"closed_by"`
}

// MaskAccount keeps as much of an account as people need to recognise it.
func MaskAccount(account string) string {
	const head, tail, least = 4, 2, 9
	if utf8.RuneCountInString(account) < least {
		return "***"
	}
	r := []rune(account)
	return string(r[:head]) + "***" + string(r[len(r)-tail:])
}

func viewPayment(p *store.Payment, showAccounts bool) Payment {
	v := Payment{
		TransactionID: p.TransactionID, Amount: p.Amount.Decimal(), Currency: string(p.Amount.Currency),
		PayerAccount: p.PayerAccount, PayeeAccount: p.PayeeAccount, OccurredAt: stamp(p.OccurredAt),
		Method: p.Method, Source: some(p.Source), Extra: json.RawMessage("null"),
		Queue: p.Queue, Position: p.Position, EntryID: some(p.EntryID), RecordedAt: stamp(p.RecordedAt),
	}
	if json.Valid(p.Extra) {
		v.Extra = json.RawMessage(p.Extra)
	}
	if !showAccounts {
		// Without the fingerprint: all else that it is made of is shown, so that
		// whoever tries account numbers would see which one fits.
		v.PayerAccount, v.PayeeAccount = MaskAccount(p.PayerAccount), MaskAccount(p.PayeeAccount)
		return v
	}
	v.Fingerprint = new(hex.EncodeToString(p.Fingerprint[:]))
	return v
}

func viewEntry(e *quarantine.Entry, showAccounts, showBody bool) Entry {
	v := Entry{
		ID: e.ID, Reason: e.Reason, State: e.State, Detail: e.Detail,
		FieldErrors: append([]quarantine.FieldError{}, e.FieldErrors...), TransactionID: some(e.TransactionID),
		Seen: e.Seen, FirstSeenAt: stamp(e.FirstSeenAt), LastSeenAt: stamp(e.LastSeenAt), Attempt: e.Attempt,
		Queue: e.Queue, Position: e.Position, Headers: e.Headers, BodyBytes: e.BodySize, Truncated: e.Truncated,
		Mended: e.MendedBody != nil, RedriveID: some(e.RedriveID),
	}
	if e.Amount != nil {
		v.Amount, v.Currency = some(e.Amount.Decimal()), some(string(e.Amount.Currency))
	}
	if showBody {
		v.Body = new(strings.ToValidUTF8(string(e.Body), "\uFFFD"))
	}
	maskFields(v.FieldErrors, showAccounts)
	return v
}

// maskFields masks accounts in field errors unless they are to be shown.
func maskFields(fields []quarantine.FieldError, showAccounts bool) {
	for i := range fields {
		if f := &fields[i]; !showAccounts && isAccount(f.Field) {
			f.Value, f.Recorded = maskValue(f.Value), maskValue(f.Recorded)
		}
	}
}

func isAccount(field string) bool {
	return field == payment.FieldPayerAccount || field == payment.FieldPayeeAccount
}

func maskValue(value string) string {
	if value == "" {
		return ""
	}
	return MaskAccount(value)
}

func viewCause(c store.Cause) Cause {
	return Cause{Reason: c.Reason, Field: some(c.Field), Code: some(c.Code), Entries: c.Entries, Seen: c.Seen,
		Amount: amounts(c.Amount), Unreadable: c.Unreadable, Oldest: stamp(c.Oldest), Newest: stamp(c.Newest), ExampleID: c.ExampleID}
}

func viewOutage(o *store.Outage) Outage {
	v := Outage{ID: o.ID, Component: o.Component, Target: o.Target, BeganAt: stamp(o.BeganAt),
		Attempts: o.Attempts, LastError: o.LastError, Recorder: o.Recorder, ClosedBy: some(o.ClosedBy)}
	if !o.EndedAt.IsZero() {
		v.EndedAt, v.DurationMS = some(stamp(o.EndedAt)), new(o.EndedAt.Sub(o.BeganAt).Milliseconds())
	}
	return v
}

// amounts writes totals as decimals by currency.
func amounts(totals map[payment.Currency]payment.Total) map[string]string {
	m := make(map[string]string, len(totals))
	for _, c := range slices.Sorted(maps.Keys(totals)) {
		m[string(c)] = totals[c].Decimal(c)
	}
	return m
}

func stamp(t time.Time) string { return t.UTC().Format(payment.TimeLayout) }

// some is nil for what is empty: JSON's null.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// queueName is what stands in the queue column: the address without its user,
// and of its parameters the queue alone.
func queueName(a config.Address) string {
	text, parameters, _ := strings.Cut(a.String(), "?")
	prefix, rest, found := strings.Cut(text, "://")
	if at := strings.LastIndexByte(rest, '@'); found && at >= 0 {
		text = prefix + "://" + rest[at+1:]
	}
	if values, err := url.ParseQuery(parameters); err == nil && values.Get("queue") != "" {
		text += "?queue=" + values.Get("queue")
	}
	return text
}
