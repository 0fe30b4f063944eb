package simulator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/ledger"
	"recibo/payment"
	"recibo/simulator"
	"recibo/wire"
)

func defaults(seed uint64) *simulator.Generator {
	return simulator.New(simulator.Config{Seed: seed, Faults: simulator.DefaultFaults})
}

// TestGolden freezes the stream: seeds that people wrote down must give the
// same bytes on every machine and after every change. If it fails, a recorded
// seed no longer reconciles; testdata/golden.json may only change in a version
// that says so.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, seed := range []uint64{1, 18446744073709551615} {
		g := defaults(seed)
		sum := sha256.New()
		for range 10_000 {
			m := g.Next()
			fmt.Fprintf(sum, "%s %s %s %d\n", m.ID, m.Kind, m.Key, len(m.Body))
			sum.Write(m.Body)
		}
		got[fmt.Sprint(seed)] = hex.EncodeToString(sum.Sum(nil))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// witness follows a stream and remembers what a message may refer to.
type witness struct {
	t      rapid.TB
	seed   uint64
	first  map[string]*payment.Event // unique events emitted, by id
	prints map[payment.Fingerprint]bool
	bodies map[[32]byte]bool // of faulty messages
	counts map[ledger.Kind]int
}

func newWitness(t rapid.TB, seed uint64) *witness {
	return &witness{t: t, seed: seed, first: map[string]*payment.Event{}, prints: map[payment.Fingerprint]bool{},
		bodies: map[[32]byte]bool{}, counts: map[ledger.Kind]int{}}
}

func (w *witness) see(index int, m *simulator.Message) {
	w.t.Helper()
	if want := fmt.Sprintf("%d:%d", w.seed, index); m.ID != want {
		w.t.Fatalf("message %s, want %s", m.ID, want)
	}
	w.counts[m.Kind]++
	if m.Kind.Valid() {
		w.seeValid(m)
	} else {
		w.seeFaulty(m)
	}
	if m.Kind != ledger.Unique && m.Kind != ledger.Duplicate {
		sum := sha256.Sum256(m.Body)
		if w.bodies[sum] {
			w.t.Fatalf("the faulty body %q comes twice", m.Body)
		}
		w.bodies[sum] = true
	}
}

func (w *witness) seeValid(m *simulator.Message) {
	w.t.Helper()
	e, err := wire.Decode(m.Body, wire.Options{})
	if err != nil {
		w.t.Fatalf("%s %s: %v: %q", m.ID, m.Kind, err, m.Body)
	}
	print := payment.FingerprintOf(m.Event)
	if payment.FingerprintOf(&e) != print || e.Source != m.Event.Source || m.Key != e.TransactionID {
		w.t.Fatalf("%s: the body says something else: %v", m.ID, payment.Diff(m.Event, &e))
	}
	before := w.first[m.Key]
	switch {
	case m.Kind == ledger.Unique && before != nil:
		w.t.Fatalf("id %s is not unique", m.Key)
	case m.Kind != ledger.Unique && before == nil:
		w.t.Fatalf("%s %s refers to nothing earlier", m.ID, m.Kind)
	case m.Kind == ledger.Duplicate && payment.Diff(before, &e) != nil:
		w.t.Fatalf("%s is no duplicate: %v", m.ID, payment.Diff(before, &e))
	case m.Kind == ledger.Conflict && (payment.Diff(before, &e) == nil || w.prints[print]):
		w.t.Fatalf("%s says nothing new about its id", m.ID)
	case m.Kind == ledger.Unique:
		w.first[m.Key] = m.Event
	}
	w.prints[print] = true
}

func (w *witness) seeFaulty(m *simulator.Message) {
	w.t.Helper()
	_, err := wire.Decode(m.Body, wire.Options{})
	e, ok := err.(*wire.Error)
	if !ok || string(e.Reason) != string(m.Kind) || m.Event != nil || m.Key != "" {
		w.t.Fatalf("%s %s: %v: %q", m.ID, m.Kind, err, m.Body)
	}
}

