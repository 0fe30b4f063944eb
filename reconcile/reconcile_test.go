package reconcile_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/ledger"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
	"recibo/store/storetest"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func pay(id string, minor int64) store.Payment {
	e := payment.Event{TransactionID: id, Amount: payment.Money{Minor: minor, Currency: "BRL"},
		PayerAccount: "P", PayeeAccount: "Q", OccurredAt: at, Method: "pix", Source: "api"}
	return store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "q", RecordedAt: at}
}

func body(p store.Payment) string { return p.TransactionID + " " + p.Amount.Decimal() }

// line is the message that announced p.
func line(message string, p store.Payment) ledger.Line {
	return ledger.Line{MessageID: message, Kind: ledger.Unique, TransactionID: p.TransactionID,
		Fingerprint: p.Fingerprint, BodySHA256: sha256.Sum256([]byte(body(p)))}
}

func junk(message, text string) ledger.Line {
	return ledger.Line{MessageID: message, Kind: ledger.Malformed, BodySHA256: sha256.Sum256([]byte(text))}
}

func doubtful(l ledger.Line) ledger.Line { l.InDoubt = true; return l }

func entry(reason quarantine.Reason, text string) quarantine.Entry {
	return *quarantine.New(reason, []byte(text), "why", nil, at)
}

func sent(lines ...ledger.Line) iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func fill(t *testing.T, payments []store.Payment, entries []quarantine.Entry) store.Reader {
	t.Helper()
	s := storetest.NewMemory()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, payments); err != nil {
			return err
		}
		return tx.Quarantine(ctx, entries)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Reader()
}

type runCase struct {
	sent    []ledger.Line
	stored  []store.Payment
	entries []quarantine.Entry
	config  reconcile.Config
	want    reconcile.Result
}

func runCases() map[string]runCase {
	a, a2, b, c := pay("a", 100), pay("a", 200), pay("b", 100), pay("c", 100)
	mended := pay("a", 999)
	mended.EntryID = "e1"
	changed := a // somebody wrote another amount into the row
	changed.Amount.Minor = 1
	example := func(kind, id string) []reconcile.Example { return []reconcile.Example{{Kind: kind, ID: id}} }
	none := []reconcile.Example{}
	return map[string]runCase{
		"nothing": {want: reconcile.Result{Balanced: true, Examples: none}},
		"all recorded, a duplicate accounted for": {
			sent: []ledger.Line{line("1", a), line("2", b), line("3", a)}, stored: []store.Payment{a, b},
			want: reconcile.Result{Balanced: true, Expected: 2, Recorded: 2, Accounted: 3, Examples: none}},
		"missing once, however often sent": {
			sent: []ledger.Line{line("1", a), line("2", b), line("3", b)}, stored: []store.Payment{a},
			want: reconcile.Result{Expected: 2, Recorded: 1, Missing: 1, Accounted: 1, Examples: example("missing", "b")}},
		"unexpected before, between and after": {
			sent: []ledger.Line{line("1", b)}, stored: []store.Payment{a, b, c},
			want: reconcile.Result{Expected: 1, Recorded: 1, Unexpected: 2, Accounted: 1,
				Examples: []reconcile.Example{{Kind: "unexpected", ID: "a"}, {Kind: "unexpected", ID: "c"}}}},
		"out of scope is not unexpected": {
			sent: []ledger.Line{line("1", b)}, stored: []store.Payment{a, b}, config: reconcile.Config{Source: "elsewhere"},
			want: reconcile.Result{Balanced: true, Expected: 1, Recorded: 1, Accounted: 1, Examples: none}},
		"until is exclusive": {
			stored: []store.Payment{a}, config: reconcile.Config{Until: at},
			want: reconcile.Result{Balanced: true, Examples: none}},
		"after since is in scope": {
			stored: []store.Payment{a}, config: reconcile.Config{Since: at.Add(-time.Second)},
			want: reconcile.Result{Unexpected: 1, Examples: example("unexpected", "a")}},
		"before since is not": {
			stored: []store.Payment{a}, config: reconcile.Config{Since: at.Add(time.Second)},
			want: reconcile.Result{Balanced: true, Examples: none}},
		"since is inclusive": {
			stored: []store.Payment{a}, config: reconcile.Config{Since: at},
			want: reconcile.Result{Unexpected: 1, Examples: example("unexpected", "a")}},
		"another content": {
			sent: []ledger.Line{line("1", a)}, stored: []store.Payment{a2},
			want: reconcile.Result{Expected: 1, Differing: 1, Examples: example("differing", "a")}},
		"a row that was changed, and a conflict with it": {
			sent: []ledger.Line{line("1", a), line("2", a2)}, stored: []store.Payment{changed},
			entries: []quarantine.Entry{entry(quarantine.Conflict, body(a2))},
			want:    reconcile.Result{Expected: 1, Differing: 1, Held: 1, Accounted: 1, Examples: example("differing", "a")}},
		"a conflict: one version recorded, the other held": {
			sent: []ledger.Line{line("1", a), line("2", a2)}, stored: []store.Payment{a2},
			entries: []quarantine.Entry{entry(quarantine.Conflict, body(a))},
			want:    reconcile.Result{Balanced: true, Expected: 1, Recorded: 1, Held: 1, Accounted: 2, Examples: none}},
		"a conflict whose other version was dropped": {
			sent: []ledger.Line{line("1", a), line("2", a2)}, stored: []store.Payment{a},
			want: reconcile.Result{Expected: 1, Recorded: 1, Missing: 1, Accounted: 1, Examples: example("missing", "a")}},
		"rejected by the database": {
			sent: []ledger.Line{line("1", a)}, entries: []quarantine.Entry{entry(quarantine.Rejected, body(a))},
			want: reconcile.Result{Balanced: true, Expected: 1, Held: 1, Accounted: 1, Examples: none}},
		"junk held, equal junk shares its entry": {
			sent: []ledger.Line{junk("1", "x"), junk("2", "x")}, entries: []quarantine.Entry{entry(quarantine.Malformed, "x")},
			want: reconcile.Result{Balanced: true, Held: 1, Accounted: 2, Examples: none}},
		"junk lost": {
			sent: []ledger.Line{junk("7:3", "x")}, entries: []quarantine.Entry{entry(quarantine.Malformed, "y")},
			want: reconcile.Result{Missing: 1, Examples: example("missing", "7:3")}},
		"in doubt and absent": {
			sent: []ledger.Line{doubtful(line("1", a)), doubtful(junk("2", "x"))},
			want: reconcile.Result{Balanced: true, Examples: none}},
		"in doubt and there": {
			sent: []ledger.Line{doubtful(line("1", a))}, stored: []store.Payment{a},
			want: reconcile.Result{Balanced: true, Expected: 1, Recorded: 1, Accounted: 1, Examples: none}},
		"mended": {
			sent: []ledger.Line{line("1", a)}, stored: []store.Payment{mended},
			entries: []quarantine.Entry{entry(quarantine.Rejected, body(a))},
			want:    reconcile.Result{Balanced: true, Expected: 1, Mended: 1, Held: 1, Accounted: 1, Examples: none}},
	}
}

