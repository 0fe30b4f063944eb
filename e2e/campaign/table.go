package campaign

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Table is the report for people: one line for each kind of fault, then the
// pairs, then what went wrong.
func (r *Report) Table() string {
	var text strings.Builder
	r.sentence(&text)
	r.kinds(&text)
	r.pairs(&text)
	r.remarks(&text)
	return text.String()
}

// sentence is the whole in one.
func (r *Report) sentence(text *strings.Builder) {
	var sum Run
	proved, faults := 0, 0
	for _, run := range r.Runs {
		sum.Lost, sum.Doubled, sum.GoodQuarantined = sum.Lost+run.Lost, sum.Doubled+run.Doubled, sum.GoodQuarantined+run.GoodQuarantined
		if run.Proved() {
			proved++
			faults += len(run.Strikes)
			sum.Sent, sum.Recorded, sum.Held = sum.Sent+run.Sent, sum.Recorded+run.Recorded, sum.Held+run.Held
		}
	}
	fmt.Fprintf(text, "%d faults of %d kinds in %d runs: lost %d, doubled %d, good events quarantined %d; %d messages sent, %d payments, %d entries\n",
		faults, len(r.Thrown()), proved, sum.Lost, sum.Doubled, sum.GoodQuarantined, sum.Sent, sum.Recorded, sum.Held)
}

// kindRow sums the strikes of one kind.
type kindRow struct {
	recoveries []time.Duration
	bound      time.Duration
	late       int
	pairs      map[string]bool
}

func (r *Report) kinds(text *strings.Builder) {
	rows := map[string]*kindRow{}
	for _, run := range r.Runs {
		if !run.Proved() {
			continue
		}
		for _, s := range run.Strikes {
			row := rows[s.Kind]
			if row == nil {
				row = &kindRow{pairs: map[string]bool{}}
				rows[s.Kind] = row
			}
			row.recoveries, row.bound = append(row.recoveries, s.Recovery), max(row.bound, s.Bound)
			row.pairs[run.Pair()] = true
			if s.Recovery > s.Bound {
				row.late++
			}
		}
	}
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nfault\tthrown\tpairs\trecovery, median\tmost\tbound\tlate\n")
	for _, kind := range slices.Sorted(maps.Keys(rows)) {
		row := rows[kind]
		slices.Sort(row.recoveries)
		n := len(row.recoveries)
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%d\n", kind, n, len(row.pairs),
			seconds(row.recoveries[n/2]), seconds(row.recoveries[n-1]), seconds(row.bound), row.late)
	}
	_ = w.Flush()
}

// seconds is a time as people compare it: with one decimal, rounded up, so that
// nothing is shown shorter than it was.
func seconds(d time.Duration) string {
	tenths := (d + 100*time.Millisecond - 1) / (100 * time.Millisecond)
	return fmt.Sprintf("%d.%d s", tenths/10, tenths%10)
}

func (r *Report) pairs(text *strings.Builder) {
	type row struct{ runs, faults, megabytes, descriptors, threads int }
	rows := map[string]*row{}
	for _, run := range r.Runs {
		if !run.Proved() {
			continue
		}
		p := rows[run.Pair()]
		if p == nil {
			p = &row{}
			rows[run.Pair()] = p
		}
		p.runs++
		p.faults += len(run.Strikes)
		p.megabytes = max(p.megabytes, int(run.Recorder.Bytes>>20))
		p.descriptors = max(p.descriptors, run.Recorder.Descriptors)
		p.threads = max(p.threads, run.Recorder.Threads)
	}
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\npair\truns\tfaults\trecorder, MiB at most\tdescriptors\tthreads\n")
	for _, pair := range slices.Sorted(maps.Keys(rows)) {
		p := rows[pair]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", pair, p.runs, p.faults, p.megabytes, p.descriptors, p.threads)
	}
	_ = w.Flush()
}

// remarks are what is not proved, what was skipped, and what systems do each in
// their way.
func (r *Report) remarks(text *strings.Builder) {
	notes := map[string]bool{}
	for _, run := range r.Runs {
		for what, note := range run.Notes {
			notes[what+": "+note] = true
		}
		switch {
		case run.Ended == nil:
			fmt.Fprintf(text, "\nnot counted: seed %d, %s: its leg was stopped after %d faults", run.Seed, run.Pair(), len(run.Strikes))
		case !run.Proved():
			fmt.Fprintf(text, "\nFAILED: seed %d, %s: %s", run.Seed, run.Pair(), strings.Join(run.Failed, "; "))
		}
	}
	for _, note := range slices.Sorted(maps.Keys(notes)) {
		fmt.Fprintf(text, "\n%s", note)
	}
	for _, kind := range slices.SortedFunc(maps.Keys(r.Skipped), cmp.Compare) {
		fmt.Fprintf(text, "\nskipped: %s: %s", kind, r.Skipped[kind])
	}
	fmt.Fprintln(text)
}
