package reconcile

import (
	"fmt"
	"strings"

	"recibo/payment"
)

// causes tells what would make a window balance, and what waits that may be
// missing.
func (w *window) causes(x *WindowExample) []string {
	var parts []string
	for _, c := range w.candidates {
		if c.kind == alteredRow && len(x.Payments) < mostNamed {
			x.Payments = append(x.Payments, Example{Kind: KindDiffering, ID: c.name})
		}
	}
	if n := int64(len(x.Payments)); n > 0 {
		parts = append(parts, plural(n, "a row does", "rows do")+" not say what "+plural(n, "its own fingerprint says: ", "their own fingerprints say: ")+names(x.Payments))
	}
	need := w.expected.Prints
	need.Minus(w.recorded.Prints)
	solved := solve(need, w.candidates)
	parts = append(parts, say(solved, heldEntry, "what is missing is held: entry ", "what is missing is held: entries "),
		say(solved, heldVersion, "it balances with the version that is held as entry ", "it balances with the versions that are held as entries "),
		say(solved, returnedRow, "it balances without what came out of quarantine as ", "it balances without what came out of quarantine as "),
		say(solved, alteredRow, "it balances with what was recorded as ", "it balances with what was recorded as "))
	for _, o := range w.others {
		if w.balancesWith(o) {
			parts = append(parts, "it balances with the control total that is held as entry "+o.entry)
		}
	}
	if w.held.Count > 0 && len(solved) == 0 && w.recorded.Count < w.expected.Count {
		parts = append(parts, w.waits())
	}
	return withoutEmpty(parts)
}

// waits names what waits and belongs to the window.
func (w *window) waits() string {
	text := counted(w.held.Count, "message", "messages") + plural(w.held.Count, " that waits in quarantine belongs", " that wait in quarantine belong") +
		" to it" + worthOf(w.held.Decimals())
	if w.unreadable > 0 {
		text += fmt.Sprintf(" (the amount of %d cannot be read)", w.unreadable)
	}
	return text + plural(int64(len(w.entries)), ": entry ", ": entries ") + bounded(w.entries, w.held.Count)
}

func (w *window) balancesWith(o otherControl) bool {
	stands, known := w.controls[o.producer]
	if !known {
		return false
	}
	expected := w.expected.Prints
	expected.Minus(stands)
	expected.Plus(o.prints)
	return expected == w.recorded.Prints
}

func say(solved []candidate, kind candidateKind, one, many string) string {
	var all []string
	for _, c := range solved {
		if c.kind == kind {
			all = append(all, c.name)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return plural(int64(len(all)), one, many) + bounded(all, int64(len(all)))
}

func bounded(ids []string, all int64) string {
	text := strings.Join(ids[:min(len(ids), mostNamed)], ", ")
	if all > mostNamed {
		text += ", …"
	}
	return text
}

func names(all []Example) string {
	ids := make([]string, len(all))
	for i, x := range all {
		ids[i] = x.ID
	}
	return strings.Join(ids, ", ")
}

func withoutEmpty(parts []string) []string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

// everySubset is how many candidates may be there for all their combinations to
// be tried.
const everySubset = 14

// solve finds candidates whose changes add up to what is needed, nil if there
// are none, or nothing is. Fingerprints do not add up to anything by chance. Of
// many candidates only one alone, two together and all are tried.
func solve(need payment.PrintSum, candidates []candidate) []candidate {
	if need == (payment.PrintSum{}) {
		return nil
	}
	if len(candidates) <= everySubset {
		return subset(need, candidates, nil)
	}
	all, first := payment.PrintSum{}, map[payment.PrintSum]int{}
	for i, c := range candidates {
		all.Plus(c.changes)
		if c.changes == need {
			return candidates[i : i+1]
		}
		rest := need
		rest.Minus(c.changes)
		if j, ok := first[rest]; ok {
			return []candidate{candidates[j], c}
		}
		first[c.changes] = i
	}
	if all == need {
		return candidates
	}
	return nil
}

// subset tries every combination.
func subset(need payment.PrintSum, candidates, taken []candidate) []candidate {
	if need == (payment.PrintSum{}) {
		return taken
	}
	if len(candidates) == 0 {
		return nil
	}
	with := need
	with.Minus(candidates[0].changes)
	if found := subset(with, candidates[1:], append(taken[:len(taken):len(taken)], candidates[0])); found != nil {
		return found
	}
	return subset(need, candidates[1:], taken)
}
