package simulator

import "time"

// saoPaulo has had no summer time since 2019.
var saoPaulo = time.FixedZone("-03:00", -3*60*60)

// meanGap is the mean time between two payments over a day, in microseconds.
const meanGap = 40_000

// hourly says how busy each hour of the day in São Paulo is, in per cent of
// the mean.
var hourly = [24]int64{30, 18, 12, 10, 12, 22, 45, 80, 115, 140, 155, 165,
	170, 160, 155, 155, 160, 165, 165, 150, 130, 105, 75, 48}

// gaps are the times between payments that know nothing of each other, in
// thousandths of their mean.
var gaps = curve{{0, 0}, {50_000, 51}, {100_000, 105}, {200_000, 223}, {300_000, 357}, {400_000, 511},
	{500_000, 693}, {600_000, 916}, {700_000, 1_204}, {800_000, 1_609}, {900_000, 2_303}, {950_000, 2_996},
	{980_000, 3_912}, {990_000, 4_605}, {999_000, 6_908}, {1_000_000, 10_000}}

// after returns when the payment after the one at the given time happens: a
// whole number of milliseconds later, one at least.
func after(r random, at time.Time) time.Time {
	busy := hourly[at.In(saoPaulo).Hour()]
	microseconds := gaps.draw(r) * meanGap / 1000 * 100 / busy
	return at.Add(time.Duration(max(1, microseconds/1000)) * time.Millisecond)
}
