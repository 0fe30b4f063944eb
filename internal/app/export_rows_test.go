package app

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shown makes payments, as they are shown, with anything in them.
var shown = rapid.Custom(func(t *rapid.T) Payment {
	text := func(label string) string { return rapid.String().Draw(t, label) }
	p := Payment{TransactionID: text("id"), Amount: "150.75", Currency: "BRL", PayerAccount: text("payer"), PayeeAccount: text("payee"),
		OccurredAt: "2026-11-23T17:15:03.123Z", Method: "pix", Source: some(text("source")), Extra: json.RawMessage("null"),
		Queue: text("queue"), Position: text("position"), EntryID: some(text("entry")), RecordedAt: "2026-11-23T17:15:04.000Z"}
	if rapid.Bool().Draw(t, "with extra") {
		p.Extra, _ = plainJSON(map[string]any{text("key"): text("value")})
		p.Fingerprint = some(text("fingerprint"))
	}
	return p
})

func written(t rapid.TB, x PaymentExport, ps ...Payment) string {
	var out strings.Builder
	columns, err := x.columns()
	if err != nil {
		t.Fatal(err)
	}
	buffer := bufio.NewWriter(&out)
	w := newRowWriter(buffer, x.RowForm, columns)
	err = w.header()
	for i := range ps {
		if err == nil {
			err = w.row(&ps[i])
		}
	}
	if err == nil {
		err = buffer.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestExportedObjectsAreThoseOfTheList: the same bytes as encoding/json makes
// of the same payment.
func TestExportedObjectsAreThoseOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := shown.Draw(t, "payment")
		want, err := plainJSON(p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want)+"\n", written(t, PaymentExport{RowForm: RowForm{Format: NDJSON}}, p)); diff != "" {
			t.Fatalf("(-list +export)\n%s", diff)
		}
	})
}

// TestCSVIsExact: a reader gets every cell as it was.
func TestCSVIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOfN(shown, 1, 3).Draw(t, "payments")
		got, err := csv.NewReader(strings.NewReader(written(t, PaymentExport{RowForm: RowForm{Format: CSV}}, ps...))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{PaymentColumns()}
		for i := range ps {
			var record []string
			for _, c := range paymentColumns {
				cell := ""
				if v := c.value(&ps[i]); v != nil {
					cell = strings.ReplaceAll(*v, "\r\n", "\n") // the reader does that, not the writer
				}
				record = append(record, cell)
			}
			want = append(want, record)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEmptyCellsAreRows(t *testing.T) {
	x := PaymentExport{RowForm: RowForm{Format: CSV}, Columns: []string{"source"}}
	if got := written(t, x, Payment{}, Payment{Source: some("a")}, Payment{}); got != "source\n\"\"\na\n\"\"\n" {
		t.Errorf("wrote %q", got)
	}
}

func TestInert(t *testing.T) {
	for in, want := range map[string]string{"": "", "a=1": "a=1", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx",
		"＝1": "'＝1", "é": "é", "'": "'", "\xff": "\xff"} {
		if got := inert(in); got != want {
			t.Errorf("inert(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCanonicalJSON(t *testing.T) {
	for in, want := range map[string]string{
		"null": "", "": "", "{": "",
		`{"b":1,"a":{"d":[1, 2],"c":null}}`:              `{"a":{"c":null,"d":[1,2]},"b":1}`,
		`{"n": 12345678901234567890.1230, "e": 1E+2}`:    `{"e":1E+2,"n":12345678901234567890.1230}`,
		`{"a":"\u00e9<&>\/\u001b","b":"\ud83d\ude42"}`:   `{"a":"é<&>/\u001b","b":"🙂"}`,
		"{\n \"a\": \"two\\nlines\"\n}":                  `{"a":"two\nlines"}`,
		`{"A":1,"a":2,"é":3,"\u0000":4,"aa":5,"B":true}`: `{"\u0000":4,"A":1,"B":true,"a":2,"aa":5,"é":3}`,
	} {
		if got := canonicalJSON(json.RawMessage(in)); got != want {
			t.Errorf("canonicalJSON(%s) = %s, want %s", in, got, want)
		}
	}
}

// TestBusinessColumns: they say what was paid and never how it came here.
func TestBusinessColumns(t *testing.T) {
	want := "transaction_id,amount,currency,payer_account,payee_account,occurred_at,method,source,extra,fingerprint"
	x := PaymentExport{RowForm: RowForm{Format: CSV}, Columns: []string{BusinessColumns}}
	if got := written(t, x); got != want+"\n" {
		t.Errorf("header %q", got)
	}
	x.Columns = []string{"recorded_at", BusinessColumns, "queue"}
	if got := written(t, x); got != "recorded_at,"+want+",queue\n" {
		t.Errorf("header %q", got)
	}
}
