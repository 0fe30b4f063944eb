package wire

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"recibo/payment"
)

// Encode writes a valid event as a version 1 message, as AppendEncode does.
func Encode(e *payment.Event) []byte { return AppendEncode(nil, e) }

// AppendEncode appends a valid event as a version 1 message: compact, English
// names, the amount as a text with all the currency's decimals, the time in UTC
// with milliseconds, source only if there is one, and the extra fields after
// the known ones as they stand. Decode reads the same event back, given that
// MaxBytes allows for the message: it may be longer than the one that the event
// came from, which named fields shorter or left some out.
func AppendEncode(b []byte, e *payment.Event) []byte {
	b = append(b, `{"transaction_id":`...)
	b = appendText(b, e.TransactionID)
	b = append(b, `,"amount":"`...)
	b = e.Amount.AppendDecimal(b)
	b = append(b, `","currency":`...)
	b = appendText(b, string(e.Amount.Currency))
	b = append(b, `,"payer_account":`...)
	b = appendText(b, e.PayerAccount)
	b = append(b, `,"payee_account":`...)
	b = appendText(b, e.PayeeAccount)
	b = append(b, `,"occurred_at":"`...)
	b = e.OccurredAt.UTC().AppendFormat(b, payment.TimeLayout)
	b = append(b, `","method":`...)
	b = appendText(b, e.Method)
	if e.Source != "" {
		b = append(b, `,"source":`...)
		b = appendText(b, e.Source)
	}
	if len(e.Extra) > len("{}") {
		b = append(b, ',')
		b = append(b, e.Extra[1:len(e.Extra)-1]...)
	}
	return append(b, '}')
}

// EncodeControl writes a valid control total as a version 1 message: compact,
// times in UTC with milliseconds, currencies in order, source only if there is
// one. Read reads the same back.
func EncodeControl(c *payment.ControlTotal) []byte {
	b := append(make([]byte, 0, 512), `{"recibo_control_total":`+controlVersion...)
	if c.Source != "" {
		b = append(b, `,"source":`...)
		b = appendText(b, c.Source)
	}
	b = append(b, `,"producer":`...)
	b = appendText(b, c.Producer)
	b = append(b, `,"from":"`...)
	b = c.From.UTC().AppendFormat(b, payment.TimeLayout)
	b = append(b, `","until":"`...)
	b = c.Until.UTC().AppendFormat(b, payment.TimeLayout)
	b = append(b, `","count":`...)
	b = strconv.AppendInt(b, c.Count, 10)
	b = append(b, `,"amounts":{`...)
	for i, currency := range slices.Sorted(maps.Keys(c.Amounts)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, string(currency))
		b = append(b, ':')
		b = appendText(b, c.Amounts[currency].Decimal(currency))
	}
	b = append(b, `},"fingerprint_sum":"`...)
	b = hex.AppendEncode(b, c.Prints[:])
	return append(b, `"}`...)
}

// appendText appends s in quotes. What JSON cannot hold as it is, is escaped;
// bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
