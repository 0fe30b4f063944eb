package reconcile_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
	"recibo/store/storetest"
	"recibo/wire"
)

// scene is a database under construction: payments of minutes that producers
// have counted.
type scene struct {
	payments []store.Payment
	controls []store.Control
	entries  []quarantine.Entry
}

var (
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	late = noon.Add(24 * time.Hour) // when the windows are proved
)

// paid is a payment of a source, so many seconds after noon.
func paid(id, source string, seconds int, minor int64) store.Payment {
	e := payment.Event{TransactionID: id, Amount: payment.Money{Minor: minor, Currency: "BRL"}, PayerAccount: "P-" + id,
		PayeeAccount: "Q", OccurredAt: noon.Add(time.Duration(seconds) * time.Second), Method: "pix", Source: source}
	return store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "q", RecordedAt: noon.Add(time.Hour)}
}

// count has a producer count payments of its source, from and until in seconds
// after noon.
func count(producer, source string, from, until int, ps ...store.Payment) store.Control {
	c := store.Control{Queue: "q", RecordedAt: noon.Add(time.Hour), ControlTotal: payment.ControlTotal{Window: payment.Window{Source: source,
		Producer: producer, From: noon.Add(time.Duration(from) * time.Second), Until: noon.Add(time.Duration(until) * time.Second)}}}
	for _, p := range ps {
		c.Add(p.Amount, p.Fingerprint)
	}
	return c
}

// waits is an entry that holds an event as it was sent.
func waits(reason quarantine.Reason, p store.Payment, change ...string) quarantine.Entry {
	body := strings.NewReplacer(change...).Replace(string(wire.Encode(&p.Event)))
	e := *quarantine.New(reason, []byte(body), "why", nil, noon)
	e.TransactionID, e.Amount = p.TransactionID, &p.Amount
	return e
}

