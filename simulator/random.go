package simulator

import (
	"math/bits"
	"math/rand/v2"
)

// random draws integers. PCG is specified to the bit, and what is derived from
// it here is too.
type random struct{ source *rand.PCG }

// Streams of one seed that must not touch each other.
const (
	streamParties = 0x7061727469657321
	streamEvents  = 0x6576656e74732121
)

func newRandom(seed, stream uint64) random { return random{rand.NewPCG(seed, stream)} }

func (r random) bits() uint64 { return r.source.Uint64() }

// below draws from 0 to n-1, evenly but for a bias of n/2^64.
func (r random) below(n int) int {
	high, _ := bits.Mul64(r.source.Uint64(), uint64(n))
	return int(high)
}

// skewed draws from 0 to n-1, small ones much more often: half of all draws
// fall into the first eighth.
func (r random) skewed(n int) int {
	u := r.source.Uint64()
	a, _ := bits.Mul64(u, u)
	a, _ = bits.Mul64(a, u)
	high, _ := bits.Mul64(a, uint64(n))
	return int(high)
}

// pick draws one of the things, by weight.
func pick[T any](r random, table []weighted[T]) T {
	total := 0
	for i := range table {
		total += table[i].weight
	}
	n := r.below(total)
	for i := range table {
		if n -= table[i].weight; n < 0 {
			return table[i].thing
		}
	}
	return table[len(table)-1].thing
}

type weighted[T any] struct {
	weight int
	thing  T
}

// curve is a distribution as the values below which a share of all draws
// falls. Between two points it is straight.
type curve []point

type point struct {
	millionths int // rising from 0 to 1,000,000
	value      int64
}

func (c curve) draw(r random) int64 {
	n := r.below(1_000_000)
	i := 1
	for c[i].millionths <= n {
		i++
	}
	low, high := c[i-1], c[i]
	span := int64(high.millionths - low.millionths)
	return low.value + (high.value-low.value)*int64(n-low.millionths)/span
}
