package wire_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// seedBodies are the messages of the tables, as they arrive.
func seedBodies() (bodies []string) {
	for _, c := range malformed {
		bodies = append(bodies, strings.Replace(c.body, caret, "", 1))
	}
	for _, c := range invalid {
		bodies = append(bodies, c.body)
	}
	for _, c := range acceptedMessages {
		bodies = append(bodies, c.body)
	}
	return bodies
}

// FuzzDecode checks what Decode promises about any bytes, with another JSON
// reader as the judge of what is well-formed.
func FuzzDecode(f *testing.F) {
	for _, body := range seedBodies() {
		f.Add([]byte(body), false)
	}
	f.Add([]byte(edit("occurred_at", `"2026-11-23T14:15:03"`)), true)
	f.Add([]byte(edit("occurred_at", `"2026-11-23T14:15:03.5"`, "a", "[ 1 ]")), true)
	zone := time.FixedZone("America/Sao_Paulo", -3*60*60)
	f.Fuzz(func(t *testing.T, body []byte, assume bool) {
		o := wire.Options{}
		if assume {
			o.Timezone = zone
		}
		before := bytes.Clone(body)
		e, err := wire.Decode(body, o)
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}
		judge(t, body, err)
		if err != nil {
			checkRefusal(t, body, err)
			return
		}
		if fs := payment.Validate(&e); fs != nil {
			t.Fatalf("accepted an event with faults: %v", fs)
		}
		checkRoundTrip(t, &e)
	})
}

// FuzzRead checks what Read promises about any bytes that are no event: a
// control total comes back the same, an error keeps within its bounds.
func FuzzRead(f *testing.F) {
	for _, c := range acceptedControls {
		f.Add([]byte(c.body))
	}
	for _, c := range invalidControls {
		f.Add([]byte(c.body))
	}
	f.Add([]byte(edit()))
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		m, err := wire.Read(body, wire.Options{})
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}
		judge(t, body, err)
		e, decodeErr := wire.Decode(body, wire.Options{})
		refusal, _ := err.(*wire.Error)
		switch {
		case m.Control != nil:
			if fs := payment.ValidateControl(m.Control); fs != nil {
				t.Fatalf("accepted a control total with faults: %v", fs)
			}
			checkControlRoundTrip(t, m.Control)
			checkRefusal(t, body, decodeErr)
		case refusal != nil && refusal.Control:
			checkControlRefusal(t, refusal)
			checkRefusal(t, body, decodeErr)
		case !cmp.Equal(e, m.Event) || !cmp.Equal(err, decodeErr):
			t.Fatalf("Read says %v, %v; Decode %v, %v", m.Event, err, e, decodeErr)
		}
	})
}

// judge compares our word on a message's syntax with the library's.
func judge(t *testing.T, body []byte, err error) {
	t.Helper()
	refusal, refused := errors.AsType[*wire.Error](err)
	if refused && refusal.Reason == wire.TooLarge {
		return
	}
	wellFormed := libraryAccepts(body)
	switch {
	case !refused || refusal.Reason == wire.Invalid:
		if !wellFormed {
			t.Fatalf("read as well-formed, the library disagrees: %q", body)
		}
	case wellFormed && !strings.HasSuffix(refusal.Detail, "two names of one field"):
		t.Fatalf("refused as %s, the library disagrees: %q", refusal, body)
	}
}

// libraryAccepts reports whether body is one object by the library's strict
// reader and by the two rules of ours that the library does not have.
func libraryAccepts(body []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if d.PeekKind() != '{' {
		return false
	}
	for first := true; first || d.StackDepth() > 0; first = false {
		token, err := d.ReadToken()
		if err != nil || d.StackDepth() > 16 {
			return false
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return false
		}
	}
	_, err := d.ReadToken()
	return errors.Is(err, io.EOF)
}

// FuzzRoundTrip encodes events of any texts: what is valid comes back the same.
func FuzzRoundTrip(f *testing.F) {
	base := time.Date(2026, 11, 23, 17, 15, 3, 123e6, time.UTC).UnixMilli()
	for i, s := range []string{"a", "é", "😀", `"`, `\`, "/", " x ", "a\tb", "\x00", "\xff", "\xef", "\xed\xa0\x80", "\u2028", "\u007f",
		"\uFFFD", "<&>", "{}", "[]", ",", ":", "0", "null", "e\u0301", "\u200b", x64, e64, x64 + "x", "", " ", "'"} {
		f.Add("E607"+s, int64(15075+i), []string{"BRL", "JPY", "KWD", "CLF"}[i%4], s, "P"+s, base+int64(i), "pix", s, s)
	}
	f.Add("1", int64(1), "BRL", "a", "b", int64(946684800000), "a", "", "")
	f.Add("1", int64(9999999999999999), "CLF", "a", "b", int64(4102444799999), "-", "", "amount")
	f.Fuzz(func(t *testing.T, id string, minor int64, currency, payer, payee string, at int64, method, source, more string) {
		e := payment.Event{TransactionID: id, Amount: payment.Money{Minor: minor, Currency: payment.Currency(currency)},
			PayerAccount: payer, PayeeAccount: payee, OccurredAt: time.UnixMilli(at).UTC(), Method: method, Source: source}
		if payment.Validate(&e) != nil {
			return
		}
		if quoted, err := jsontext.AppendQuote(nil, more); err == nil && !strings.Contains(more, "\x00") {
			e.Extra = append(append([]byte(`{"unknown":`), quoted...), '}')
		}
		if len(wire.Encode(&e)) <= 1<<20 {
			checkRoundTrip(t, &e)
		}
	})
}

// FuzzControl encodes control totals of any texts, times and numbers: what is
// valid comes back the same.
func FuzzControl(f *testing.F) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for i, s := range []string{"", "app-1", "é", "😀", `"`, `\`, " x ", "\x00", "\xff", "\u2028", x64, x64 + "x"} {
		f.Add(s, "p"+s, base, base+60_000, int64(i), []string{"BRL", "JPY", "KWD", "CLF"}[i%4], int64(45125), uint8(i), []byte(s))
	}
	f.Add("", "p", int64(946684800000), int64(946684800001), int64(0), "BRL", int64(0), uint8(0), []byte(nil))
	f.Add("", "p", int64(4102444799998), int64(4102444799999), int64(1e15), "CLF", int64(1<<63-1), uint8(255), []byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, source, producer string, from, until, count int64, currency string, minor int64, times uint8, print []byte) {
		c := payment.ControlTotal{Window: payment.Window{Source: source, Producer: producer,
			From: time.UnixMilli(from).UTC(), Until: time.UnixMilli(until).UTC()}, Count: count}
		copy(c.Prints[:], print)
		if minor != 0 {
			total := payment.Total{}.Add(payment.Money{Minor: minor, Currency: payment.Currency(currency)})
			for range times % 70 { // up to 2^132, beyond what a total holds
				total = total.Plus(total)
			}
			c.Amounts = map[payment.Currency]payment.Total{payment.Currency(currency): total}
		}
		if payment.ValidateControl(&c) == nil {
			checkControlRoundTrip(t, &c)
		}
	})
}