func (s scene) store(t testing.TB) *storetest.Memory {
	t.Helper()
	m := storetest.NewMemory()
	slices.SortFunc(s.controls, func(a, b store.Control) int { return strings.Compare(a.Window.ID(), b.Window.ID()) })
	slices.SortFunc(s.payments, func(a, b store.Payment) int { return strings.Compare(a.TransactionID, b.TransactionID) })
	err := m.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, s.payments); err != nil {
			return err
		}
		if _, err := store.Controls(tx).Control(ctx, s.controls); err != nil {
			return err
		}
		return tx.Quarantine(ctx, s.entries)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (s scene) prove(t testing.TB, c reconcile.WindowConfig) reconcile.WindowsResult {
	t.Helper()
	c.Reader = s.store(t).Reader()
	if c.Now.IsZero() {
		c.Now = late
	}
	r, err := reconcile.RunWindows(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// brief is what matters of an answer, a line each.
func brief(r reconcile.WindowsResult) []string {
	lines := []string{fmt.Sprintf("%d windows, balanced %t", r.Windows, r.Balanced)}
	for _, x := range r.Examples {
		source := "-"
		if x.Source != nil {
			source = *x.Source
		}
		lines = append(lines, fmt.Sprintf("%s %s-%s %s %d %v: %s", source, x.From[11:19], x.Until[11:19], x.Verdict,
			x.Difference.Count, x.Difference.Amounts, x.Explanation))
		for _, p := range x.Payments {
			lines = append(lines, p.Kind+" "+p.ID)
		}
	}
	return lines
}

type windowCase struct {
	scene
	config reconcile.WindowConfig
	want   []string
}

func windowCases() map[string]windowCase {
	a, b, c := paid("a", "app", 1, 100), paid("b", "app", 2, 250), paid("c", "app", 61, 400)
	altered := b
	altered.Amount.Minor = 999
	rewritten := altered
	rewritten.Fingerprint = payment.FingerprintOf(&rewritten.Event)
	first, second := count("p", "app", 0, 60, a, b), count("p", "app", 60, 120, c)
	return map[string]windowCase{
		"no control total": {scene: scene{payments: []store.Payment{a}},
			want: []string{"0 windows, balanced false",
				"app 12:00:01-12:00:01 open 1 map[BRL:1.00]: no control total covers 1 payment worth BRL 1.00"}},
		"balanced": {scene: scene{payments: []store.Payment{a, b, c}, controls: []store.Control{first, second}},
			want: []string{"2 windows, balanced true"}},
		"an empty window balances": {scene: scene{controls: []store.Control{count("p", "app", 0, 60)}},
			want: []string{"1 windows, balanced true"}},
		"a deleted row": {scene: scene{payments: []store.Payment{a, c}, controls: []store.Control{first, second}},
			want: []string{"2 windows, balanced false",
				"app 12:00:00-12:01:00 missing -1 map[BRL:-2.50]: 1 payment is missing worth BRL 2.50"}},
		"a changed row": {scene: scene{payments: []store.Payment{a, altered, c}, controls: []store.Control{first, second}},
			want: []string{"2 windows, balanced false",
				"app 12:00:00-12:01:00 differs 0 map[BRL:7.49]: the count fits, and the sum differs by BRL 7.49: a payment was changed, or one is missing and one too many; " +
					"a row does not say what its own fingerprint says: b; it balances with what was recorded as b", "differing b"}},
		"a changed row with its fingerprint": {scene: scene{payments: []store.Payment{a, rewritten}, controls: []store.Control{first}},
			want: []string{"1 windows, balanced false",
				"app 12:00:00-12:01:00 differs 0 map[BRL:7.49]: the count fits, and the sum differs by BRL 7.49: a payment was changed, or one is missing and one too many"}},
		"an injected row": {scene: scene{payments: []store.Payment{a, b, c, paid("x", "app", 30, 5)}, controls: []store.Control{first, second}},
			want: []string{"2 windows, balanced false",
				"app 12:00:00-12:01:00 too_many 1 map[BRL:0.05]: 1 payment too many worth BRL 0.05; without x it balances", "unexpected x"}},
		"an injected row with the fingerprint of another": {
			scene: scene{payments: []store.Payment{a, b, {Event: paid("x", "app", 30, 5).Event, Fingerprint: a.Fingerprint}}, controls: []store.Control{first}},
			want: []string{"1 windows, balanced false",
				"app 12:00:00-12:01:00 too_many 1 map[BRL:0.05]: 1 payment too many worth BRL 0.05; a row does not say what its own fingerprint says: x; without x it balances", "unexpected x"}},
		"what begins with a window belongs to it, what it ends with does not": {
			scene: scene{payments: []store.Payment{paid("0", "app", 0, 1), paid("60", "app", 60, 2)},
				controls: []store.Control{count("p", "app", 0, 60, paid("0", "app", 0, 1)), count("p", "app", 60, 120, paid("60", "app", 60, 2))}},
			want: []string{"2 windows, balanced true"}},
		"producers of one window add up": {scene: scene{payments: []store.Payment{a, b},
			controls: []store.Control{count("p", "app", 0, 60, a), count("q", "app", 0, 60, b)}},
			want: []string{"1 windows, balanced true"}},
		"sources are told apart, and none is one": {
			scene: scene{payments: []store.Payment{a, paid("w", "web", 1, 3), paid("n", "", 1, 9)},
				controls: []store.Control{count("p", "app", 0, 60, a), count("p", "web", 0, 60, paid("w", "web", 1, 3)), count("p", "", 0, 60)}},
			want: []string{"3 windows, balanced false",
				"- 12:00:00-12:01:00 too_many 1 map[BRL:0.09]: 1 payment too many worth BRL 0.09; without n it balances", "unexpected n"}},
		"overlapping": {scene: scene{payments: []store.Payment{a, b, c}, controls: []store.Control{first, second, count("q", "app", 30, 90, c)}},
			want: []string{"3 windows, balanced false",
				"app 12:01:00-12:02:00 overlapping 0 map[]: it overlaps 2026-01-02T12:00:30.000Z to 2026-01-02T12:01:30.000Z without being the same window: what both count cannot be told apart",
				"app 12:00:30-12:01:30 overlapping 0 map[]: it overlaps 2026-01-02T12:00:00.000Z to 2026-01-02T12:01:00.000Z without being the same window: what both count cannot be told apart",
				"app 12:00:00-12:01:00 overlapping 0 map[]: it overlaps 2026-01-02T12:00:30.000Z to 2026-01-02T12:01:30.000Z without being the same window: what both count cannot be told apart"}},
		"within the grace": {scene: scene{payments: []store.Payment{a}, controls: []store.Control{first}},
			config: reconcile.WindowConfig{Now: noon.Add(time.Hour + 4*time.Minute), Grace: 5 * time.Minute},
			want: []string{"1 windows, balanced true",
				"app 12:00:00-12:01:00 open -1 map[BRL:-2.50]: its control total came 4m0s ago: payments may still come; 1 payment is missing worth BRL 2.50"}},
		"a payment that differs does not wait for the grace": {scene: scene{payments: []store.Payment{a, rewritten}, controls: []store.Control{first}},
			config: reconcile.WindowConfig{Now: noon.Add(time.Hour), Grace: 5 * time.Minute},
			want: []string{"1 windows, balanced false",
				"app 12:00:00-12:01:00 differs 0 map[BRL:7.49]: the count fits, and the sum differs by BRL 7.49: a payment was changed, or one is missing and one too many"}},
		"recorded later": {scene: scene{payments: []store.Payment{a, b}, controls: []store.Control{first}},
			config: reconcile.WindowConfig{RecordedUntil: noon.Add(time.Hour - time.Millisecond)},
			want:   []string{"0 windows, balanced false"}},
	}
}

func TestRunWindows(t *testing.T) {
	for name, c := range windowCases() {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, brief(c.prove(t, c.config))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestWindowsOfAPeriod: windows that reach into the period are proved whole,
// with what occurred before and after it; others are not looked at.
func TestWindowsOfAPeriod(t *testing.T) {
	var s scene
	for minute := range 10 {
		p := paid(fmt.Sprint(minute), "app", 60*minute+30, int64(minute+1))
		s.payments, s.controls = append(s.payments, p), append(s.controls, count("p", "app", 60*minute, 60*minute+60, p))
	}
	s.payments = s.payments[1:] // the first window misses one, and the long one in the web
	s.payments = append(s.payments, paid("w", "web", 1, 7))
	s.controls = append(s.controls, count("p", "web", 0, 600, paid("w", "web", 1, 7), paid("v", "web", 2, 8)))
	second := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	for name, c := range map[string]struct {
		config  reconcile.WindowConfig
		windows int64
		missing int64
		paid    int64
	}{
		"all":              {reconcile.WindowConfig{}, 11, 2, 10},
		"since":            {reconcile.WindowConfig{Since: second(61)}, 10, 1, 9},
		"until":            {reconcile.WindowConfig{Until: second(60)}, 2, 2, 1},
		"between":          {reconcile.WindowConfig{Since: second(120), Until: second(240)}, 3, 1, 2},
		"inside of one":    {reconcile.WindowConfig{Since: second(125), Until: second(126)}, 2, 1, 0},
		"source":           {reconcile.WindowConfig{Source: "app"}, 10, 1, 9},
		"source and until": {reconcile.WindowConfig{Source: "web", Until: second(1)}, 1, 1, 0},
		"before all":       {reconcile.WindowConfig{Until: second(-1)}, 0, 0, 0},
		"after all":        {reconcile.WindowConfig{Since: second(600)}, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.prove(t, c.config)
			if r.Windows != c.windows || r.ByVerdict[reconcile.Missing] != c.missing || r.Payments.Count != c.paid {
				t.Errorf("%d windows, %d missing, %d payments; want %d, %d, %d\n%v", r.Windows, r.ByVerdict[reconcile.Missing],
					r.Payments.Count, c.windows, c.missing, c.paid, brief(r))
			}
			if r.Uncovered.Count != 0 {
				t.Errorf("%d payments uncovered", r.Uncovered.Count)
			}
		})
	}
}

// TestWindowsName what waits and belongs to them.
func TestWindowsNameWhatWaits(t *testing.T) {
	a, b, c := paid("a", "app", 1, 100), paid("b", "app", 2, 250), paid("c", "app", 3, 400)
	other := b
	other.Amount.Minor = 300
	all := []store.Control{count("p", "app", 0, 60, a, b, c)}
	rejected, conflict := waits(quarantine.Rejected, c), waits(quarantine.Conflict, b)
	recorded := other
	recorded.Fingerprint = payment.FingerprintOf(&other.Event)
	comma := waits(quarantine.Invalid, c, `"4.00"`, `"4,00"`)
	noTime := waits(quarantine.Invalid, c, `2026-`, `26-`)
	badMethod := waits(quarantine.Invalid, c, `"pix"`, `"P I X"`)
	mended := waits(quarantine.Malformed, c, `{`, `{{`)
	mended.MendedBody = wire.Encode(&c.Event)
	sayings := waits(quarantine.Conflict, b)
	without := count("p", "app", 0, 60, a, b)
	sayings.Body = wire.EncodeControl(&without.ControlTotal)
	sayings.BodySHA256 = sha256.Sum256(sayings.Body)
	for name, k := range map[string]struct {
		scene
		count    int64
		unplaced int64
		want     string
	}{
		"what is missing is held": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{rejected}}, 1, 0,
			"1 payment is missing worth BRL 4.00; what is missing is held: entry " + rejected.ID},
		"mended, and not sent yet": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{mended}}, 1, 0,
			"1 payment is missing worth BRL 4.00; what is missing is held: entry " + mended.ID},
		"invalid, and its amount is readable": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{badMethod}}, 1, 0,
			"1 payment is missing worth BRL 4.00; 1 message that waits in quarantine belongs to it worth BRL 4.00: entry " + badMethod.ID},
		"invalid, and its amount is not": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{comma}}, 1, 0,
			"1 payment is missing worth BRL 4.00; 1 message that waits in quarantine belongs to it (the amount of 1 cannot be read): entry " + comma.ID},
		"invalid, and its time is not": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{noTime}}, 0, 1,
			"1 payment is missing worth BRL 4.00"},
		"another version stands": {scene{[]store.Payment{a, recorded, c}, all, []quarantine.Entry{conflict}}, 0, 0,
			"the count fits, and the sum differs by BRL 0.50: a payment was changed, or one is missing and one too many; it balances with the version that is held as entry " + conflict.ID},
		"another version stands, and one is held": {scene{[]store.Payment{a, recorded}, all, []quarantine.Entry{conflict, rejected}}, 1, 0,
			"1 payment is missing worth BRL 3.50; what is missing is held: entry " + rejected.ID + "; it balances with the version that is held as entry " + conflict.ID},
		"another control total is held": {scene{[]store.Payment{a, b}, all, []quarantine.Entry{sayings}}, 0, 0,
			"1 payment is missing worth BRL 4.00; it balances with the control total that is held as entry " + sayings.ID},
	} {
		t.Run(name, func(t *testing.T) {
			r := k.prove(t, reconcile.WindowConfig{})
			if len(r.Examples) != 1 || r.Unplaced != k.unplaced {
				t.Fatalf("%d unplaced, %v", r.Unplaced, brief(r))
			}
			if x := r.Examples[0]; x.Explanation != k.want || x.Held.Count != k.count {
				t.Errorf("%d held: %s\nwant %d: %s", x.Held.Count, x.Explanation, k.count, k.want)
			}
		})
	}
}

