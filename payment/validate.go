package payment

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxTransactionID = 64
	maxAccount       = 64
	maxSource        = 64
	maxMethod        = 32

	firstYear = 2000
	lastYear  = 2099
)

// Validate returns everything that is wrong with e, nil when nothing is. It is
// the one place where the rules of a finished event stand: decoding, the
// simulator and the stores' tests all call it.
func Validate(e *Event) Faults {
	var fs Faults
	add := func(f *Fault) {
		if f == nil {
			return
		}
		if fs == nil {
			fs = make(Faults, 0, 4) // more are rare
		}
		fs = append(fs, *f)
	}
	add(checkTransactionID(e.TransactionID))
	add(checkMoney(e.Amount))
	add(checkCurrency(e.Amount.Currency))
	add(checkText(FieldPayerAccount, e.PayerAccount, maxAccount))
	add(checkText(FieldPayeeAccount, e.PayeeAccount, maxAccount))
	add(checkTime(e.OccurredAt))
	add(checkMethod(e.Method))
	if e.Source != "" {
		add(checkText(FieldSource, e.Source, maxSource))
	}
	return fs
}

func checkTransactionID(s string) *Fault {
	fault := func(code Code, hint string) *Fault {
		return &Fault{Field: FieldTransactionID, Code: code, Value: s, Hint: hint}
	}
	if s == "" {
		return fault(CodeEmpty, "give the id that the payment system made")
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return fault(CodeNotVisibleASCII, "use letters, digits and signs of ASCII, no spaces")
		}
	}
	if len(s) > maxTransactionID { // bytes are characters, now that all are ASCII
		return fault(CodeTooLong, "use at most 64 characters")
	}
	return nil
}

func checkMoney(m Money) *Fault {
	decimals, known := m.Currency.Decimals()
	if !known {
		return nil // the currency's own fault says so
	}
	limit := int64(1)
	for range maxUnitDigits + decimals {
		limit *= 10
	}
	switch {
	case m.Minor < 0:
		return amountFault(CodeSign, m.Decimal(), "write the amount without a sign: 150.75")
	case m.Minor == 0:
		return amountFault(CodeZero, m.Decimal(), "an executed payment moves more than zero")
	case m.Minor >= limit:
		return amountFault(CodeOutOfRange, m.Decimal(), "write less than 1000000000000")
	}
	return nil
}

func checkCurrency(c Currency) *Fault {
	if _, known := c.Decimals(); known {
		return nil
	}
	hint := "use an ISO 4217 code such as BRL"
	if len(c) == len(DefaultCurrency) {
		upper := strings.ToUpper(string(c))
		if _, known := Currency(upper).Decimals(); known {
			hint = "write it in upper case: " + upper
		}
	}
	code := CodeUnknownCurrency
	if c == "" {
		code = CodeEmpty
	}
	return &Fault{Field: FieldCurrency, Code: code, Value: string(c), Hint: hint}
}

func checkText(field, s string, most int) *Fault {
	fault := func(code Code, hint string) *Fault {
		return &Fault{Field: field, Code: code, Value: s, Hint: hint}
	}
	if s == "" {
		return fault(CodeEmpty, "give 1 to 64 printable characters")
	}
	characters, blank := 0, true
	if !utf8.ValidString(s) {
		return fault(CodeNotPrintable, "use valid UTF-8")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fault(CodeNotPrintable, "use printable characters only")
		}
		blank = blank && r == ' '
		characters++
	}
	if blank {
		return fault(CodeBlank, "give more than spaces")
	}
	if characters > most {
		return fault(CodeTooLong, fmt.Sprintf("use at most %d characters", most))
	}
	return nil
}

func checkTime(t time.Time) *Fault {
	if t.Location() == time.UTC && t.Nanosecond()%int(time.Millisecond) == 0 && inYears(t) {
		return nil
	}
	return &Fault{Field: FieldOccurredAt, Code: CodeOutOfRange, Value: t.Format(time.RFC3339Nano),
		Hint: "use a UTC time of the years 2000 to 2099 in whole milliseconds"}
}

func inYears(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }

func checkMethod(s string) *Fault {
	fault := func(code Code) *Fault {
		return &Fault{Field: FieldMethod, Code: code, Value: s,
			Hint: "use 1 to 32 of a-z, 0-9, _ and -, for example pix"}
	}
	if s == "" {
		return fault(CodeEmpty)
	}
	if len(s) > maxMethod {
		return fault(CodeTooLong)
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return fault(CodeBadCharacter)
		}
	}
	return nil
}
