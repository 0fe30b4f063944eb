// Command bench measures, in one run, how fast the main job is on this machine
// and what its parts could do at best. Figures of one run compare with each
// other and with nothing else: quote the ratios.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// stage is one thing that is measured: it returns how many events a second.
type stage struct {
	Name string
	What string
	run  func(ctx context.Context, dir string, events int) (perSecond float64, err error)
}

type row struct {
	Stage     string  `json:"stage"`
	What      string  `json:"what"`
	PerSecond int64   `json:"per_second"` // median of the rounds
	Ratio     float64 `json:"ratio"`      // of the first stage's
	Low       int64   `json:"low"`
	High      int64   `json:"high"`
}

func main() {
	rounds := flag.Int("rounds", 5, "how often each stage is measured; the median counts")
	events := flag.Int("events", 100_000, "events for each measurement")
	backlog := flag.Int("backlog", 0, "instead: put so many messages on the embedded queue and report resident memory")
	output := flag.String("output", "text", "text or json")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *backlog > 0 {
		err = memory(ctx, *backlog)
	} else {
		err = compare(ctx, *rounds, *events, *output)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

// compare measures all stages, round by round, so that what slows the machine
// down for a while slows all of them.
func compare(ctx context.Context, rounds, events int, output string) error {
	measured := make([][]float64, len(stages))
	for range rounds {
		for i, s := range stages {
			n := events
			if s.Name == naiveStage {
				n = max(events/50, 100) // it is that much slower
			}
			perSecond, err := measure(ctx, s, n)
			if err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			measured[i] = append(measured[i], perSecond)
		}
	}
	rows := make([]row, len(stages))
	for i, s := range stages {
		slices.Sort(measured[i])
		median := measured[i][len(measured[i])/2]
		rows[i] = row{Stage: s.Name, What: s.What, PerSecond: int64(median),
			Low: int64(measured[i][0]), High: int64(measured[i][len(measured[i])-1])}
		rows[i].Ratio = float64(rows[i].PerSecond) / float64(rows[0].PerSecond)
	}
	return show(rows, output)
}

func measure(ctx context.Context, s stage, events int) (float64, error) {
	dir, err := os.MkdirTemp("", "recibo-bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return s.run(ctx, dir, events)
}

func show(rows []row, output string) error {
	if output == "json" {
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "events/s\tratio\tlow\thigh\t\tstage\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%d\t%.2f\t%d\t%d\t\t%s: %s\t\n", r.PerSecond, r.Ratio, r.Low, r.High, r.Stage, r.What)
	}
	return w.Flush()
}
