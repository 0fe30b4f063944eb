package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/ledger"
)

func message(index int, kind ledger.Kind) ledger.Line {
	l := ledger.Line{MessageID: fmt.Sprintf("1:%d", index), Kind: kind, BodySHA256: sha256.Sum256([]byte{byte(index)})}
	if kind.Valid() {
		l.TransactionID = fmt.Sprintf("E<%d>&\"", index)
		l.Fingerprint = sha256.Sum256([]byte{byte(index), 1})
	}
	return l
}

func messages(from, count int) []ledger.Line {
	ls := make([]ledger.Line, count)
	for i := range ls {
		ls[i] = message(from+i, ledger.Kinds[(from+i)%len(ledger.Kinds)])
	}
	return ls
}

func open(t rapid.TB, path string) *ledger.Writer {
	t.Helper()
	w, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t rapid.TB, text []byte) []ledger.Line {
	t.Helper()
	var ls []ledger.Line
	for l, err := range ledger.Read(bytes.NewReader(text)) {
		must(t, err)
		ls = append(ls, l)
	}
	return ls
}

func readFile(t rapid.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return text
}

func TestFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.ndjson")
	w := open(t, path)
	must(t, w.Append([]ledger.Line{message(0, ledger.Unique), message(1, ledger.Malformed), message(2, ledger.TooLarge)}))
	must(t, w.Sent([]int{0, 2}))
	must(t, w.Close())
	want := `{"batch":3}
{"message":"1:0","kind":"unique","transaction_id":"E<0>&\"","fingerprint":"b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2","body_sha256":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}
{"message":"1:1","kind":"malformed","body_sha256":"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"}
{"message":"1:2","kind":"too_large","body_sha256":"dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986"}
{"sent":["1:0","1:0","1:2","1:2"],"count":2}
`
	if diff := cmp.Diff(want, string(readFile(t, path))); diff != "" {
		t.Error(diff)
	}
}

// TestRoundTrip writes batches of which arbitrary parts are sent in arbitrary
// steps, closing and opening in between.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		f, err := os.CreateTemp(dir, "*.ndjson")
		must(t, err)
		must(t, f.Close())
		w := open(t, f.Name())
		var want []ledger.Line
		for range rapid.IntRange(0, 4).Draw(t, "batches") {
			batch := messages(len(want), rapid.IntRange(1, 9).Draw(t, "size"))
			must(t, w.Append(batch))
			calls := [3][]int{}
			for i := range batch {
				call := rapid.IntRange(0, 3).Draw(t, "call")
				batch[i].InDoubt = call == 3
				if call < 3 {
					calls[call] = append(calls[call], i)
				}
			}
			for _, c := range calls {
				must(t, w.Sent(c))
			}
			want = append(want, batch...)
			if rapid.Bool().Draw(t, "reopen") {
				must(t, w.Close())
				w = open(t, f.Name())
			}
		}
		must(t, w.Close())
		if diff := cmp.Diff(want, read(t, readFile(t, f.Name()))); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestKill cuts the file at every byte, as a kill may, and goes on writing.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.ndjson")
	w := open(t, path)
	for from := 0; from < 6; from += 3 {
		must(t, w.Append(messages(from, 3)))
		must(t, w.Sent([]int{0, 1, 2}))
	}
	must(t, w.Close())
	whole := readFile(t, path)
	for cut := range len(whole) {
		torn := filepath.Join(t.TempDir(), "torn.ndjson")
		must(t, os.WriteFile(torn, whole[:cut], 0o600))
		checkTorn(t, whole, cut, read(t, whole[:cut]))
		w := open(t, torn)
		must(t, w.Append(messages(9, 2)))
		must(t, w.Sent([]int{1}))
		must(t, w.Close())
		after := read(t, readFile(t, torn))
		tail := after[len(after)-2:]
		if !tail[0].InDoubt || tail[1].InDoubt || tail[1].MessageID != "1:10" {
			t.Fatalf("cut at %d: what was written afterwards reads %+v", cut, tail)
		}
		checkTorn(t, whole, cut, after[:len(after)-2])
	}
}

func checkTorn(t *testing.T, whole []byte, cut int, got []ledger.Line) {
	t.Helper()
	kept := string(whole[:cut])
	kept = kept[:strings.LastIndexByte(kept, '\n')+1]
	sent := 3 * strings.Count(kept, `{"sent"`)
	if len(got) != strings.Count(kept, `{"message"`) {
		t.Fatalf("cut at %d: %d messages", cut, len(got))
	}
	for i, l := range got {
		if l.InDoubt != (i >= sent) {
			t.Fatalf("cut at %d: message %d in doubt: %v", cut, i, l.InDoubt)
		}
	}
}

func TestWrittenBeforeReturn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.ndjson")
	w := open(t, path)
	must(t, w.Append(messages(0, 2)))
	if got := read(t, readFile(t, path)); len(got) != 2 || !got[1].InDoubt {
		t.Errorf("after Append the file holds %+v", got)
	}
	must(t, w.Sent([]int{0, 1}))
	if got := read(t, readFile(t, path)); got[1].InDoubt {
		t.Error("after Sent the file does not say so")
	}
	must(t, w.Close())
	if err := w.Append(messages(0, 1)); err == nil {
		t.Error("a closed ledger took a batch")
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	must(t, os.WriteFile(path, []byte("my notes\nof today"), 0o600))
	if _, err := ledger.Open(path); err == nil || !strings.Contains(err.Error(), "not a ledger") {
		t.Errorf("error %v", err)
	}
	if string(readFile(t, path)) != "my notes\nof today" {
		t.Error("the file was changed")
	}
	if _, err := ledger.Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func TestWriterRefuses(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "l.ndjson"))
	defer w.Close()
	if w.Append(nil) == nil || w.Append(make([]ledger.Line, ledger.MaxBatch+1)) == nil {
		t.Error("a batch of impossible size was taken")
	}
	must(t, w.Append(messages(0, 3)))
	must(t, w.Sent([]int{1}))
	for _, bad := range [][]int{{3}, {-1}, {1}, {2, 0}, {0, 0}} {
		if w.Sent(bad) == nil {
			t.Errorf("indexes %v were taken", bad)
		}
	}
}

