package payment

import "strings"

// Code names a kind of fault. Codes are stable: people see them, filters and
// tests use them.
type Code string

// The codes of a Fault.
const (
	CodeMissing         Code = "missing"           // the field is not there
	CodeNull            Code = "null"              // the field is null
	CodeWrongType       Code = "wrong_type"        // a string was wanted, or a string or a number
	CodeEmpty           Code = "empty"             // the text is empty
	CodeBlank           Code = "blank"             // nothing but white space
	CodeTooLong         Code = "too_long"          // more characters than allowed
	CodeNotVisibleASCII Code = "not_visible_ascii" // outside of ! to ~
	CodeNotPrintable    Code = "not_printable"     // control or unassigned characters
	CodeBadCharacter    Code = "bad_character"     // a character that the field does not allow
	CodeSign            Code = "sign"              // -1 or +1
	CodeExponent        Code = "exponent"          // 1e3
	CodeComma           Code = "comma"             // 150,75
	CodeSpaces          Code = "spaces"            // 1 500
	CodeLeadingZero     Code = "leading_zero"      // 0150.75
	CodeNotANumber      Code = "not_a_number"      // R$ 150.75, .5, 5.
	CodeTooManyDecimals Code = "too_many_decimals" // more than the currency has
	CodeOutOfRange      Code = "out_of_range"      // 10^12 or more; a year outside of 2000 to 2099
	CodeZero            Code = "zero"              // nothing was paid
	CodeUnknownCurrency Code = "unknown_currency"  // not an ISO 4217 code with a minor unit
	CodeNoOffset        Code = "no_offset"         // a time that could be any of forty
	CodeNotRFC3339      Code = "not_rfc3339"       // not a time as RFC 3339 writes it
	CodeBadDate         Code = "bad_date"          // February 30th, 25:00
	CodeTooFewDecimals  Code = "too_few_decimals"  // of a control total, which writes all of them
	CodeNotZero         Code = "not_zero"          // something of a window without payments
	CodeUnknownField    Code = "unknown_field"     // a member that a control total does not have
	CodeUnknownVersion  Code = "unknown_version"   // a control total of a later time
)

// Fault is one thing that is wrong with one field. Value is what was there:
// it may be personal data, so it belongs into the field errors of an entry and
// nowhere else.
type Fault struct {
	Field string
	Code  Code
	Value string
	Hint  string
}

// Faults are all the things wrong with one event. As an error they name fields
// and codes, never values.
type Faults []Fault

// Error lists the faults as "amount: comma; currency: unknown_currency".
func (fs Faults) Error() string {
	var b strings.Builder
	for i, f := range fs {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Field)
		b.WriteString(": ")
		b.WriteString(string(f.Code))
	}
	return b.String()
}

// Has reports whether any fault names the field.
func (fs Faults) Has(field string) bool {
	for _, f := range fs {
		if f.Field == field {
			return true
		}
	}
	return false
}