func TestRun(t *testing.T) {
	for name, test := range runCases() {
		t.Run(name, func(t *testing.T) {
			test.config.Reader, test.config.Sent = fill(t, test.stored, test.entries), sent(test.sent...)
			got, err := reconcile.Run(t.Context(), test.config)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// More than fits into the sorters' memory, in random order.
func TestRunSortsOnDisk(t *testing.T) {
	const n = 5000
	payments := make([]store.Payment, n)
	lines := make([]ledger.Line, n)
	for i := range payments {
		payments[i] = pay(fmt.Sprintf("id-%09d", i), int64(i+1))
		lines[i] = line(fmt.Sprint(i), payments[i])
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(n, func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	got, err := reconcile.Run(t.Context(), reconcile.Config{
		Reader: fill(t, payments[1:], nil), Sent: sent(lines...), TempDir: t.TempDir(), Chunk: 700})
	if err != nil {
		t.Fatal(err)
	}
	want := reconcile.Result{Expected: n, Recorded: n - 1, Missing: 1, Accounted: n - 1,
		Examples: []reconcile.Example{{Kind: "missing", ID: "id-000000000"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRunReportsErrors(t *testing.T) {
	broken := errors.New("line 3: not JSON")
	_, err := reconcile.Run(t.Context(), reconcile.Config{Reader: storetest.NewMemory().Reader(),
		Sent: func(yield func(ledger.Line, error) bool) { yield(ledger.Line{}, broken) }})
	if !errors.Is(err, broken) {
		t.Errorf("a broken ledger gives %v", err)
	}
	down := storetest.NewFaulty(storetest.NewMemory())
	down.Down("gone")
	if _, err := reconcile.Run(t.Context(), reconcile.Config{Reader: down.Reader(), Sent: sent(junk("1", "x"))}); err == nil {
		t.Error("a store that does not answer gives a verdict")
	}
	if _, err := reconcile.Run(t.Context(), reconcile.Config{Reader: fill(t, nil, nil),
		Sent: sent(junk("1", "x")), TempDir: "/nowhere/at/all"}); err != nil {
		t.Errorf("a few records need no disk, but: %v", err)
	}
}
