package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var begin = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// checkCodec has records go to disk and back; cut short they are damaged, unless
// only their open end is.
func checkCodec[T any](t *testing.T, c codec[T], open int, records ...T) {
	t.Helper()
	for _, want := range records {
		b, err := c.encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.decode(b); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v comes back as %+v, %v", want, got, err)
		}
		for n := range len(b) {
			if _, err := c.decode(b[:n]); (err != nil) != (n < len(b)-open) {
				t.Errorf("%d of %d bytes of %+v: %v", n, len(b), want, err)
			}
		}
	}
}

func TestRecordsComeBackFromDisk(t *testing.T) {
	print, body := payment.Fingerprint{1, 31: 9}, [32]byte{2, 31: 8}
	checkCodec(t, heldByBody, 2, held{body: body, waits: true, id: "e1"}, held{body: body, id: "e2"})
	checkCodec(t, heldByBody, 0, held{body: body})
	checkCodec(t, byRowID, 2, row{id: "r1", print: print}, row{id: "r2", print: print, redriven: true},
		row{id: "r3", print: print, inScope: true}, row{id: "r4", print: print, redriven: true, inScope: true})
	checkCodec(t, byRowID, 0, row{print: print, inScope: true})
	checkCodec(t, byID, 3, sent{id: "s1", message: "1:1", print: print, body: body}, sent{id: "", message: "1:2", body: body, doubt: true},
		sent{id: "s3", message: "1:3", print: print, told: true}, sent{id: "s4", message: "1:4", doubt: true, told: true})
	checkCodec(t, byID, 0, sent{id: strings.Repeat("x", 64), print: print}, sent{body: body})
}

// TestOrderOfSent: of one content what is certain comes first.
func TestOrderOfSent(t *testing.T) {
	sure, doubtful := sent{id: "a", message: "9"}, sent{id: "a", message: "1", doubt: true}
	if byID.compare(sure, doubtful) >= 0 || byID.compare(doubtful, sure) <= 0 || byID.compare(sure, sure) != 0 {
		t.Error("what is in doubt comes before what is certain")
	}
	if other := (sent{id: "a", message: "2", doubt: true}); byID.compare(doubtful, other) >= 0 {
		t.Error("of two in doubt the messages do not decide")
	}
}

