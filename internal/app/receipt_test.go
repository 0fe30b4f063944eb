package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
)

// fullReceipt has something in every place.
func fullReceipt(language string) *Receipt {
	seed := uint64(7)
	r := &Receipt{Version: 1, Language: language, MadeAt: "2026-11-25T03:33:12.123Z", Program: "recibo v1.2.3",
		Store:  "postgres://app:***@db.payments.example.internal:5432/payments?sslmode=verify-full&sslrootcert=/etc/recibo/ca.pem",
		Source: some("mobile-app"), Since: some("2026-11-01T00:00:00.000Z"), Until: some("2026-12-01T00:00:00.000Z"), GraceMS: 300_000,
		Sent:     &Basis{Seed: &seed, Start: "2026-11-01T00:00:00.000Z", Count: 1_234_567, Faults: "duplicate=1%,conflict=0.1%"},
		Payments: ReceiptPayments{Count: 1_234_500, Amounts: map[string]string{"BRL": "1234567890.50", "JPY": "1000", "USD": "0.07"}, Prints: strings.Repeat("ab", 32)},
		Compared: &reconcile.Result{Expected: 1_234_501, Recorded: 1_234_500, Missing: 1, Mended: 2, Held: 3, Accounted: 1_234_566,
			Examples: []reconcile.Example{{Kind: "missing", ID: "E6070119020261123141503aB9xQ2Lk7"}}},
		Duplicates: 98_765}
	r.Controls = ReceiptControls{Count: 4, SHA256: strings.Repeat("cd", 32), Windows: 3, Uncovered: 12, Mended: 2,
		ByVerdict: map[reconcile.Verdict]int64{"balanced": 1, "open": 1, "missing": 1, "too_many": 1, "differs": 0, "overlapping": 0},
		Examples: []ReceiptWindow{
			{Source: some("mobile-app"), From: "2026-11-02T10:00:00.000Z", Until: "2026-11-02T10:01:00.500Z", Verdict: "missing",
				Difference: reconcile.Difference{Count: -1, Amounts: map[payment.Currency]string{"BRL": "-1388.90"}},
				Payments:   []reconcile.Example{{Kind: "missing", ID: "E6070119020261123141503aB9xQ2Lk7"}}},
			{From: "2026-11-02T10:00:00.000Z", Until: "2026-11-02T10:01:00.000Z", Verdict: "too_many",
				Difference: reconcile.Difference{Count: 1200, Amounts: map[payment.Currency]string{"USD": "0.07"}}, Payments: []reconcile.Example{}},
		}}
	r.Held = ReceiptHeld{Count: 1003, Unplaced: 1, ByReason: map[quarantine.Reason]int64{"invalid": 1001, "malformed": 1, "conflict": 1},
		Entries: []ReceiptEntry{
			{ID: strings.Repeat("0a", 16), Reason: "invalid", State: "held", Amount: some("150.75"), Currency: some("BRL")},
			{ID: strings.Repeat("1b", 16), Reason: "malformed", State: "held"},
			{ID: strings.Repeat("2c", 16), Reason: "conflict", State: "redriven", Amount: some("9.00"), Currency: some("USD")}}}
	r.Redriven = ReceiptRedriven{Count: 2, Mended: 1, Payments: []ReceiptRedrive{
		{ID: strings.Repeat("i", 64), Entry: strings.Repeat("3d", 16), Mended: true}, {ID: "plain", Entry: strings.Repeat("4e", 16)}}}
	r.Outages = ReceiptOutages{Count: 2, Outages: []ReceiptOutage{
		{ID: "o2", Component: store.QueueComponent, BeganAt: "2026-11-20T10:00:00.000Z"},
		{ID: "o1", Component: store.StoreComponent, BeganAt: "2026-11-10T10:00:00.000Z", EndedAt: some("2026-11-10T10:00:03.250Z")}}}
	r.Verdict = r.verdict()
	return r
}

// TestReceiptGolden freezes how a receipt of version 1 reads: files of it are
// verified by writing them again.
func TestReceiptGolden(t *testing.T) {
	for _, language := range ReceiptLanguages() {
		text, _ := renderReceipt(fullReceipt(language))
		file := filepath.Join("testdata", "receipt_"+language+".txt")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", file, diff)
		}
		for i, line := range strings.Split(text, "\n") {
			// A text of the figures that is longer by itself is the one exception.
			if columns := utf8.RuneCountInString(line); columns > pageColumns && !strings.HasPrefix(line, `"store":`) {
				t.Errorf("%s: line %d has %d columns", file, i+1, columns)
			}
		}
	}
}

