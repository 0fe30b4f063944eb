package simulator

import (
	"errors"
	"fmt"
	"testing"

	"recibo/ledger"
	"recibo/payment"
	"recibo/wire"
)

func reject(t *testing.T, body []byte) *wire.Error {
	t.Helper()
	_, err := wire.Decode(body, wire.Options{})
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		t.Fatalf("decoded with error %v: %q", err, body)
	}
	return e
}

func TestEveryMalformedKind(t *testing.T) {
	if kinds := len(wraps) + len(bends); kinds < 12 {
		t.Fatalf("%d kinds", kinds)
	}
	g := New(Config{Seed: 5})
	for kind := range len(wraps) + len(bends) {
		name := ""
		if kind < len(wraps) {
			name = wraps[kind].name
		} else {
			name = bends[kind-len(wraps)].name
		}
		t.Run(name, func(t *testing.T) {
			for range 50 {
				m := g.malformedAs(kind)
				if e := reject(t, m.Body); e.Reason != wire.Malformed || m.Kind != ledger.Malformed {
					t.Fatalf("%s is %v: %q", m.Kind, e, m.Body)
				}
			}
		})
	}
}

var fieldNames = map[field]string{
	fieldID: payment.FieldTransactionID, fieldAmount: payment.FieldAmount, fieldCurrency: payment.FieldCurrency,
	fieldPayer: payment.FieldPayerAccount, fieldPayee: payment.FieldPayeeAccount, fieldTime: payment.FieldOccurredAt,
	fieldMethod: payment.FieldMethod, fieldSource: payment.FieldSource,
}

// TestEveryInvalidKind wants each fault to be found as it was meant, and no
// other.
func TestEveryInvalidKind(t *testing.T) {
	if len(invalidKinds) < 25 {
		t.Fatalf("%d kinds", len(invalidKinds))
	}
	g := New(Config{Seed: 6})
	for i, k := range invalidKinds {
		t.Run(fmt.Sprintf("%d %s %s", i, fieldNames[k.field], k.code), func(t *testing.T) {
			for range 50 {
				m := g.invalidAs([]invalidKind{k})
				e := reject(t, m.Body)
				if e.Reason != wire.Invalid || m.Kind != ledger.Invalid || len(e.Faults) != 1 ||
					e.Faults[0].Field != fieldNames[k.field] || e.Faults[0].Code != k.code {
					t.Fatalf("%v: %q", e, m.Body)
				}
			}
		})
	}
}

// TestEveryCode: the simulator shows each code of package payment.
func TestEveryCode(t *testing.T) {
	shown := map[payment.Code]bool{}
	for _, k := range invalidKinds {
		shown[k.code] = true
	}
	for _, c := range []payment.Code{payment.CodeMissing, payment.CodeNull, payment.CodeWrongType, payment.CodeEmpty,
		payment.CodeBlank, payment.CodeTooLong, payment.CodeNotVisibleASCII, payment.CodeNotPrintable,
		payment.CodeBadCharacter, payment.CodeSign, payment.CodeExponent, payment.CodeComma, payment.CodeSpaces,
		payment.CodeLeadingZero, payment.CodeNotANumber, payment.CodeTooManyDecimals, payment.CodeOutOfRange,
		payment.CodeZero, payment.CodeUnknownCurrency, payment.CodeNoOffset, payment.CodeNotRFC3339, payment.CodeBadDate} {
		if !shown[c] {
			t.Errorf("no event is invalid for %s", c)
		}
	}
}

func TestTwoFaultsAtOnce(t *testing.T) {
	g := New(Config{Seed: 6})
	m := g.invalidAs([]invalidKind{{fieldAmount, payment.CodeComma, `"{comma}"`}, {fieldTime, payment.CodeNoOffset, `"{local}"`}})
	if e := reject(t, m.Body); len(e.Faults) != 2 {
		t.Errorf("%v", e)
	}
}

// TestBodiesWithoutIDDiffer: neither id nor time tells these events apart.
func TestBodiesWithoutIDDiffer(t *testing.T) {
	g := New(Config{Seed: 6})
	seen := map[string]bool{}
	for range 30_000 {
		body := string(g.invalidAs([]invalidKind{{fieldID, payment.CodeMissing, ""}, {fieldTime, payment.CodeMissing, ""}}).Body)
		if seen[body] {
			t.Fatalf("twice: %s", body)
		}
		seen[body] = true
	}
}

// TestEveryDialect writes one event as each source does: the same payment.
func TestEveryDialect(t *testing.T) {
	g := New(Config{Seed: 8})
	for range 500 {
		e := g.events.next(false)
		want := payment.FingerprintOf(e)
		for i := range dialects {
			body := dialects[i].encode(g.events.random, e, 0)
			got, err := wire.Decode(body, wire.Options{})
			if err != nil {
				t.Fatalf("%v: %q", err, body)
			}
			if payment.FingerprintOf(&got) != want {
				t.Fatalf("differs in %v: %q", payment.Diff(e, &got), body)
			}
		}
	}
}

// TestManyVersions makes every version that one event may have: all differ
// from it and from each other.
func TestManyVersions(t *testing.T) {
	g := New(Config{Seed: 9})
	p := &past{event: g.events.next(true)}
	seen := map[payment.Fingerprint]bool{payment.FingerprintOf(p.event): true}
	for range mostVersions {
		seen[payment.FingerprintOf(g.conflict(p).Event)] = true
	}
	if len(seen) != mostVersions+1 {
		t.Errorf("%d versions say something else, not %d", len(seen)-1, mostVersions)
	}
}
