package simulator

import (
	"bytes"
	"strconv"
	"strings"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// wrap makes a good body malformed by what is put around it: cut bytes are
// taken from its end, where the closing brace is.
type wrap struct {
	name   string
	prefix string
	cut    int
	suffix string
}

var wraps = []wrap{
	{name: "last brace missing", cut: 1},
	{name: "trailing comma", cut: 1, suffix: ",}"},
	{name: "one brace too many", suffix: "}"},
	{name: "text after it", suffix: " -- fim"},
	{name: "two objects in one message", suffix: "\n{\"amount\":\"1.00\"}"},
	{name: "byte order mark", prefix: "\xef\xbb\xbf"},
	{name: "log line", prefix: "2026-01-01 00:00:00 INFO "},
	{name: "array", prefix: "[", suffix: "]"},
	{name: "XSSI guard", prefix: ")]}',\n"},
	{name: "comment", prefix: "/* v1 */ "},
	{name: "Latin-1", cut: 1, suffix: ",\"cidade\":\"S\xe3o Paulo\"}"},
	{name: "overlong UTF-8", cut: 1, suffix: ",\"memo\":\"\xc0\xaf\"}"},
	{name: "surrogate as UTF-8", cut: 1, suffix: ",\"memo\":\"\xed\xa0\x80\"}"},
	{name: "NUL", cut: 1, suffix: ",\"memo\":\"a\x00b\"}"},
	{name: "padding with NUL", suffix: "\x00\x00\x00\x00"},
	{name: "escaped NUL", cut: 1, suffix: `,"memo":"a\u0000b"}`},
	{name: "lone surrogate", cut: 1, suffix: `,"memo":"\ud83d"}`},
	{name: "surrogates swapped", cut: 1, suffix: `,"memo":"\ude00\ud83d"}`},
	{name: "line feed in a text", cut: 1, suffix: ",\"memo\":\"a\nb\"}"},
	{name: "bad escape", cut: 1, suffix: `,"memo":"C:\pix"}`},
	{name: "key twice", cut: 1, suffix: `,"amount":"1.00"}`},
	{name: "key twice, once escaped", cut: 1, suffix: `,"\u0061mount":"1.00"}`},
	{name: "two names of one field", cut: 1, suffix: `,"valor":"1.00"}`},
	{name: "key twice in an unknown field", cut: 1, suffix: `,"metadata":{"a":1,"b":{"c":1,"c":2}}}`},
	{name: "too deep", cut: 1, suffix: `,"tree":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}"},
	{name: "too deep and open", cut: 1, suffix: `,"tree":` + strings.Repeat(`{"a":`, 60)},
	{name: "NaN", cut: 1, suffix: `,"rate":NaN}`},
	{name: "number with a leading zero", cut: 1, suffix: `,"nsu":007}`},
	{name: "literal in capitals", cut: 1, suffix: `,"ok":True}`},
	{name: "value missing", cut: 1, suffix: `,"memo":}`},
	{name: "colon missing", cut: 1, suffix: `,"memo" "a"}`},
}

// bend makes something else than a JSON object of a good body, or of its
// serial.
type bend struct {
	name string
	make func(r random, body []byte, e *payment.Event, serial string) []byte
}

var bends = []bend{
	{"truncated", func(r random, body []byte, _ *payment.Event, _ string) []byte {
		return body[:idEnd+r.below(len(body)-idEnd)]
	}},
	{"beginning lost", func(r random, body []byte, _ *payment.Event, _ string) []byte {
		return body[1+r.below(len(`"transaction_id"`)):]
	}},
	{"single quotes", func(_ random, body []byte, _ *payment.Event, _ string) []byte {
		return bytes.ReplaceAll(body, []byte{'"'}, []byte{'\''})
	}},
	{"no quotes", func(_ random, body []byte, _ *payment.Event, _ string) []byte {
		return bytes.ReplaceAll(body, []byte{'"'}, nil)
	}},
	{"an object in a string", func(_ random, body []byte, _ *payment.Event, _ string) []byte {
		return strconv.AppendQuote(nil, string(body))
	}},
	{"CSV", func(_ random, _ []byte, e *payment.Event, serial string) []byte {
		return []byte(e.TransactionID + ";" + e.Amount.Decimal() + ";" + e.PayerAccount + ";" + serial)
	}},
	{"form", func(_ random, _ []byte, e *payment.Event, serial string) []byte {
		return []byte("transaction_id=" + e.TransactionID + "&amount=" + e.Amount.Decimal() + "&n=" + serial)
	}},
	{"XML", func(_ random, _ []byte, e *payment.Event, serial string) []byte {
		return []byte(`<PmtId><EndToEndId>` + e.TransactionID + `</EndToEndId><N>` + serial + `</N></PmtId>`)
	}},
	{"an error page", func(_ random, _ []byte, _ *payment.Event, serial string) []byte {
		return []byte("<html><body>504 Gateway Time-out, request " + serial + "</body></html>")
	}},
	{"a number", func(_ random, _ []byte, _ *payment.Event, serial string) []byte { return []byte(serial) }},
	{"a text", func(_ random, _ []byte, _ *payment.Event, serial string) []byte {
		return []byte(`"pagamento ` + serial + `"`)
	}},
	{"null and more", func(_ random, _ []byte, _ *payment.Event, serial string) []byte {
		return []byte("null " + serial)
	}},
	{"hardly anything", func(_ random, _ []byte, _ *payment.Event, serial string) []byte {
		return []byte(" \t\r\n#" + serial)
	}},
}

// idEnd is behind the id of the longest kind in a body that begins with it.
const idEnd = len(`{"transaction_id":"`) + 47 + 1

// malformed makes a message that is not one JSON object.
func (g *Generator) malformed() *Message {
	return g.malformedAs(g.events.random.below(len(wraps) + len(bends)))
}

func (g *Generator) malformedAs(kind int) *Message {
	r := g.events.random
	e, serial := g.plain()
	body := dialects[0].encode(r, e, serial) // its id comes first: what is cut off leaves it
	if kind < len(wraps) {
		w := &wraps[kind]
		body = body[:len(body)-w.cut]
		body = append(append([]byte(w.prefix), body...), w.suffix...)
	} else {
		body = bends[kind-len(wraps)].make(r, body, e, strconv.FormatUint(serial, 10))
	}
	return &Message{Message: queue.Message{Body: body}, Kind: ledger.Malformed}
}
