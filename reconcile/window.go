package reconcile

import (
	"context"
	"slices"
	"time"

	"recibo/payment"
	"recibo/store"
)

// window is one interval of one source: what its producers counted, all
// together, and what is recorded.
type window struct {
	source      string
	from, until time.Time
	producers   []string
	announced   time.Time // when the last of its control totals was recorded
	proved      bool      // it reaches into the period
	expected    Sum
	recorded    Sum
	overlaps    *window // another one that shares a part of it
	held        Sum     // what waits; without fingerprints
	unreadable  int64   // of them without an amount
	entries     []string
	lastHeld    version
	returned    []returned  // rows that came out of quarantine
	candidates  []candidate // what may explain a difference
	controls    map[string]payment.PrintSum
	others      []otherControl
}

// candidate is a change of the recorded rows of a window that somebody could
// have meant.
type candidate struct {
	kind    candidateKind
	name    string           // of the entry, or of the payment
	changes payment.PrintSum // what it would add to the fingerprints
}

type candidateKind int

const (
	heldEntry   candidateKind = iota // it is held and nothing is recorded under its id
	heldVersion                      // it is held, and another version of it is recorded
	alteredRow                       // a row that does not say what its own fingerprint says
	returnedRow                      // a row that came out of quarantine, taken away
)

// otherControl is a control total in quarantine, of a window that has one.
type otherControl struct {
	entry    string
	producer string
	count    int64
	prints   payment.PrintSum
}

// mostCandidates bounds what is kept for one window.
const mostCandidates = 1000

func (w *window) contains(source string, at time.Time) bool {
	return source == w.source && !at.Before(w.from) && at.Before(w.until)
}

// addControl takes a control total into its window, which begins with it or is
// active already: those that end in one moment come one after the other.
func (s *sweep) addControl(c *store.Control) {
	if !s.wasRecorded(c.RecordedAt) {
		return
	}
	windows := s.active[c.Source]
	i := slices.IndexFunc(windows, func(w *window) bool { return w.from.Equal(c.From) && w.until.Equal(c.Until) })
	if i < 0 {
		i = len(windows)
		windows = append(windows, s.begin(c))
		s.active[c.Source] = windows
	}
	w := windows[i]
	if w.proved && s.Control != nil {
		s.Control(c)
	}
	w.producers = append(w.producers, c.Producer)
	w.expected.Plus(&c.ControlTotal)
	if c.RecordedAt.After(w.announced) {
		w.announced = c.RecordedAt
	}
	if w.controls == nil {
		w.controls = map[string]payment.PrintSum{}
	}
	w.controls[c.Producer] = c.Prints
}

func (s *sweep) begin(c *store.Control) *window {
	w := &window{source: c.Source, from: c.From, until: c.Until}
	w.proved = (s.Since.IsZero() || c.Until.After(s.Since)) && (s.Until.IsZero() || c.From.Before(s.Until))
	if w.proved {
		s.pending++
	}
	for _, other := range s.active[c.Source] { // all of them end later and begin before this one ends
		w.overlaps, other.overlaps = other, w
	}
	if w.from.After(s.closes) {
		s.closes = w.from
	}
	return w
}

// closeFrom judges the active windows that begin at that moment or later: no
// payment of theirs is to come.
func (s *sweep) closeFrom(ctx context.Context, moment time.Time) error {
	if s.closes.Before(moment) {
		return nil
	}
	s.closes = time.Time{}
	for source, windows := range s.active {
		still := windows[:0]
		for _, w := range windows {
			if w.from.Before(moment) {
				if still = append(still, w); w.from.After(s.closes) {
					s.closes = w.from
				}
				continue
			}
			if !w.proved {
				continue
			}
			s.pending--
			if err := s.settle(ctx, w); err != nil {
				return err
			}
			s.judge(w)
		}
		if s.active[source] = still; len(still) == 0 {
			delete(s.active, source)
		}
	}
	return nil
}

// addWaiting takes an entry into the windows that it matters to.
func (s *sweep) addWaiting(e *waiting) {
	for _, w := range s.active[e.Source] {
		switch {
		case !w.contains(e.Source, e.At):
		case e.Control != nil:
			if e.Control.From.Equal(w.from) && e.Control.Until.Equal(w.until) && len(w.others) < mostCandidates {
				w.others = append(w.others, otherControl{e.Entry, e.Control.Producer, e.Control.Count, e.Control.Prints})
			}
		case e.Recorded == nil:
			w.addHeld(e)
		case !e.Again || !w.contains(e.Held.Source, e.Held.At):
			w.addVersion(e)
		}
	}
}

// addHeld takes in what nothing is recorded of. Of the versions of one id the
// first counts.
func (w *window) addHeld(e *waiting) {
	if len(w.entries) < mostNamed {
		w.entries = append(w.entries, e.Entry)
	}
	isCopy := e.Held.ID != "" && e.Held.ID == w.lastHeld.ID
	if e.Held.Print != (payment.Fingerprint{}) && !(isCopy && e.Held.Print == w.lastHeld.Print) {
		w.addCandidate(heldEntry, e.Entry, payment.PrintSum(e.Held.Print), payment.PrintSum{})
	}
	w.lastHeld = e.Held
	if isCopy {
		return
	}
	if e.Held.Amount == nil {
		w.held.Count++
		w.unreadable++
		return
	}
	w.held.count(*e.Held.Amount)
}

// addVersion takes in a version of which another one is recorded.
func (w *window) addVersion(e *waiting) {
	var more, less payment.PrintSum
	if w.contains(e.Held.Source, e.Held.At) {
		more = payment.PrintSum(e.Held.Print)
	}
	if w.contains(e.Recorded.Source, e.Recorded.At) {
		less = payment.PrintSum(e.Recorded.Print)
	}
	w.addCandidate(heldVersion, e.Entry, more, less)
}

// addAltered takes in a row that says something else than when it was recorded.
func (w *window) addAltered(p *store.Payment, says payment.Fingerprint) {
	w.addCandidate(alteredRow, p.TransactionID, payment.PrintSum(p.Fingerprint), payment.PrintSum(says))
}

func (w *window) addCandidate(kind candidateKind, name string, more, less payment.PrintSum) {
	if len(w.candidates) < mostCandidates {
		more.Minus(less)
		w.candidates = append(w.candidates, candidate{kind, name, more})
	}
}

// mostSources bounds how many sources of uncovered payments are told apart;
// those of all others are counted, not told.
const mostSources = 1000

// uncover counts a payment that no window covers.
func (s *sweep) uncover(p *store.Payment, print payment.Fingerprint) {
	u := s.sources[p.Source]
	if u == nil {
		if len(s.sources) >= mostSources {
			return
		}
		u = &stretch{until: p.OccurredAt.Add(time.Millisecond)}
		s.sources[p.Source] = u
	}
	u.from = p.OccurredAt
	u.Add(p.Amount, print)
}
