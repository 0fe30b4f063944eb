package payment

// Difference is one field in which two events disagree.
type Difference struct {
	Field    string
	Recorded string // the value that stands
	Arrived  string // the value that came later
}

// Diff names every field of the fingerprint in which arrived differs from
// recorded, in the order of the fingerprint. Nil means the same payment.
func Diff(recorded, arrived *Event) []Difference {
	var ds []Difference
	add := func(field, r, a string) {
		if r != a {
			ds = append(ds, Difference{Field: field, Recorded: r, Arrived: a})
		}
	}
	add(FieldTransactionID, recorded.TransactionID, arrived.TransactionID)
	add(FieldAmount, recorded.Amount.Decimal(), arrived.Amount.Decimal())
	add(FieldCurrency, string(recorded.Amount.Currency), string(arrived.Amount.Currency))
	add(FieldPayerAccount, recorded.PayerAccount, arrived.PayerAccount)
	add(FieldPayeeAccount, recorded.PayeeAccount, arrived.PayeeAccount)
	add(FieldOccurredAt, recorded.OccurredAt.UTC().Format(TimeLayout), arrived.OccurredAt.UTC().Format(TimeLayout))
	add(FieldMethod, recorded.Method, arrived.Method)
	return ds
}