// TestVersionsOfTwoWindows: of two versions of one id the one that is recorded
// belongs to another window than the one that is held. Both windows tell.
func TestVersionsOfTwoWindows(t *testing.T) {
	meant, recorded := paid("a", "app", 1, 100), paid("a", "app", 61, 100)
	e := waits(quarantine.Conflict, meant)
	r := scene{[]store.Payment{recorded}, []store.Control{count("p", "app", 0, 60, meant), count("p", "app", 60, 120)}, []quarantine.Entry{e}}.
		prove(t, reconcile.WindowConfig{})
	want := []string{"2 windows, balanced false",
		"app 12:01:00-12:02:00 too_many 1 map[BRL:1.00]: 1 payment too many worth BRL 1.00; it balances with the version that is held as entry " + e.ID + "; without a it balances",
		"unexpected a",
		"app 12:00:00-12:01:00 missing -1 map[BRL:-1.00]: 1 payment is missing worth BRL 1.00; it balances with the version that is held as entry " + e.ID}
	if diff := cmp.Diff(want, brief(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWindowsReadNoFurther: of a long table no more is read than the period and
// the windows that reach into it.
func TestWindowsReadNoFurther(t *testing.T) {
	var s scene
	for i := range 10_000 {
		s.payments = append(s.payments, paid(fmt.Sprintf("%05d", i), "app", i, 1))
	}
	s.controls = []store.Control{count("p", "app", 9_900, 9_960, s.payments[9_900:9_960]...)}
	counting := &countingReader{Reader: s.store(t).Reader()}
	r, err := reconcile.RunWindows(t.Context(), reconcile.WindowConfig{Reader: counting, Now: late, Since: noon.Add(9_950 * time.Second)})
	if err != nil || r.Windows != 1 || r.ByVerdict[reconcile.Balanced] != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if pages := counting.pages.Load(); pages > 5 { // one, and those that are read ahead
		t.Errorf("%d pages of payments were read", pages)
	}
}

type countingReader struct {
	store.Reader
	pages atomic.Int64
}

func (r *countingReader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	r.pages.Add(1)
	return r.Reader.Payments(ctx, q)
}

func (r *countingReader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	return store.ReadControls(r.Reader).Controls(ctx, q)
}