// TestSorterYields what was added, once and in order, and an error last.
func TestSorterYields(t *testing.T) {
	fill := func(ctx context.Context) *sorter[row] {
		s := newSorter(ctx, byRowID, 3, t.TempDir())
		for _, id := range strings.Split("gfedcbahij", "") {
			if err := s.add(row{id: id, inScope: id < "e"}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	var got []string
	for r, err := range fill(t.Context()).all() {
		if err != nil || r.inScope != (r.id < "e") {
			t.Fatal(r, err)
		}
		got = append(got, r.id)
	}
	if strings.Join(got, "") != "abcdefghij" {
		t.Errorf("it yields %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range fill(ctx).all() {
		break // no more wanted, and no error
	}
	s := fill(ctx)
	cancel()
	var last error
	for _, err := range s.all() {
		if last != nil {
			t.Error("it yields more after an error")
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("of a sorter that was stopped the last is %v", last)
	}
}

func changes(n int) (all []candidate) {
	for i := range n {
		c := candidate{name: fmt.Sprint(i)}
		c.changes[i/8] = 1 << (i % 8)
		all = append(all, c)
	}
	return all
}

// TestSolve: of few candidates every combination is found, of many one alone,
// two, or all.
func TestSolve(t *testing.T) {
	for _, c := range []struct {
		of   int
		take []int
		want bool
	}{
		{14, []int{0, 6, 13}, true}, {14, []int{13}, true}, {14, nil, false},
		{15, []int{0}, true}, {15, []int{3}, true}, {15, []int{14}, true}, {15, []int{2, 9}, true}, {15, []int{0, 14}, true},
		{15, []int{0, 6, 13}, false}, {15, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, true},
	} {
		all := changes(c.of)
		var need payment.PrintSum
		var want []string
		for _, i := range c.take {
			need.Plus(all[i].changes)
			want = append(want, all[i].name)
		}
		var got []string
		for _, x := range solve(need, all) {
			got = append(got, x.name)
		}
		if !c.want {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", c.of, got, want)
		}
	}
}

func TestSumsAreEqual(t *testing.T) {
	brl := func(minor int64) payment.Money { return payment.Money{Minor: minor, Currency: "BRL"} }
	var a, same, richer, other Sum
	a.Add(brl(100), payment.Fingerprint{1})
	same.Add(brl(100), payment.Fingerprint{1})
	richer.Add(brl(101), payment.Fingerprint{1})
	other.Add(brl(100), payment.Fingerprint{2})
	if !a.Equal(&same) || a.Equal(&richer) || a.Equal(&other) {
		t.Errorf("%t, %t, %t; want one to be equal only", a.Equal(&same), a.Equal(&richer), a.Equal(&other))
	}
}

func TestWordsForPeople(t *testing.T) {
	for got, want := range map[string]string{
		worth(map[payment.Currency]string{"USD": "3.00", "BRL": "451.25"}):   "BRL 451.25 and USD 3.00",
		worth(map[payment.Currency]string{"BRL": "1.00"}):                    "BRL 1.00",
		bounded(slices.Repeat([]string{"e"}, mostNamed), mostNamed):          strings.Repeat("e, ", mostNamed-1) + "e",
		bounded(slices.Repeat([]string{"f"}, mostNamed+1), mostNamed+1):      strings.Repeat("f, ", mostNamed-1) + "f, …",
		bounded(slices.Repeat([]string{"g"}, mostNamed), int64(mostNamed+1)): strings.Repeat("g, ", mostNamed-1) + "g, …",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	var missing missingEvents
	for range mostMissing + 1 {
		missing.add("m", payment.Fingerprint{})
	}
	w := &window{source: "app", from: begin, until: begin.Add(time.Minute)}
	s := &sweep{active: map[string][]*window{"app": {w}}}
	for i := range mostCandidates + 1 {
		w.addCandidate(alteredRow, "a", payment.PrintSum{}, payment.PrintSum{})
		s.addWaiting(control(w, 0, 0))
		w.addHeld(&waiting{Entry: fmt.Sprint(i)})
	}
	s.sources = map[string]*stretch{}
	for i := range mostSources + 1 {
		s.uncover(&store.Payment{Event: payment.Event{Source: fmt.Sprint(i), OccurredAt: begin}}, payment.Fingerprint{})
	}
	if len(s.sources) != mostSources {
		t.Errorf("%d sources are told apart", len(s.sources))
	}
	if len(missing) != mostMissing || len(w.candidates) != mostCandidates || len(w.others) != mostCandidates || len(w.entries) != mostNamed {
		t.Errorf("%d, %d, %d, %d are kept", len(missing), len(w.candidates), len(w.others), len(w.entries))
	}
}

// control is another control total of a window, moved at its ends.
func control(w *window, from, until time.Duration) *waiting {
	c := &payment.ControlTotal{Window: payment.Window{Source: w.source, Producer: "p", From: w.from.Add(from), Until: w.until.Add(until)}}
	return &waiting{Entry: "e", Source: w.source, At: w.until.Add(-time.Millisecond), Control: c}
}

// TestOtherControlsAreOfTheWindow: one of another interval is none.
func TestOtherControlsAreOfTheWindow(t *testing.T) {
	w := &window{source: "app", from: begin, until: begin.Add(time.Minute)}
	s := &sweep{active: map[string][]*window{"app": {w}}}
	s.addWaiting(control(w, time.Second, 0))
	s.addWaiting(control(w, 0, time.Second))
	if len(w.others) != 0 {
		t.Errorf("%d of other intervals are taken in", len(w.others))
	}
	if s.addWaiting(control(w, 0, 0)); len(w.others) != 1 {
		t.Error("that of its own interval is not taken in")
	}
}

// TestCopiesThatAreHeld: an id counts once, however many versions of it wait,
// and each version may be what is missing.
func TestCopiesThatAreHeld(t *testing.T) {
	amount := &payment.Money{Minor: 100, Currency: "BRL"}
	w := &window{}
	for _, v := range []version{
		{ID: "a", Amount: amount, Print: payment.Fingerprint{1}}, {ID: "a", Amount: amount, Print: payment.Fingerprint{1}},
		{ID: "a", Amount: amount, Print: payment.Fingerprint{1}},
		{ID: "a", Amount: amount, Print: payment.Fingerprint{2}}, {ID: "b", Amount: amount, Print: payment.Fingerprint{3}},
		{ID: "b"}, {ID: "c"}, {}, {},
	} {
		w.addHeld(&waiting{Entry: "e", Held: v})
	}
	if w.held.Count != 5 || w.unreadable != 3 || len(w.candidates) != 3 || w.held.Decimals()["BRL"] != "2.00" {
		t.Errorf("%d held, %d unreadable, %d candidates, %v", w.held.Count, w.unreadable, len(w.candidates), w.held.Decimals())
	}
}

// TestPlace: what waits goes to its own window, and where another version is
// recorded elsewhere, there too.
func TestPlace(t *testing.T) {
	print := payment.Fingerprint{1}
	w := waiting{Source: "app", At: begin, Held: version{ID: "a", Print: print}}
	stands := func(source string, at time.Time, p payment.Fingerprint) *version {
		return &version{ID: "a", Source: source, At: at, Print: p}
	}
	for name, c := range map[string]struct {
		held     payment.Fingerprint
		recorded *version
		want     []string
	}{
		"nothing stands":                {print, nil, []string{"app 12:00 false"}},
		"nothing stands, unreadable":    {payment.Fingerprint{}, nil, []string{"app 12:00 false"}},
		"it stands":                     {print, stands("app", begin, print), nil},
		"a version, unreadable":         {payment.Fingerprint{}, stands("web", begin, print), nil},
		"another version":               {print, stands("app", begin, payment.Fingerprint{2}), []string{"app 12:00 false"}},
		"another version elsewhere":     {print, stands("web", begin, payment.Fingerprint{2}), []string{"app 12:00 false", "web 12:00 true"}},
		"another version of some time":  {print, stands("app", begin.Add(time.Hour), payment.Fingerprint{2}), []string{"app 12:00 false", "app 13:00 true"}},
		"another version, all is other": {print, stands("web", begin.Add(time.Hour), payment.Fingerprint{2}), []string{"app 12:00 false", "web 13:00 true"}},
	} {
		w := w
		w.Held.Print, w.Recorded = c.held, c.recorded
		var got []string
		if err := w.place(func(w waiting) error {
			got = append(got, fmt.Sprintf("%s %s %t", w.Source, w.At.Format("15:04"), w.Again))
			return nil
		}); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	w.Recorded = stands("web", begin, payment.Fingerprint{2})
	calls, full := 0, errors.New("disk full")
	if err := w.place(func(waiting) error { calls++; return full }); calls != 1 || !errors.Is(err, full) {
		t.Errorf("after an error %d calls, %v", calls, err)
	}
}

// TestCutBodiesAreNotRead: what is left of one may look whole.
func TestCutBodiesAreNotRead(t *testing.T) {
	body := []byte(`{"transaction_id":"a","amount":"1.00","payer_account":"P","payee_account":"Q","occurred_at":"2026-01-02T12:00:00Z"}`)
	s := &sweep{}
	if w, ok := s.read(&quarantine.Entry{Body: body}); !ok || w.Held.ID != "a" {
		t.Errorf("a whole body: %+v, %t", w, ok)
	}
	if w, ok := s.read(&quarantine.Entry{Body: body, Truncated: true}); ok {
		t.Errorf("a cut body is read as %+v", w)
	}
	if w, ok := s.read(&quarantine.Entry{MendedBody: body, Truncated: true}); !ok || w.Held.ID != "a" {
		t.Errorf("a mended body: %+v, %t", w, ok)
	}
}

// TestNameRest: what is missing, and named nowhere, belongs to the only window
// that lacks something.
func TestNameRest(t *testing.T) {
	compared := &Result{Examples: []Example{{Kind: KindMissing, ID: "a"}, {Kind: KindUnexpected, ID: "b"}, {Kind: KindMissing, ID: "c"}}}
	for name, c := range map[string]struct {
		windows []WindowExample
		missing int64
		want    []Example // of the first
	}{
		"one window":  {[]WindowExample{{Verdict: Missing}}, 1, []Example{{Kind: KindMissing, ID: "a"}, {Kind: KindMissing, ID: "c"}}},
		"two windows": {[]WindowExample{{Verdict: Missing}, {Verdict: Missing}}, 2, nil},
		"not told":    {[]WindowExample{{Verdict: TooMany}}, 1, nil},
		"named elsewhere": {[]WindowExample{{Verdict: Missing}, {Verdict: Differs, Payments: []Example{{Kind: KindMissing, ID: "a"}}}}, 1,
			[]Example{{Kind: KindMissing, ID: "c"}}},
	} {
		r := WindowsResult{Examples: c.windows, ByVerdict: map[Verdict]int64{Missing: c.missing}}
		r.nameRest(compared)
		if diff := cmp.Diff(c.want, r.Examples[0].Payments); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	r := WindowsResult{Examples: []WindowExample{{Verdict: Missing}}, ByVerdict: map[Verdict]int64{Missing: 1}}
	many := &Result{}
	for i := range mostNamed + 1 {
		many.Examples = append(many.Examples, Example{Kind: KindMissing, ID: fmt.Sprint(i)})
	}
	if r.nameRest(many); len(r.Examples[0].Payments) != mostNamed {
		t.Errorf("%d are named", len(r.Examples[0].Payments))
	}
}
