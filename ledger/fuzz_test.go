package ledger_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/ledger"
)

// FuzzRead feeds arbitrary files: no panic, an error comes once and last, and
// every message that is read can be written and read back.
func FuzzRead(f *testing.F) {
	const h = `6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d`
	unique := `{"message":"1:0","kind":"unique","transaction_id":"E","fingerprint":"` + h + `","body_sha256":"` + h + `"}` + "\n"
	malformed := `{"message":"1:1","kind":"malformed","body_sha256":"` + h + `"}` + "\n"
	for _, text := range []string{
		`{"batch":2}` + "\n" + unique + malformed + `{"sent":["1:1","1:1"],"count":1}` + "\n",
		`{"batch":2}` + "\n" + unique + malformed + `{"sent":["1:0","1:1"],"count":2}` + "\n" + `{"batch":1}` + "\n" + malformed,
		`{"batch":1}` + "\n" + unique + unique,
		`{"batch":1}` + "\n" + unique + `{"sent":["1:0"],"count":1}` + "\n",
		`{"batch":1}` + "\n" + unique + `{"sent":["1:0","1:0"],"count":2}` + "\n",
		`{"batch":10001}` + "\n", `{"batch":0}` + "\n", "{}\n", "\n", "[]\n", "", `{"batch":1}` + "\n" + unique[:len(unique)-9],
		`{"batch":1}` + "\n" + `{"message":"\ud800","kind":"invalid","body_sha256":"` + h + `"}` + "\n",
		`{"batch":1,"message":"1:0"}` + "\n", unique,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var lines []ledger.Line
		ended := false
		for l, err := range ledger.Read(bytes.NewReader(text)) {
			if ended {
				t.Fatal("the sequence went on after an error")
			}
			if err != nil {
				ended = true
				if l != (ledger.Line{}) {
					t.Fatalf("the error comes with %+v", l)
				}
				continue
			}
			if l.MessageID == "" || l.Kind.Valid() != (l.TransactionID != "") {
				t.Fatalf("read %+v", l)
			}
			lines = append(lines, l)
		}
		if len(lines) > 0 && len(lines) <= ledger.MaxBatch && distinct(lines) {
			checkWritten(t, lines)
		}
	})
}

// distinct messages are all that a writer takes in one batch.
func distinct(lines []ledger.Line) bool {
	ids := map[string]bool{}
	for i := range lines {
		ids[lines[i].MessageID] = true
	}
	return len(ids) == len(lines)
}

// checkWritten writes lines as one batch, and demands them back.
func checkWritten(t *testing.T, lines []ledger.Line) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.ndjson")
	w, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var sent []int
	for i := range lines {
		if !lines[i].InDoubt {
			sent = append(sent, i)
		}
	}
	if err := w.Append(lines); err != nil {
		t.Fatal(err)
	}
	if err := w.Sent(sent); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var back []ledger.Line
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for l, err := range ledger.Read(bytes.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, l)
	}
	if diff := cmp.Diff(lines, back); diff != "" {
		t.Fatalf("-written +read:\n%s", diff)
	}
}
