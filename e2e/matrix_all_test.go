//go:build matrix

package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// TestMatrix takes every queue with every store through the faults of both, one
// pair after the other, and prints what came of it.
func TestMatrix(t *testing.T) {
	table := &matrixTable{}
	t.Cleanup(table.print)
	want := undisturbed(t)
	for _, q := range queueSides {
		for _, s := range storeSides {
			row := &matrixRow{pair: q.name + " → " + s.name}
			row.balanced = t.Run(q.name+","+s.name, func(t *testing.T) {
				table.rows = append(table.rows, row)
				r := runTrial(t, q, s, want)
				row.struck, row.perSecond = r.struck, r.speed()
			})
		}
	}
}

const speedCount = 20_000

// speed is how many events a second are recorded from a full queue, nothing
// happening.
func (r *trial) speed() int64 {
	r.t.Helper()
	before := r.gauge.count()
	r.run(0, nil, "simulate", "--count", fmt.Sprint(speedCount), "--seed", "77", "--faults", "none")
	r.recorder = r.start("record")
	defer func() { kill(r.recorder) }()
	await(r.t, time.Minute, "a first payment", func() bool { return r.gauge.count() > before })
	first, began := r.gauge.count(), time.Now()
	await(r.t, 2*time.Minute, "the last payment", func() bool { return r.gauge.count() == before+speedCount })
	return int64(float64(before+speedCount-first) / time.Since(began).Seconds())
}

// matrixTable is what make matrix prints.
type matrixTable struct {
	rows []*matrixRow
}

type matrixRow struct {
	pair      string
	balanced  bool
	perSecond int64
	struck    []struckFault
}

func (m *matrixTable) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "\npair\tbalanced\tevents/s\tlongest gap without a commit, in seconds, after each fault\n")
	for _, row := range m.rows {
		balanced := map[bool]string{true: "yes", false: "NO"}[row.balanced]
		var gaps []string
		for _, s := range row.struck[min(1, len(row.struck)):] { // not of the start
			gaps = append(gaps, s.String())
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", row.pair, balanced, row.perSecond, strings.Join(gaps, ", "))
	}
}
