// Command bench measures, in one run, how fast the main job is on this machine
// and what its parts could do at best. Figures of one run compare with each
// other and with nothing else: quote the ratios.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	pair := flag.String("pair", "embedded,sqlite", "the queue and the store: one of "+names(queueEnds)+", a comma, one of "+names(storeEnds))
	rounds := flag.Int("rounds", 5, "how often each stage is measured; the median counts")
	events := flag.Int("events", 0, "events for each measurement; 0: what suits the pair")
	backlog := flag.Int("backlog", 0, "instead: put so many messages on the queue and report resident memory")
	output := flag.String("output", "text", "text or json")
	flag.Parse()
	if err := run(*pair, *rounds, *events, *backlog, *output); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

func run(pair string, rounds, events, backlog int, output string) error {
	ctx := context.Background()
	r, err := openRig(pair)
	if err != nil {
		return err
	}
	defer func() { _ = r.close() }()
	if backlog > 0 {
		return memory(ctx, r, backlog)
	}
	if events == 0 {
		events = min(r.queueEnd.events, r.storeEnd.events)
	}
	rows, err := compare(ctx, r, rounds, events)
	if err != nil {
		return err
	}
	return show(rows, output)
}

// row is what was measured of a stage: medians of the rounds.
type row struct {
	Stage     string  `json:"stage"`
	What      string  `json:"what"`
	PerSecond int64   `json:"per_second"`
	Ratio     float64 `json:"ratio"` // of the first stage's
	Low       int64   `json:"low"`
	High      int64   `json:"high"`
	CPU       cost    `json:"cpu_us"` // a message
}

// compare measures all stages, round by round, so that what slows the machine
// down for a while slows all of them. The first round warms up, above all
// servers in Java, and does not count.
func compare(ctx context.Context, r *rig, rounds, events int) ([]row, error) {
	stages := stagesOf(r)
	measured := make([][]result, len(stages))
	for round := range rounds + 1 {
		for i, s := range stages {
			n := events
			if s.Name == naiveStage {
				n = max(events/50, 100) // it is that much slower
			}
			got, err := measure(ctx, r, s, n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			if round > 0 {
				measured[i] = append(measured[i], got)
			}
		}
	}
	rows := make([]row, len(stages))
	for i, s := range stages {
		rows[i] = summarize(s, measured[i])
		rows[i].Ratio = float64(rows[i].PerSecond) / float64(rows[0].PerSecond)
	}
	if r.outside() {
		rows = append(rows, ceiling(rows))
	}
	return rows, nil
}

func summarize(s stage, results []result) row {
	slices.SortFunc(results, func(a, b result) int { return int(a.perSecond() - b.perSecond()) })
	median := results[len(results)/2]
	return row{Stage: s.Name, What: s.What, PerSecond: int64(median.perSecond()),
		Low: int64(results[0].perSecond()), High: int64(results[len(results)-1].perSecond()), CPU: median.cost()}
}

// ceiling is what these cores could do if they did nothing but receive, decode
// and insert. A server that does one thing at a time cannot use all of them: no
// more is expected than what it does alone.
func ceiling(rows []row) row {
	c := row{Stage: "CPU ceiling", What: fmt.Sprintf("%d cores / CPU a message of raw receive and decode and of raw insert", runtime.NumCPU())}
	alone := int64(math.MaxInt64)
	for _, r := range rows {
		if r.Stage == receiveStage || r.Stage == insertStage {
			c.CPU = c.CPU.plus(r.CPU)
			alone = min(alone, r.PerSecond)
		}
	}
	c.PerSecond = int64(float64(runtime.NumCPU()) * 1e6 / c.CPU.sum())
	if alone < c.PerSecond {
		c.PerSecond, c.Stage, c.What = alone, "ceiling", "the slower of raw receive and raw insert, which cannot use all cores"
	}
	c.Low, c.High = c.PerSecond, c.PerSecond
	c.Ratio = float64(c.PerSecond) / float64(rows[0].PerSecond)
	return c
}

func measure(ctx context.Context, r *rig, s stage, events int) (result, error) {
	dir, err := os.MkdirTemp("", "recibo-bench")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return s.run(ctx, r, dir, events)
}

func show(rows []row, output string) error {
	if output == "json" {
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "events/s\tratio\tlow\thigh\tclient µs\tbroker µs\tdatabase µs\t\tstage\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%d\t%.2f\t%d\t%d\t%.1f\t%.1f\t%.1f\t\t%s: %s\t\n", r.PerSecond, r.Ratio, r.Low, r.High,
			r.CPU.Client, r.CPU.Broker, r.CPU.Database, r.Stage, r.What)
	}
	return w.Flush()
}
