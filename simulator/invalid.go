package simulator

import (
	"strings"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// invalidKind is one field with one fault. In the token {id}, {amount},
// {comma}, {local} and {payee} stand for what the event has; without a token
// the field is left out.
type invalidKind struct {
	field field
	code  payment.Code
	token string
}

var invalidKinds = []invalidKind{
	{fieldID, payment.CodeMissing, ""},
	{fieldID, payment.CodeNull, "null"},
	{fieldID, payment.CodeEmpty, `""`},
	{fieldID, payment.CodeWrongType, "918273645"},
	{fieldID, payment.CodeWrongType, `["{id}"]`},
	{fieldID, payment.CodeTooLong, `"` + strings.Repeat("X", 65) + `"`},
	{fieldID, payment.CodeNotVisibleASCII, `"{id} "`},
	{fieldID, payment.CodeNotVisibleASCII, `"{id}ç"`},
	{fieldID, payment.CodeNotVisibleASCII, `"{id}\n"`},

	{fieldAmount, payment.CodeMissing, ""},
	{fieldAmount, payment.CodeNull, "null"},
	{fieldAmount, payment.CodeEmpty, `""`},
	{fieldAmount, payment.CodeWrongType, "true"},
	{fieldAmount, payment.CodeWrongType, `{"value":"{amount}","currency":"BRL"}`},
	{fieldAmount, payment.CodeComma, `"{comma}"`},
	{fieldAmount, payment.CodeComma, `"1.500,00"`},
	{fieldAmount, payment.CodeSign, `"-{amount}"`},
	{fieldAmount, payment.CodeSign, `"+{amount}"`},
	{fieldAmount, payment.CodeSign, "-{amount}"},
	{fieldAmount, payment.CodeExponent, `"1.5e3"`},
	{fieldAmount, payment.CodeExponent, "{amount}E+2"},
	{fieldAmount, payment.CodeSpaces, `" {amount}"`},
	{fieldAmount, payment.CodeSpaces, `"1 500.00"`},
	{fieldAmount, payment.CodeLeadingZero, `"0{amount}"`},
	{fieldAmount, payment.CodeNotANumber, `"R$ {amount}"`},
	{fieldAmount, payment.CodeNotANumber, `"{amount}BRL"`},
	{fieldAmount, payment.CodeNotANumber, `".50"`},
	{fieldAmount, payment.CodeNotANumber, `"0x1F4"`},
	{fieldAmount, payment.CodeTooManyDecimals, `"{amount}5"`},
	{fieldAmount, payment.CodeTooManyDecimals, "{amount}0000001"},
	{fieldAmount, payment.CodeZero, `"0.00"`},
	{fieldAmount, payment.CodeZero, "0"},
	{fieldAmount, payment.CodeOutOfRange, `"1000000000000.00"`},
	{fieldAmount, payment.CodeOutOfRange, "99999999999999999999"},

	{fieldCurrency, payment.CodeNull, "null"},
	{fieldCurrency, payment.CodeEmpty, `""`},
	{fieldCurrency, payment.CodeWrongType, "986"},
	{fieldCurrency, payment.CodeUnknownCurrency, `"BRR"`},
	{fieldCurrency, payment.CodeUnknownCurrency, `"brl"`},
	{fieldCurrency, payment.CodeUnknownCurrency, `"R$"`},
	{fieldCurrency, payment.CodeUnknownCurrency, `"BTC"`},

	{fieldPayer, payment.CodeMissing, ""},
	{fieldPayer, payment.CodeNull, "null"},
	{fieldPayer, payment.CodeEmpty, `""`},
	{fieldPayer, payment.CodeBlank, `"   "`},
	{fieldPayer, payment.CodeWrongType, `{"ispb":"60701190","conta":"1472661"}`},
	{fieldPayer, payment.CodeTooLong, `"` + strings.Repeat("0", 65) + `"`},
	{fieldPayer, payment.CodeNotPrintable, `"BR\u0007"`},

	{fieldPayee, payment.CodeMissing, ""},
	{fieldPayee, payment.CodeNull, "null"},
	{fieldPayee, payment.CodeEmpty, `""`},
	{fieldPayee, payment.CodeBlank, `" "`},
	{fieldPayee, payment.CodeWrongType, "11999990000"},
	{fieldPayee, payment.CodeTooLong, `"{payee}` + strings.Repeat("é", 64) + `"`},
	{fieldPayee, payment.CodeNotPrintable, `"{payee}\t"`},

	{fieldTime, payment.CodeMissing, ""},
	{fieldTime, payment.CodeNull, "null"},
	{fieldTime, payment.CodeEmpty, `""`},
	{fieldTime, payment.CodeWrongType, "1767225600"},
	{fieldTime, payment.CodeNoOffset, `"{local}"`},
	{fieldTime, payment.CodeNotRFC3339, `"23/11/2026 14:15:03"`},
	{fieldTime, payment.CodeNotRFC3339, `"{local}-0300"`},
	{fieldTime, payment.CodeBadDate, `"2026-02-30T10:00:00-03:00"`},
	{fieldTime, payment.CodeBadDate, `"2026-01-15T25:00:00Z"`},
	{fieldTime, payment.CodeOutOfRange, `"1999-12-31T20:00:00Z"`},
	{fieldTime, payment.CodeOutOfRange, `"2126-01-01T00:00:00Z"`},

	{fieldMethod, payment.CodeNull, "null"},
	{fieldMethod, payment.CodeEmpty, `""`},
	{fieldMethod, payment.CodeWrongType, "1"},
	{fieldMethod, payment.CodeBadCharacter, `"PIX"`},
	{fieldMethod, payment.CodeBadCharacter, `"cartão"`},
	{fieldMethod, payment.CodeTooLong, `"` + strings.Repeat("p", 33) + `"`},

	{fieldSource, payment.CodeNull, "null"},
	{fieldSource, payment.CodeWrongType, "false"},
	{fieldSource, payment.CodeTooLong, `"` + strings.Repeat("s", 65) + `"`},
	{fieldSource, payment.CodeNotPrintable, `"\u001b[31mapp"`},
}

// twoFaults in a hundred invalid events have a second faulty field.
const twoFaults = 12

// invalid makes a JSON object that is not a valid event.
func (g *Generator) invalid() *Message {
	r := g.events.random
	kinds := []invalidKind{invalidKinds[r.below(len(invalidKinds))]}
	if r.below(100) < twoFaults {
		if second := invalidKinds[r.below(len(invalidKinds))]; second.field != kinds[0].field {
			kinds = append(kinds, second)
		}
	}
	return g.invalidAs(kinds)
}

func (g *Generator) invalidAs(kinds []invalidKind) *Message {
	r := g.events.random
	e, serial := g.plain()
	decimal := e.Amount.Decimal()
	fill := strings.NewReplacer("{id}", e.TransactionID, "{payee}", e.PayeeAccount, "{amount}", decimal,
		"{comma}", strings.Replace(decimal, ".", ",", 1),
		"{local}", e.OccurredAt.In(saoPaulo).Format("2006-01-02T15:04:05"))
	var overrides []override
	for _, k := range kinds {
		overrides = append(overrides, override{k.field, fill.Replace(k.token)})
	}
	body := dialects[dialectOf(e.Source)].encode(r, e, serial, overrides...)
	return &Message{Message: queue.Message{Body: body}, Kind: ledger.Invalid}
}
