package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// bothScene is three minutes of which the first lacks two payments and has one
// too many, the second lacks one, and of the third one was changed.
func bothScene() (s scene, lines []ledger.Line) {
	var all []store.Payment
	for i := range 9 {
		all = append(all, paid(string(rune('a'+i)), "app", 20*i, int64(100+i)))
	}
	for i := range all {
		lines = append(lines, line(all[i].TransactionID, all[i]))
	}
	s.controls = []store.Control{count("p", "app", 0, 60, all[:3]...), count("p", "app", 60, 120, all[3:6]...), count("p", "app", 120, 180, all[6:]...)}
	changed := all[8]
	changed.Amount.Minor = 1
	changed.Fingerprint = payment.FingerprintOf(&changed.Event)
	s.payments = append([]store.Payment{paid("x", "app", 59, 5), all[0]}, all[4:8]...)
	s.payments = append(s.payments, changed)
	return s, lines
}

func both(t *testing.T, r store.Reader, w reconcile.WindowConfig, lines []ledger.Line) (reconcile.WindowsResult, reconcile.Result) {
	t.Helper()
	w.Reader, w.Now = r, late
	windows, compared, err := reconcile.RunBoth(t.Context(),
		reconcile.Config{Reader: r, Sent: sent(lines...), Source: w.Source, Since: w.Since, Until: w.Until}, w)
	if err != nil {
		t.Fatal(err)
	}
	return windows, compared
}

