package quarantine

import "recibo/payment"

// FieldError is one field that is wrong, or in which a conflict differs. It
// holds values, which may be personal data: it is kept in the entry and never
// logged.
type FieldError struct {
	Field    string `json:"field"`
	Code     string `json:"code"`               // a payment.Code, or CodeDiffers
	Value    string `json:"value,omitempty"`    // what arrived
	Recorded string `json:"recorded,omitempty"` // conflicts: what is recorded
	Hint     string `json:"hint,omitempty"`
}

// CodeDiffers is the code of a field in which a conflict's two versions differ.
const CodeDiffers = "differs"

// FaultFields are the faults of an invalid message as an entry keeps them.
func FaultFields(faults payment.Faults) (fields []FieldError) {
	for _, f := range faults {
		fields = append(fields, FieldError{Field: f.Field, Code: string(f.Code), Value: f.Value, Hint: f.Hint})
	}
	return fields
}

// DifferenceFields are the differences of a conflict as an entry keeps them.
func DifferenceFields(ds []payment.Difference) (fields []FieldError) {
	for _, d := range ds {
		fields = append(fields, FieldError{Field: d.Field, Code: CodeDiffers, Value: d.Arrived, Recorded: d.Recorded})
	}
	return fields
}

// ConflictDetail is the sentence of a conflict, of a control total or a payment.
// There is at least one difference.
func ConflictDetail(isControl bool, ds []payment.Difference) string {
	detail := "this transaction_id is recorded with another "
	if isControl {
		detail = "this window's control total is recorded with another "
	}
	detail += ds[0].Field
	for _, d := range ds[1:] {
		detail += ", " + d.Field
	}
	return detail
}