// TestStreamIsAsDeclared follows streams of arbitrary seeds and faults.
func TestStreamIsAsDeclared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		faults := drawFaults(t)
		c := simulator.Config{Seed: seed, Faults: faults}
		g, again := simulator.New(c), simulator.New(c)
		w := newWitness(t, seed)
		for i := range rapid.IntRange(1, 1000).Draw(t, "count") {
			m, n := g.Next(), again.Next()
			if string(m.Body) != string(n.Body) || m.Kind != n.Kind {
				t.Fatalf("%s is not the same the second time", m.ID)
			}
			w.see(i, &m)
		}
	})
}

// TestShares counts what 100,000 messages become.
func TestShares(t *testing.T) {
	g := defaults(7)
	w := newWitness(t, 7)
	for i := range 100_000 {
		m := g.Next()
		w.see(i, &m)
	}
	for kind, want := range map[ledger.Kind]int{ledger.Unique: 97_390, ledger.Duplicate: 1000, ledger.Conflict: 100,
		ledger.Malformed: 500, ledger.Invalid: 1000, ledger.TooLarge: 10} {
		spread := 5 // times the square root, five standard deviations
		if got := w.counts[kind]; (got-want)*(got-want) > spread*spread*min(want, 100_000-want) {
			t.Errorf("%s: %d, want about %d", kind, got, want)
		}
	}
}

func TestTooLargeIsLargeButNotHuge(t *testing.T) {
	g := simulator.New(simulator.Config{Seed: 1, Faults: simulator.Faults{TooLarge: 1_000_000}})
	for range 200 {
		m := g.Next()
		if size := len(m.Body); size < 65<<10 || size > 80<<10 || !json.Valid(m.Body) {
			t.Fatalf("%d bytes", size)
		}
	}
}

// TestReorder tells from the times where a message belongs: there stands the
// first one that is newer.
func TestReorder(t *testing.T) {
	for name, test := range map[string]struct {
		share       simulator.Share
		least, most int // messages that come late
	}{"none": {0, 0, 0}, "some": {50_000, 800, 1200}, "all": {1_000_000, 19_000, 20_000}} {
		t.Run(name, func(t *testing.T) {
			g := simulator.New(simulator.Config{Seed: 3, Faults: simulator.Faults{Reorder: test.share}})
			newest := []time.Time{simulator.DefaultStart} // before each index
			late, longest := 0, 0
			for i := range 20_000 {
				m := g.Next()
				belongs := i
				for belongs > 0 && newest[belongs].After(m.Event.OccurredAt) {
					belongs--
				}
				if belongs < i {
					late++
				}
				longest = max(longest, i-belongs)
				at := m.Event.OccurredAt
				if newest[i].After(at) {
					at = newest[i]
				}
				newest = append(newest, at)
			}
			if late < test.least || late > test.most || longest > 50 || (late > 0 && longest < 45) {
				t.Errorf("%d late, by %d at most", late, longest)
			}
		})
	}
}

func TestNoFaults(t *testing.T) {
	g := simulator.New(simulator.Config{Seed: 3})
	last := simulator.DefaultStart
	for range 10_000 {
		m := g.Next()
		if m.Kind != ledger.Unique || !m.Event.OccurredAt.After(last) {
			t.Fatalf("%s: %s at %s after %s", m.ID, m.Kind, m.Event.OccurredAt, last)
		}
		last = m.Event.OccurredAt
	}
}

func TestLine(t *testing.T) {
	g := simulator.New(simulator.Config{Seed: 3, Faults: simulator.Faults{Malformed: 500_000}})
	for range 100 {
		m := g.Next()
		l := m.Line()
		if l.MessageID != m.ID || l.Kind != m.Kind || l.BodySHA256 != sha256.Sum256(m.Body) ||
			l.TransactionID != m.Key || (m.Event != nil) != (l.Fingerprint != payment.Fingerprint{}) {
			t.Fatalf("%+v of %s", l, m.ID)
		}
	}
	if !strings.HasPrefix(g.Next().ID, "3:") || g.Seed() != 3 {
		t.Error("the seed is not the seed")
	}
}

func BenchmarkNext(b *testing.B) {
	g := defaults(1)
	b.ReportAllocs()
	for b.Loop() {
		g.Next()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkLine is what a reconciliation by seed does for each message.
func BenchmarkLine(b *testing.B) {
	g := defaults(1)
	for b.Loop() {
		m := g.Next()
		m.Line()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