// TestRunBoth: the comparison is that of Run, and it names every payment in its
// window: what is missing by the fingerprints that the windows lack.
func TestRunBoth(t *testing.T) {
	s, lines := bothScene()
	r := s.store(t).Reader()
	want, err := reconcile.Run(t.Context(), reconcile.Config{Reader: r, Sent: sent(lines...)})
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]reconcile.WindowConfig{
		"rows read once":  {},
		"rows read twice": {Until: noon.Add(time.Hour)}, // the windows are not those of all rows
	} {
		t.Run(name, func(t *testing.T) {
			windows, compared := both(t, r, w, lines)
			if diff := cmp.Diff(want, compared); diff != "" {
				t.Errorf("the comparison: -want +got:\n%s", diff)
			}
			named := map[string][]reconcile.Example{}
			for _, x := range windows.Examples {
				slices.SortFunc(x.Payments, func(a, b reconcile.Example) int { return int(a.ID[0]) - int(b.ID[0]) })
				named[x.From[14:16]+" "+string(x.Verdict)] = x.Payments
			}
			if diff := cmp.Diff(map[string][]reconcile.Example{
				"00 missing": {{Kind: "missing", ID: "b"}, {Kind: "missing", ID: "c"}, {Kind: "unexpected", ID: "x"}},
				"01 missing": {{Kind: "missing", ID: "d"}},
				"02 differs": {{Kind: "differing", ID: "i"}},
			}, named); diff != "" || windows.Balanced {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRunBothIsOneAnswer: windows that balance do not make up for a ledger that
// does not.
func TestRunBothIsOneAnswer(t *testing.T) {
	a, b := paid("a", "app", 1, 100), paid("b", "app", 2, 100)
	s := scene{payments: []store.Payment{a}, controls: []store.Control{count("p", "app", 0, 60, a)}}
	windows, compared := both(t, s.store(t).Reader(), reconcile.WindowConfig{}, []ledger.Line{line("1", a), line("2", b)})
	if windows.Balanced || compared.Balanced || windows.ByVerdict[reconcile.Balanced] != 1 {
		t.Errorf("balanced %t and %t, %v", windows.Balanced, compared.Balanced, windows.ByVerdict)
	}
}

// TestRunBothOfASource: the windows are those of the source, and what was sent
// to others is still looked for among all rows.
func TestRunBothOfASource(t *testing.T) {
	a, w := paid("a", "app", 1, 100), paid("w", "web", 1, 100)
	s := scene{payments: []store.Payment{a, w}, controls: []store.Control{count("p", "app", 0, 60, a), count("p", "web", 0, 60)}}
	windows, compared := both(t, s.store(t).Reader(), reconcile.WindowConfig{Source: "app"}, []ledger.Line{line("1", a), line("2", w)})
	if !windows.Balanced || windows.Windows != 1 || compared.Recorded != 2 || compared.Missing != 0 {
		t.Errorf("%+v, %+v", windows, compared)
	}
}

// TestRunBothNamesTheRest: of more missing payments than can be tried together,
// the first are named in the only window that lacks some, and nothing else is.
func TestRunBothNamesTheRest(t *testing.T) {
	var all []store.Payment
	var lines []ledger.Line
	for i := range 30 {
		all = append(all, paid(fmt.Sprintf("m%02d", i), "app", i, 100))
		lines = append(lines, line(all[i].TransactionID, all[i]))
	}
	s := scene{payments: []store.Payment{all[0], paid("x", "app", 61, 5)}, controls: []store.Control{count("p", "app", 0, 60, all[:21]...), // one more than the ledger has
		count("p", "app", 60, 120)}}
	windows, _ := both(t, s.store(t).Reader(), reconcile.WindowConfig{}, lines[:20])
	named := map[reconcile.Verdict][]reconcile.Example{}
	for _, x := range windows.Examples {
		named[x.Verdict] = x.Payments
	}
	if got := named[reconcile.TooMany]; len(got) != 1 || got[0] != (reconcile.Example{Kind: "unexpected", ID: "x"}) {
		t.Errorf("too many: %v", got)
	}
	got := named[reconcile.Missing]
	for _, e := range got {
		if e.Kind != reconcile.KindMissing || e.ID == all[0].TransactionID {
			t.Errorf("%v is named as missing", e)
		}
	}
	if len(got) != 10 {
		t.Errorf("%d are named: %v", len(got), got)
	}
}

// TestRunBothEnds with the error of the half that failed.
func TestRunBothEnds(t *testing.T) {
	s, lines := bothScene()
	broken := errors.New("line 3: not JSON")
	c := reconcile.Config{Reader: s.store(t).Reader(), Sent: func(yield func(ledger.Line, error) bool) { yield(ledger.Line{}, broken) }}
	if _, _, err := reconcile.RunBoth(t.Context(), c, reconcile.WindowConfig{Reader: c.Reader}); !errors.Is(err, broken) {
		t.Errorf("a broken ledger gives %v", err)
	}
	down := storetest.NewFaulty(s.store(t))
	down.Down("gone")
	c = reconcile.Config{Reader: down.Reader(), Sent: sent(lines...)}
	_, _, err := reconcile.RunBoth(t.Context(), c, reconcile.WindowConfig{Reader: c.Reader})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a store that does not answer gives %v", err)
	}
	if _, err := reconcile.RunWindows(t.Context(), reconcile.WindowConfig{Reader: down.Reader()}); err == nil {
		t.Error("a store that does not answer gives a verdict")
	}
}

// TestManyThatWait are sorted on disk, looked up by pages, and counted once for
// each id.
func TestManyThatWait(t *testing.T) {
	var s scene
	var all []store.Payment
	const n = 1500
	for i := range n {
		p := paid(fmt.Sprintf("%c%d", "abcdefg"[i%7], i), "app", i%60, int64(i+1))
		all = append(all, p)
		s.entries = append(s.entries, waits(quarantine.Rejected, p), waits(quarantine.Rejected, p, "{", "{ "))
	}
	s.controls = []store.Control{count("p", "app", 0, 60, all...)}
	slices.SortFunc(s.entries, func(a, b quarantine.Entry) int { return strings.Compare(a.ID, b.ID) })
	r := s.prove(t, reconcile.WindowConfig{TempDir: t.TempDir(), Chunk: 400})
	if len(r.Examples) != 1 || r.Examples[0].Held.Count != n || r.Examples[0].Difference.Count != -n || len(r.Examples[0].Held.Entries) != 10 {
		t.Errorf("%+v", r.Examples)
	}
}
