package wire_test

import (
	"strings"
	"time"

	"recibo/payment"
)

type change = func(e *payment.Event)

func money(minor int64, c payment.Currency) change {
	return func(e *payment.Event) { e.Amount = payment.Money{Minor: minor, Currency: c} }
}

func extra(object string) change { return func(e *payment.Event) { e.Extra = []byte(object) } }

func at(t time.Time) change { return func(e *payment.Event) { e.OccurredAt = t } }

var second = time.Date(2026, 11, 23, 17, 15, 3, 0, time.UTC)

// Messages that are events, and in what they differ from the unchanged one.
var acceptedMessages = []struct {
	name, body string
	change     change
}{
	{"unchanged", edit(), nil},
	{"white space everywhere", " \t\r\n" + strings.NewReplacer(`":`, "\" :\n", `,"`, " ,\t\"", "{", "{ ", "}", " }").Replace(edit()) + "\r\n ", nil},
	{"every letter of a key escaped", strings.Replace(edit(), `"method"`, `"\u006d\u0065\u0074\u0068\u006F\u0064"`, 1), nil},
	{"escapes in values", edit("transaction_id", `"E6070119020261123141503aB9xQ2Lk\u0037"`, "method", `"p\u0069x"`), nil},
	{"escaped amount and time", edit("amount", `"150\u002e75"`, "occurred_at", `"2026-11-23T14\u003a15:03.123-03:00"`), nil},
	{"another order", `{"source":"mobile-app","method":"pix","occurred_at":"2026-11-23T14:15:03.123-03:00","payee_account":"BR9700360305000010009795493P1",` +
		`"payer_account":"BR1800360305000010009795493C1","currency":"BRL","amount":"150.75","transaction_id":"E6070119020261123141503aB9xQ2Lk7"}`, nil},

	{"valor", rename("amount", "valor"), nil},
	{"moeda", rename("currency", "moeda"), nil},
	{"conta_pagador", rename("payer_account", "conta_pagador"), nil},
	{"conta_do_pagador", rename("payer_account", "conta_do_pagador"), nil},
	{"conta_beneficiario", rename("payee_account", "conta_beneficiario"), nil},
	{"conta_do_beneficiario", rename("payee_account", "conta_do_beneficiario"), nil},
	{"timestamp", rename("occurred_at", "timestamp"), nil},
	{"data_hora", rename("occurred_at", "data_hora"), nil},
	{"carimbo_data_hora", rename("occurred_at", "carimbo_data_hora"), nil},
	{"metodo", rename("method", "metodo"), nil},
	{"origem", rename("source", "origem"), nil},

	{"currency left out", edit("currency", ""), nil},
	{"method left out", edit("method", ""), func(e *payment.Event) { e.Method = "other" }},
	{"source left out", edit("source", ""), func(e *payment.Event) { e.Source = "" }},

	{"amount as a number", edit("amount", `150.75`), nil},
	{"one decimal", edit("amount", `"150.7"`), money(15070, "BRL")},
	{"no decimals", edit("amount", `"150"`), money(15000, "BRL")},
	{"whole number", edit("amount", `150`), money(15000, "BRL")},
	{"one centavo", edit("amount", `0.01`), money(1, "BRL")},
	{"the most", edit("amount", `"999999999999.99"`), money(99999999999999, "BRL")},
	{"the most as a number", edit("amount", `999999999999.99`), money(99999999999999, "BRL")},
	{"more than a float holds", edit("amount", `90071992547.93`), money(9007199254793, "BRL")},
	{"yen", edit("amount", `"1500"`, "currency", `"JPY"`), money(1500, "JPY")},
	{"the most yen", edit("amount", `999999999999`, "currency", `"JPY"`), money(999999999999, "JPY")},
	{"dinar", edit("amount", `"1.234"`, "currency", `"KWD"`), money(1234, "KWD")},
	{"dinar with two decimals", edit("amount", `"1.23"`, "currency", `"KWD"`), money(1230, "KWD")},
	{"unidad de fomento", edit("amount", `"0.0001"`, "currency", `"CLF"`), money(1, "CLF")},
	{"the most unidad de fomento", edit("amount", `"999999999999.9999"`, "currency", `"CLF"`), money(9999999999999999, "CLF")},
	{"currency after the amount decides", `{"amount":"7",` + edit("amount", "", "currency", `"JPY"`)[1:], money(7, "JPY")},
	{"dollar", edit("currency", `"USD"`), money(15075, "USD")},

	{"UTC", edit("occurred_at", `"2026-11-23T17:15:03.123Z"`), nil},
	{"no fraction", edit("occurred_at", `"2026-11-23T17:15:03Z"`), at(second)},
	{"tenths", edit("occurred_at", `"2026-11-23T17:15:03.1Z"`), at(second.Add(100 * time.Millisecond))},
	{"nanoseconds are cut", edit("occurred_at", `"2026-11-23T17:15:03.123999999Z"`), nil},
	{"picoseconds are cut", edit("occurred_at", `"2026-11-23T17:15:03.123999999999Z"`), nil},
	{"east of UTC", edit("occurred_at", `"2026-11-24T02:45:03.123+09:30"`), nil},
	{"offset of zero", edit("occurred_at", `"2026-11-23T17:15:03.123+00:00"`), nil},
	{"offset of minus zero", edit("occurred_at", `"2026-11-23T17:15:03.123-00:00"`), nil},
	{"lower-case t and z", edit("occurred_at", `"2026-11-23t17:15:03.123z"`), nil},
	{"the first moment", edit("occurred_at", `"2000-01-01T00:00:00Z"`), at(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))},
	{"1999 here, 2000 in UTC", edit("occurred_at", `"1999-12-31T21:00:00-03:00"`), at(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))},
	{"the last moment", edit("occurred_at", `"2099-12-31T23:59:59.999Z"`), at(time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC))},
	{"leap day", edit("occurred_at", `"2028-02-29T00:00:00Z"`), at(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC))},

	{"id of one", edit("transaction_id", `"1"`), func(e *payment.Event) { e.TransactionID = "1" }},
	{"id of 64", edit("transaction_id", `"`+x64+`"`), func(e *payment.Event) { e.TransactionID = x64 }},
	{"id of signs", edit("transaction_id", `"!\"#\\\/~"`), func(e *payment.Event) { e.TransactionID = `!"#\/~` }},
	{"id of an escaped letter", edit("transaction_id", `"\u0041\u007e"`), func(e *payment.Event) { e.TransactionID = "A~" }},
	{"payer of 64", edit("payer_account", `"`+x64+`"`), func(e *payment.Event) { e.PayerAccount = x64 }},
	{"payer of 64 letters beyond ASCII", edit("payer_account", `"`+e64+`"`), func(e *payment.Event) { e.PayerAccount = e64 }},
	{"payer with spaces", edit("payer_account", `" José "`), func(e *payment.Event) { e.PayerAccount = " José " }},
	{"payer with a surrogate pair", edit("payer_account", `"\ud83d\uDE00"`), func(e *payment.Event) { e.PayerAccount = "😀" }},
	{"payer equals payee", edit("payee_account", `"BR1800360305000010009795493C1"`), func(e *payment.Event) { e.PayeeAccount = e.PayerAccount }},
	{"payee the replacement character", edit("payee_account", `"\ufffd"`), func(e *payment.Event) { e.PayeeAccount = "\uFFFD" }},
	{"source of 64", edit("source", `"`+x64+`"`), func(e *payment.Event) { e.Source = x64 }},
	{"source of one", edit("source", `"ç"`), func(e *payment.Event) { e.Source = "ç" }},
	{"method of 32", edit("method", `"`+x64[:32]+`"`), func(e *payment.Event) { e.Method = x64[:32] }},
	{"an unknown method", edit("method", `"drex_2-a"`), func(e *payment.Event) { e.Method = "drex_2-a" }},

	{"unknown fields keep order and spelling", edit("z", `1`, "a", `"b"`), extra(`{"z":1,"a":"b"}`)},
	{"unknown values of all kinds", edit("a", `[1,"x",true,false,null,{}]`), extra(`{"a":[1,"x",true,false,null,{}]}`)},
	{"white space of unknown values goes", edit("a", " { \"b c\" :\t[ 1 ,\n2 ] , \"d\" : \" \\\" e \" } "), extra(`{"a":{"b c":[1,2],"d":" \" e "}}`)},
	{"digits of unknown numbers stay", edit("n", `1.10`, "m", `-0.0E+0`, "big", `123456789012345678901234567890`),
		extra(`{"n":1.10,"m":-0.0E+0,"big":123456789012345678901234567890}`)},
	{"escapes of unknown fields stay", edit(`\u0061`, `"\u00e9\/\n"`), extra(`{"\u0061":"\u00e9\/\n"}`)},
	{"case matters in names", edit("Amount", `"1"`), extra(`{"Amount":"1"}`)},
	{"an empty name", edit("", `0`), extra(`{"":0}`)},
	{"a known name below is nobody's field", edit("a", `{"amount":"-1","valor":2}`), extra(`{"a":{"amount":"-1","valor":2}}`)},
	{"one key in several objects", edit("a", `{"k":{"k":1},"l":[{"k":1},{"k":1}]}`, "k", `1`), extra(`{"a":{"k":{"k":1},"l":[{"k":1},{"k":1}]},"k":1}`)},
	{"names that differ in the accent", edit("méthod", `1`), extra(`{"méthod":1}`)},
	{"composed and decomposed are two keys", edit("\u00e9", `1`, "e\u0301", `2`), extra("{\"\u00e9\":1,\"e\u0301\":2}")},
	{"sixteen levels of arrays", edit("a", nested("[", "]", 15)), extra(`{"a":` + nested("[", "]", 15) + "}")},
	{"sixteen levels of objects", edit("a", nested(`{"a":`, "}", 15)), extra(`{"a":` + nested(`{"a":`, "}", 15) + "}")},
	{"brackets in a text are no levels", edit("a", `"`+strings.Repeat("[{", 40)+`"`), extra(`{"a":"` + strings.Repeat("[{", 40) + `"}`)},
	{"many unknown fields", edit("o", "{"+manyKeys(100)+"}", "p", "{"+manyKeys(100)+"}"), extra(`{"o":{` + manyKeys(100) + `},"p":{` + manyKeys(100) + `}}`)},
	{"control characters by escape are text", edit("a", `"\u0001\u001f\b\f"`), extra(`{"a":"\u0001\u001f\b\f"}`)},
	{"the first and last pairs, and their neighbours", edit("a", `"\ud800\udc00\uDBFF\uDFFF\ud7ff\ue000"`), extra(`{"a":"\ud800\udc00\uDBFF\uDFFF\ud7ff\ue000"}`)},
	{"DEL and line separator stand raw", edit("a", "\"\x7f\u2028\""), extra("{\"a\":\"\x7f\u2028\"}")},
	{"a byte order mark inside a text", edit("a", "\"\uFEFF\""), extra("{\"a\":\"\uFEFF\"}")},
}
