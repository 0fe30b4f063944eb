package app

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"recibo/payment"
)

// column is one column of an export, and one field of its objects.
type column[T any] struct {
	name  string
	value func(*T) *string // nil: not there
	json  bool             // the value is JSON itself
}

// fingerprintColumn is the one that masking takes away with the accounts.
const fingerprintColumn = "fingerprint"

// businessColumns is how many of the first columns say what was paid; the rest
// say how it came here.
const businessColumns = 10

// BusinessColumns is the name that stands for the columns that say what was
// paid, in their order.
const BusinessColumns = "business"

var paymentColumns = []column[Payment]{
	{name: payment.FieldTransactionID, value: func(p *Payment) *string { return &p.TransactionID }},
	{name: payment.FieldAmount, value: func(p *Payment) *string { return &p.Amount }},
	{name: payment.FieldCurrency, value: func(p *Payment) *string { return &p.Currency }},
	{name: payment.FieldPayerAccount, value: func(p *Payment) *string { return &p.PayerAccount }},
	{name: payment.FieldPayeeAccount, value: func(p *Payment) *string { return &p.PayeeAccount }},
	{name: payment.FieldOccurredAt, value: func(p *Payment) *string { return &p.OccurredAt }},
	{name: payment.FieldMethod, value: func(p *Payment) *string { return &p.Method }},
	{name: payment.FieldSource, value: func(p *Payment) *string { return p.Source }},
	{name: "extra", value: func(p *Payment) *string { return some(canonicalJSON(p.Extra)) }, json: true},
	{name: fingerprintColumn, value: func(p *Payment) *string { return p.Fingerprint }},
	{name: "queue", value: func(p *Payment) *string { return &p.Queue }},
	{name: "position", value: func(p *Payment) *string { return &p.Position }},
	{name: "entry_id", value: func(p *Payment) *string { return p.EntryID }},
	{name: "recorded_at", value: func(p *Payment) *string { return &p.RecordedAt }},
}

// PaymentColumns are the names of the columns of an export in their order:
// those of the objects of payments list.
func PaymentColumns() []string { return columnNames(paymentColumns) }

func columnNames[T any](columns []column[T]) []string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// columns are those that were asked for. Each may be asked for once: an object
// has a field once.
func (x *PaymentExport) columns() ([]column[Payment], error) {
	if len(x.Columns) == 0 {
		return paymentColumns, nil
	}
	var chosen []column[Payment]
	for _, name := range x.Columns {
		i := slices.IndexFunc(paymentColumns, func(c column[Payment]) bool { return c.name == name })
		switch {
		case name == BusinessColumns:
			chosen = append(chosen, paymentColumns[:businessColumns]...)
		case i < 0:
			return nil, usage("write some of "+strings.Join(PaymentColumns(), ", ")+"; or "+BusinessColumns+", which stands for the first ten",
				"flag --columns: there is no column %q", name)
		case name == fingerprintColumn && !x.ShowAccounts:
			return nil, usage("add --show-accounts, or leave the column out",
				"flag --columns: a fingerprint would tell which account is behind a mask")
		default:
			chosen = append(chosen, paymentColumns[i])
		}
	}
	names := columnNames(chosen)
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return nil, usage("name each column once", "flag --columns: %s is named twice", names[i])
		}
	}
	return chosen, nil
}

// canonicalJSON writes an object the same whichever database kept it: some sort
// its keys, or write it with spaces. Numbers stay as they are written. It is
// empty for null, and for what is no JSON.
func canonicalJSON(object json.RawMessage) string {
	if len(object) == 0 || string(object) == "null" {
		return ""
	}
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return ""
	}
	b, err := plainJSON(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// plainJSON is JSON in which < stands as it is.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