// TestReceiptIsReadBack: what is written is intact, whatever stands in it, and
// follows from what is read.
func TestReceiptIsReadBack(t *testing.T) {
	odd := fullReceipt("en")
	odd.Store = "sqlite:/tmp/" + receiptHash + "\n" + receiptEnd + "\"\\{[,]}<&>\u202e\x01é"
	odd.Source = some(strings.Repeat("a,{[\"", 30))
	for name, r := range map[string]*Receipt{"english": fullReceipt("en"), "portuguese": fullReceipt("pt"), "odd texts": odd} {
		text, sum := renderReceipt(r)
		got, intact, err := parseReceipt(text)
		if err != nil || !intact || !strings.HasSuffix(text, receiptHash+sum+"\n") {
			t.Fatalf("%s: intact %t, %v", name, intact, err)
		}
		if diff := cmp.Diff(*r, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestReceiptAlterations: no byte of a receipt can be changed, and no words that
// do not follow from the figures pass, even with a hash that fits them.
func TestReceiptAlterations(t *testing.T) {
	text, _ := renderReceipt(fullReceipt("en"))
	for i := range len(text) {
		altered := text[:i] + string(text[i]^1) + text[i+1:]
		if _, intact, _ := parseReceipt(altered); intact {
			t.Fatalf("byte %d, %q, can be changed", i, text[max(0, i-20):i+1])
		}
	}
	rehash := func(body string) string {
		above, _, _ := cutLast(body, receiptHash)
		return above + receiptHash + hashOf(above) + "\n"
	}
	for name, altered := range map[string]string{
		"words":          rehash(strings.Replace(text, "Recorded .................... 1,234,500", "Recorded .................... 1,234,501", 1)),
		"verdict":        rehash(strings.Replace(text, "NOT COMPLETE.", "COMPLETE.", 1)),
		"another figure": rehash(strings.Replace(text, `"duplicates":98765`, `"duplicates":98766`, 1)),
		"one more line":  rehash(strings.Replace(text, receiptBegin, "Signed: the bank\n"+receiptBegin, 1)),
		"behind the end": text + "Signed: the bank\n",
		"a field more":   rehash(strings.Replace(text, `"duplicates":98765`, `"duplicates":98765,"signed":true`, 1)),
	} {
		if altered == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, intact, err := parseReceipt(altered); intact || err != nil {
			t.Errorf("%s: intact %t, %v", name, intact, err)
		}
	}
	for name, other := range map[string]string{
		"empty": "", "prose": "dear all,\n", "a hash alone": "x\n" + receiptHash + hashOf("x\n") + "\n",
		"a later version": rehash(strings.Replace(text, `"recibo_receipt":1,`, `"recibo_receipt":2,`, 1)),
		"other figures":   rehash("x\n" + receiptBegin + "nothing\n" + receiptEnd + receiptHash),
	} {
		if _, _, err := parseReceipt(other); err == nil {
			t.Errorf("%s: it passes for a receipt", name)
		}
	}
}

func TestReceiptVerdict(t *testing.T) {
	window := func(v reconcile.Verdict) ReceiptControls {
		return ReceiptControls{Windows: 2, ByVerdict: map[reconcile.Verdict]int64{"balanced": 1, v: 1}}
	}
	balanced, not := &reconcile.Result{Balanced: true}, &reconcile.Result{}
	for _, c := range []struct {
		controls ReceiptControls
		compared *reconcile.Result
		want     ReceiptVerdict
	}{
		{ReceiptControls{}, nil, ReceiptUnproven},
		{ReceiptControls{ByVerdict: map[reconcile.Verdict]int64{"open": 1}}, nil, ReceiptUnproven},
		{ReceiptControls{}, balanced, ReceiptComplete},
		{ReceiptControls{}, not, ReceiptIncomplete},
		{window("balanced"), nil, ReceiptComplete},
		{window("balanced"), not, ReceiptIncomplete},
		{window("open"), nil, ReceiptOpen},
		{window("open"), balanced, ReceiptComplete},
		{window("missing"), nil, ReceiptIncomplete},
		{window("too_many"), balanced, ReceiptIncomplete},
		{window("differs"), nil, ReceiptIncomplete},
		{window("overlapping"), nil, ReceiptIncomplete},
	} {
		if got := (&Receipt{Controls: c.controls, Compared: c.compared}).verdict(); got != c.want {
			t.Errorf("%v and %v: %s, want %s", c.controls.ByVerdict, c.compared, got, c.want)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct{ all, messages, lang, want string }{
		{"", "", "", "en"}, {"", "", "pt_BR.UTF-8", "pt"}, {"C", "", "pt_BR.UTF-8", "en"}, {"pt_PT", "en_US", "en_US", "pt"}, {"", "pt", "en", "pt"}, {"", "", "C", "en"},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}
		if got := LanguageOf(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("%+v gives %s", c, got)
		}
	}
}
