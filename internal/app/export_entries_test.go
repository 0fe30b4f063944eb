package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"recibo/payment"
	"recibo/quarantine"
)

// rowOf is an entry as it is exported.
func rowOf(e *quarantine.Entry, showAccounts bool) *entryRow {
	return &entryRow{Entry: viewEntry(e, showAccounts, false), sha256: "00", body: e.Body, mended: e.MendedBody}
}

func TestEntryRows(t *testing.T) {
	e := quarantine.New(quarantine.Invalid, []byte("{\xff}"), "1 field is invalid", []quarantine.FieldError{
		{Field: payment.FieldPayerAccount, Code: "not_printable", Value: "BR1800360305000010009795493C1"}}, time.Now())
	e.MendedBody = []byte(`{"a":"é"}`)
	columns := append(entryColumns[:len(entryColumns):len(entryColumns)], bodyColumns...)
	var out bytes.Buffer
	buffer := bufio.NewWriter(&out)
	w := newRowWriter(buffer, RowForm{Format: NDJSON}, columns)
	if err := w.row(rowOf(e, false)); err != nil {
		t.Fatal(err)
	}
	if err := buffer.Flush(); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	for name, want := range map[string]any{"id": e.ID, "body": "e/99", "body_encoding": "base64", "mended_body": `{"a":"é"}`, "mended_body_encoding": "utf-8",
		"seen": 1.0, "truncated": false, "mended": true, "redrive_id": nil, "state": "held"} {
		if v[name] != want {
			t.Errorf("%s is %v, want %v", name, v[name], want)
		}
	}
	if strings.Contains(out.String(), "0036") {
		t.Errorf("an account is shown: %s", out.String())
	}
}

// TestEntryColumnsAreTheFields: an export has what a list has.
func TestEntryColumnsAreTheFields(t *testing.T) {
	b, err := json.Marshal(viewEntry(quarantine.New(quarantine.Malformed, []byte("{"), "", nil, time.Now()), false, false))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range columnNames(entryColumns) {
		names[name] = true
	}
	for field := range fields {
		if !names[field] {
			t.Errorf("the export has no column %s", field)
		}
	}
	if len(names) != len(fields)+1 { // body_sha256
		t.Errorf("%d columns, %d fields", len(names), len(fields))
	}
}