// TestLongestSentLine sends every other message of the largest batch.
func TestLongestSentLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.ndjson")
	w := open(t, path)
	batch := messages(0, ledger.MaxBatch)
	var even []int
	for i := range batch {
		batch[i].MessageID = fmt.Sprintf("18446744073709551615:9999999999%d", i)
		if i%2 == 0 {
			even = append(even, i)
		}
	}
	must(t, w.Append(batch))
	must(t, w.Sent(even))
	must(t, w.Close())
	got := read(t, readFile(t, path))
	if len(got) != len(batch) || got[0].InDoubt || !got[1].InDoubt || got[9998].InDoubt {
		t.Errorf("%d messages came back, or the wrong ones in doubt", len(got))
	}
}

func TestReadErrors(t *testing.T) {
	const h = `6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d`
	bad := func(id string) string { return `{"message":"` + id + `","kind":"invalid","body_sha256":"` + h + `"}` }
	tests := map[string]struct {
		lines []string
		want  string
	}{
		"no JSON":           {[]string{`{"batch":1}`, `hello`}, "line 2: not a line"},
		"empty line":        {[]string{``}, "line 1: not a line"},
		"unknown line":      {[]string{`{"batch":1}`, bad("1"), `{}`}, "line 3: it is neither"},
		"two at once":       {[]string{`{"batch":1,"message":"1"}`}, "line 1: it is neither"},
		"batch of none":     {[]string{`{"batch":0}`}, "line 1: a batch has"},
		"batch too big":     {[]string{`{"batch":10001}`}, "line 1: a batch has"},
		"without a batch":   {[]string{bad("1")}, "line 1: message"},
		"more than said":    {[]string{`{"batch":1}`, bad("1"), bad("2")}, "line 3: message"},
		"unknown kind":      {[]string{`{"batch":1}`, `{"message":"1","kind":"odd","body_sha256":"` + h + `"}`}, "line 2: unknown kind"},
		"no hash":           {[]string{`{"batch":1}`, `{"message":"1","kind":"invalid"}`}, "line 2: body_sha256"},
		"bad hash":          {[]string{`{"batch":1}`, `{"message":"1","kind":"invalid","body_sha256":"` + strings.Repeat("x", 64) + `"}`}, "line 2: body_sha256"},
		"no fingerprint":    {[]string{`{"batch":1}`, `{"message":"1","kind":"unique","transaction_id":"E","body_sha256":"` + h + `"}`}, "line 2: a message of kind"},
		"bad fingerprint":   {[]string{`{"batch":1}`, `{"message":"1","kind":"unique","transaction_id":"E","fingerprint":"00","body_sha256":"` + h + `"}`}, "line 2: fingerprint"},
		"id of a bad event": {[]string{`{"batch":1}`, `{"message":"1","kind":"invalid","transaction_id":"E","body_sha256":"` + h + `"}`}, "line 2: a message of kind"},
		"sent unknown":      {[]string{`{"batch":1}`, bad("1"), `{"sent":["2","2"],"count":1}`}, "line 3: it says"},
		"sent backwards":    {[]string{`{"batch":2}`, bad("1"), bad("2"), `{"sent":["2","1"],"count":2}`}, "line 4: it says"},
		"sent twice":        {[]string{`{"batch":1}`, bad("1"), `{"sent":["1","1"],"count":1}`, `{"sent":["1","1"],"count":1}`}, "line 4: it says a second time"},
		"sent half a pair":  {[]string{`{"batch":1}`, bad("1"), `{"sent":["1"],"count":1}`}, "line 3: a sent line"},
		"sent none":         {[]string{`{"batch":1}`, bad("1"), `{"sent":[],"count":0}`}, "line 3: a sent line"},
		"miscounted":        {[]string{`{"batch":1}`, bad("1"), `{"sent":["1","1"],"count":2}`}, "line 3: it counts"},
		"endless line":      {[]string{strings.Repeat(" ", 2<<20)}, "line 1: it is longer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Join(test.lines, "\n") + "\n"
			var last error
			for _, err := range ledger.Read(strings.NewReader(text)) {
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), test.want) {
				t.Errorf("error %v, want one with %q", last, test.want)
			}
		})
	}
}

func TestReadStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.ndjson")
	w := open(t, path)
	must(t, w.Append(messages(0, 3)))
	must(t, w.Append(messages(3, 3)))
	must(t, w.Close())
	text := readFile(t, path)
	for most := range 6 {
		got := 0
		for range ledger.Read(bytes.NewReader(text)) {
			if got++; got > most {
				break
			}
		}
		if got != most+1 {
			t.Errorf("%d lines after stopping at %d", got, most+1)
		}
	}
}

func TestKindsAreDistinct(t *testing.T) {
	sorted := slices.Sorted(slices.Values(ledger.Kinds))
	if len(slices.Compact(sorted)) != 6 {
		t.Errorf("kinds %v", ledger.Kinds)
	}
}
