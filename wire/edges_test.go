package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"recibo/payment"
	"recibo/wire"
)

// TestNamesThatMayStandInADetail walks along the edge of what looks like a name.
func TestNamesThatMayStandInADetail(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "z": "z", "A": "A", "Z": "Z", "_": "_", "a0": "a0", "Z9": "Z9", "_a_": "_a_", "0a": "unknown", "": "unknown",
		"a`": "unknown", "a{": "unknown", "a@": "unknown", "a[": "unknown", "a/": "unknown", "a:": "unknown",
		strings.Repeat("n", 32): strings.Repeat("n", 32), strings.Repeat("n", 33): "unknown",
	} {
		if got := controlRefused(t, editControl(name, "1")).Faults[0].Field; got != want {
			t.Errorf("%q is told as %q, want %q", name, got, want)
		}
	}
}

// TestDetailIsBounded: 150 bytes of names are told, and of more the mark.
func TestDetailIsBounded(t *testing.T) {
	for _, c := range []struct {
		fields, size int
		want         string
	}{
		{5, 24, "a control total: 5 fields are invalid: A, B, C, D, E"},
		{5, 25, "a control total: 5 fields are invalid: A, B, C, D, …"},
		{9, 25, "a control total: 9 fields are invalid: A, B, C, D, …"},
		{16, 1, "a control total: 16 fields are invalid: A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P"},
	} {
		body, want := editControl(), c.want
		for i := range c.fields {
			letter := string(rune('A' + i))
			name := strings.Repeat(letter, c.size)
			body = body[:len(body)-1] + fmt.Sprintf(`,%q:1}`, name)
			want = strings.Replace(want, " "+letter, " "+name, 1)
		}
		if got := controlRefused(t, body).Detail; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestValuesAreCutAtTheirBound: 256 bytes are kept whole, 257 are cut.
func TestValuesAreCutAtTheirBound(t *testing.T) {
	list := func(size int) string { return `["` + strings.Repeat("x", size-4) + `"]` }
	for name, read := range map[string]func(value string) payment.Faults{
		"an event":        func(v string) payment.Faults { return refused(t, edit("method", v), wire.Options{}).Faults },
		"a control total": func(v string) payment.Faults { return controlRefused(t, editControl("amounts", v)).Faults },
		"a sum in it": func(v string) payment.Faults {
			return controlRefused(t, editControl("amounts", `{"BRL":`+v+`}`)).Faults
		},
		"a field's text":   func(v string) payment.Faults { return refused(t, edit("method", quoted(v)), wire.Options{}).Faults },
		"a sum's own text": func(v string) payment.Faults { return controlRefused(t, editControl("from", quoted(v))).Faults },
	} {
		if got := read(list(256))[0].Value; got != list(256) {
			t.Errorf("%s: 256 bytes become %q", name, got)
		}
		for _, size := range []int{257, 258, 300} {
			if got := read(list(size))[0].Value; got != list(size)[:253]+"…" {
				t.Errorf("%s: %d bytes become %d: %q", name, size, len(got), got)
			}
		}
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// TestHintsOfNull: what may be left out is told so, what may not is wanted.
func TestHintsOfNull(t *testing.T) {
	for field, want := range map[string]string{"source": "leave the field out, or give a value", "producer": "give a value", "count": "give a value"} {
		if got := controlRefused(t, editControl(field, "null")).Faults[0].Hint; got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

// TestCountsAreToldWhole: also one of which not all digits are read.
func TestCountsAreToldWhole(t *testing.T) {
	for _, digits := range []string{"1000000000000001", "9223372036854775807", "10000000000000000000", "1" + strings.Repeat("0", 200)} {
		f := controlRefused(t, editControl("count", digits)).Faults[0]
		if f.Code != payment.CodeOutOfRange || f.Value != digits {
			t.Errorf("%s: %+v", digits, f)
		}
	}
}

// TestKeysOfAll: many objects may have the same keys, far more of them than are
// compared one by one, and one object
// none twice, whichever it is and however the table grew.
func TestKeysOfAll(t *testing.T) {
	objects := edit("a", "["+strings.Trim(strings.Repeat(",{"+manyKeys(40)+"}", 250), ",")+"]")
	if _, err := wire.Decode([]byte(objects), wire.Options{MaxBytes: len(objects)}); err != nil {
		t.Errorf("250 objects of 40 keys: %v", err)
	}
	const keys = 520
	object := edit("a", "{"+manyKeys(keys)+",%q:1}")
	for i := range keys {
		key := fmt.Sprintf("k%d", i)
		if got := refused(t, strings.Replace(object, "%q", fmt.Sprintf("%q", key), 1), wire.Options{}); got.Reason != wire.Malformed {
			t.Fatalf("of %d keys %s twice: %v", keys, key, got)
		}
	}
}

// TestPairsOfSurrogates: the first and the last character that takes a pair are
// the keys that they stand for.
func TestPairsOfSurrogates(t *testing.T) {
	for escape, text := range map[string]string{`\ud800\udc00`: "\U00010000", `\udbff\udfff`: "\U0010FFFF", `\ud7ff`: "\uD7FF", `\ue000`: "\uE000"} {
		if got := refused(t, edit("a", `{"`+escape+`":1,"`+text+`":1}`), wire.Options{}); got.Reason != wire.Malformed {
			t.Errorf("%s is not %q: %v", escape, text, got)
		}
	}
}

// TestEscapeAtTheEnd: a bad escape is one even where the message ends behind it.
func TestEscapeAtTheEnd(t *testing.T) {
	for body, want := range map[string]string{`{"\x`: "byte 2", `{"\`: "byte 3", `{"\n`: "byte 4", `{"\u00`: "byte 6"} {
		if got := refused(t, body, wire.Options{}); !strings.HasPrefix(got.Detail, want+": ") {
			t.Errorf("%s: %s, want %s", body, got.Detail, want)
		}
	}
}

// TestEncodeLeavesSpaces: a space is written as it is.
func TestEncodeLeavesSpaces(t *testing.T) {
	e := baseEvent()
	e.Source = "mobile app"
	if got := string(wire.Encode(&e)); !strings.HasSuffix(got, `,"source":"mobile app"}`) {
		t.Error(got)
	}
}

// TestUnreadableCountSaysNothingOfSums: without a count nobody knows whether
// there should be amounts.
func TestUnreadableCountSaysNothingOfSums(t *testing.T) {
	for count, want := range map[string]string{"null": "count: null", "": "count: missing", `"3"`: "count: wrong_type", "-1": "count: sign", "1.5": "count: too_many_decimals"} {
		if got := controlRefused(t, editControl("count", count, "amounts", "{}")).Faults.Error(); got != want {
			t.Errorf("count %s: %s, want %s", count, got, want)
		}
	}
}
