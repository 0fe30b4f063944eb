package payment

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxUnitDigits    = 12 // amounts stay below 10^12 units of the currency
	maxDecimalDigits = 4  // the most that ISO 4217 gives any currency
)

// Money is an exact amount in one currency, counted in the currency's minor
// units (centavos for BRL, yen for JPY). There is no float on the way in or out.
type Money struct {
	Minor    int64
	Currency Currency
}

// ParseMoney reads the decimal text of an amount, (0|[1-9]\d{0,11})(\.\d{1,4})?,
// in currency c. The result is exact; a text with more decimals than the
// currency has, zero, or any other notation is a Fault that says what to write.
// When c is unknown only the notation is judged.
func ParseMoney(text string, c Currency) (Money, *Fault) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if f := amountNotation(text, whole, fraction, pointed); f != nil {
		return Money{}, f
	}
	decimals, known := c.Decimals()
	if !known {
		return Money{}, nil
	}
	if len(fraction) > decimals {
		return Money{}, amountFault(CodeTooManyDecimals, text,
			fmt.Sprintf("%s has %d decimals", c, decimals))
	}
	padded := whole + fraction + strings.Repeat("0", decimals-len(fraction))
	minor, err := strconv.ParseInt(padded, 10, 64)
	if err != nil { // 12 + 4 digits always fit
		return Money{}, amountFault(CodeOutOfRange, text, "write less than 1000000000000")
	}
	if minor == 0 {
		return Money{}, amountFault(CodeZero, text, "an executed payment moves more than zero")
	}
	return Money{Minor: minor, Currency: c}, nil
}

func amountFault(code Code, text, hint string) *Fault {
	return &Fault{Field: FieldAmount, Code: code, Value: text, Hint: hint}
}

// amountNotation names the first way in which text is not a plain decimal.
func amountNotation(text, whole, fraction string, pointed bool) *Fault {
	switch {
	case !isDigits(whole) || (pointed && !isDigits(fraction)):
		return amountSigns(text)
	case len(whole) > 1 && whole[0] == '0':
		return amountFault(CodeLeadingZero, text, "write the amount without leading zeros: 150.75")
	case len(whole) > maxUnitDigits:
		return amountFault(CodeOutOfRange, text, "write less than 1000000000000")
	case len(fraction) > maxDecimalDigits:
		return amountFault(CodeTooManyDecimals, text, "no currency has more than 4 decimals")
	}
	return nil
}

// amountSigns says what stands in text besides digits and one point.
func amountSigns(text string) *Fault {
	switch {
	case text == "":
		return amountFault(CodeEmpty, text, "write the amount, for example 150.75")
	case strings.ContainsFunc(text, isForeign):
		return amountFault(CodeNotANumber, text, "write digits and one point: 150.75")
	case strings.ContainsFunc(text, unicode.IsSpace):
		return amountFault(CodeSpaces, text, "write the digits without spaces: 150.75")
	case text[0] == '-' || text[0] == '+':
		return amountFault(CodeSign, text, "write the amount without a sign: 150.75")
	case strings.Contains(text, ","):
		return amountFault(CodeComma, text, "use a point: 150.75")
	case isExponent(text):
		return amountFault(CodeExponent, text, "write all the digits: 150.75")
	}
	return amountFault(CodeNotANumber, text, "write digits and one point: 150.75")
}

// isForeign tells what no notation of a number holds, so that R$ 150,75 is not
// blamed for its space or its comma.
func isForeign(r rune) bool {
	return (r < '0' || r > '9') && !strings.ContainsRune(".,+-eE", r) && !unicode.IsSpace(r)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isExponent tells 1e3 and 1.5E+3 from words that merely hold an e.
func isExponent(s string) bool {
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	return isDigits(strings.Replace(mantissa, ".", "", 1)) && isDigits(strings.TrimLeft(power, "+-"))
}

// AppendDecimal appends the amount with exactly the currency's decimals, 150.75.
func (m Money) AppendDecimal(b []byte) []byte {
	decimals, _ := m.Currency.Decimals()
	minor := uint64(m.Minor)
	if m.Minor < 0 {
		b, minor = append(b, '-'), -minor
	}
	var scratch [24]byte
	digits := strconv.AppendUint(scratch[:0], minor, 10)
	for range decimals + 1 - len(digits) {
		digits = append(digits, 0)
		copy(digits[1:], digits)
		digits[0] = '0'
	}
	point := len(digits) - decimals
	b = append(b, digits[:point]...)
	if decimals > 0 {
		b = append(b, '.')
		b = append(b, digits[point:]...)
	}
	return b
}

// Decimal is the amount with exactly the currency's decimals: "150.75".
func (m Money) Decimal() string { return string(m.AppendDecimal(nil)) }

// String is the amount and its currency: "150.75 BRL".
func (m Money) String() string { return m.Decimal() + " " + string(m.Currency) }
