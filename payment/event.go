// Package payment is the domain: what a payment event is, when it is valid,
// and when two events say the same. It depends on nothing else of the tree.
package payment

import "time"

// DefaultCurrency is assumed when an event names no currency.
const DefaultCurrency Currency = "BRL"

// DefaultMethod stands for an event that names no payment method.
const DefaultMethod = "other"

// Names of the fields of an event, as people see them in faults, differences
// and columns.
const (
	FieldTransactionID = "transaction_id"
	FieldAmount        = "amount"
	FieldCurrency      = "currency"
	FieldPayerAccount  = "payer_account"
	FieldPayeeAccount  = "payee_account"
	FieldOccurredAt    = "occurred_at"
	FieldMethod        = "method"
	FieldSource        = "source"
)

// Event is one executed payment. Its TransactionID is unique across sources.
type Event struct {
	TransactionID string    // 1..64 visible ASCII characters, case-sensitive
	Amount        Money     // more than zero, below 10^12 units of the currency
	PayerAccount  string    // 1..64 printable characters
	PayeeAccount  string    // 1..64 printable characters; may equal the payer's
	OccurredAt    time.Time // UTC, whole milliseconds, years 2000 to 2099
	Method        string    // pix, boleto, ted, card, wallet, …: [a-z0-9_-]{1,32}
	Source        string    // where the payment came from; may be empty
	Extra         []byte    // a JSON object of the fields Recibo does not know, or nil
}

// Normalize returns t as an Event carries it: in UTC, cut to the millisecond,
// the resolution that every supported store keeps.
func Normalize(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// TimeLayout is how times are written wherever text is kept or shown:
// RFC 3339 in UTC with milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"
