package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
	"recibo/wire"
)

// resolved makes p come out of an entry that held it in another form, and was
// mended or not.
func resolved(p store.Payment, mended bool) (store.Payment, quarantine.Entry) {
	e := waits(quarantine.Rejected, p)
	if mended {
		e = waits(quarantine.Invalid, p, `"pix"`, `"P I X"`)
		e.MendedBody = wire.Encode(&p.Event)
	}
	e.State, e.Attempt = quarantine.Resolved, 1
	p.EntryID = e.ID
	return p, e
}

// TestWindowsOfMendedPayments: whether a producer counted what it sent wrongly
// or not, its window balances once that is mended and recorded; a row that only
// claims to come from an entry does not pass.
func TestWindowsOfMendedPayments(t *testing.T) {
	a, b := paid("a", "app", 1, 100), paid("b", "app", 2, 250)
	back, entry := resolved(b, true)
	asItWas, rejected := resolved(b, false)
	forged := paid("b", "app", 2, 999)
	forged.EntryID = entry.ID
	held := entry
	held.State = quarantine.Redriven
	unknown := b
	unknown.EntryID = strings.Repeat("0", 32)
	for name, c := range map[string]struct {
		scene
		mended int64
		want   reconcile.Verdict
	}{
		"counted":                     {scene{[]store.Payment{a, back}, []store.Control{count("p", "app", 0, 60, a, b)}, []quarantine.Entry{entry}}, 0, reconcile.Balanced},
		"not counted":                 {scene{[]store.Payment{a, back}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{entry}}, 1, reconcile.Balanced},
		"not counted, and not mended": {scene{[]store.Payment{a, asItWas}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{rejected}}, 1, reconcile.Balanced},
		"another content":             {scene{[]store.Payment{a, forged}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{entry}}, 0, reconcile.TooMany},
		"no such entry":               {scene{[]store.Payment{a, unknown}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{entry}}, 0, reconcile.TooMany},
		"an entry not resolved":       {scene{[]store.Payment{a, back}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{held}}, 0, reconcile.TooMany},
		"and another is missing":      {scene{[]store.Payment{back}, []store.Control{count("p", "app", 0, 60, a)}, []quarantine.Entry{entry}}, 0, reconcile.Differs},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.prove(t, reconcile.WindowConfig{})
			if r.ByVerdict[c.want] != 1 || r.Mended != c.mended {
				t.Errorf("%d mended, %v %v; want %d, %s", r.Mended, r.ByVerdict, brief(r), c.mended, c.want)
			}
		})
	}
}

// TestWindowsOfManyMended: with more than can be tried one by one, those that
// were mended are told from those that were sent again as they were.
func TestWindowsOfManyMended(t *testing.T) {
	var s scene
	var counted []store.Payment
	for i := range 300 {
		p, e := resolved(paid(fmt.Sprint(i), "app", i%60, int64(i+1)), i%3 != 0)
		s.payments, s.entries = append(s.payments, p), append(s.entries, e)
		if i%3 == 0 {
			counted = append(counted, p)
		}
	}
	s.controls = []store.Control{count("p", "app", 0, 60, counted...)}
	slices.SortFunc(s.entries, func(a, b quarantine.Entry) int { return strings.Compare(a.ID, b.ID) })
	r := s.prove(t, reconcile.WindowConfig{})
	if !r.Balanced || r.Mended != 200 {
		t.Errorf("%d mended: %v", r.Mended, brief(r))
	}
}
