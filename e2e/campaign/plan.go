package campaign

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// What a campaign is to have thrown before it is done.
const (
	EachKind  = 5
	AllFaults = 300
)

// Offer is a pair of systems, and the kinds of faults that can be thrown at it.
type Offer struct {
	Queue, Store string
	Kinds        []string
}

// Done tells whether every kind that is offered, and not skipped, was thrown
// often enough, and faults in all.
func (r *Report) Done(offers []Offer) bool {
	thrown := r.Thrown()
	sum := 0
	for _, n := range thrown {
		sum += n
	}
	for _, o := range offers {
		if r.need(o, thrown) > 0 {
			return false
		}
	}
	return sum >= AllFaults
}

// need is how many faults the kinds of an offer are short of, each kind counted
// once: a run throws it once.
func (r *Report) need(o Offer, thrown map[string]int) int {
	n := 0
	for _, kind := range o.Kinds {
		if _, skipped := r.Skipped[kind]; !skipped && thrown[kind] < EachKind {
			n++
		}
	}
	return n
}

// Next chooses the pair that is short of most kinds (where several are, the one
// with the fewest runs, so that all pairs have their turn) and at most so many
// kinds for it, the rarest first. The seed shuffles what is equal, and the order
// in which they strike.
func (r *Report) Next(offers []Offer, most int, seed uint64) Offer {
	random := rand.New(rand.NewPCG(seed, 1))
	thrown, runs := r.Thrown(), map[string]int{}
	for _, run := range r.Runs {
		runs[run.Pair()]++
	}
	offers = slices.Clone(offers)
	random.Shuffle(len(offers), func(i, j int) { offers[i], offers[j] = offers[j], offers[i] })
	best := slices.MinFunc(offers, func(a, b Offer) int {
		return cmp.Or(
			cmp.Compare(min(r.need(b, thrown), most), min(r.need(a, thrown), most)),
			cmp.Compare(runs[a.Queue+","+a.Store], runs[b.Queue+","+b.Store]),
		)
	})
	kinds := slices.DeleteFunc(slices.Clone(best.Kinds), func(kind string) bool {
		_, skipped := r.Skipped[kind]
		return skipped
	})
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(thrown[a], thrown[b]) })
	kinds = kinds[:min(most, len(kinds))]
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	return Offer{best.Queue, best.Store, kinds}
}
