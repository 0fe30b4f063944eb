package redrive

import (
	"context"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// Outcome says where the entries of a run are. Entries that a later run sent
// are that run's.
type Outcome struct {
	Resolved  int64 // recorded, or duplicates
	Redriven  int64 // no recorder has decided yet
	Discarded int64 // held again, and then discarded by somebody
	Held      map[quarantine.Reason]int64
}

// lookEvery is how often somebody who waits for recorders looks.
const lookEvery = 250 * time.Millisecond

// Settle waits for recorders to decide about the entries of a run, for as long
// as they get fewer at least once in patience, and says where the entries are:
// also when ctx ends, which only ends the waiting.
func Settle(ctx context.Context, r store.Reader, id string, patience time.Duration) (Outcome, error) {
	last, since := int64(-1), time.Now()
	asking := context.WithoutCancel(ctx)
	for {
		waiting, err := count(asking, r, id, quarantine.Redriven)
		if err != nil {
			return Outcome{}, err
		}
		n := sum(waiting)
		if n != last {
			last, since = n, time.Now()
		}
		if n == 0 || ctx.Err() != nil || time.Since(since) >= patience {
			return Where(asking, r, id)
		}
		pause(ctx, lookEvery)
	}
}

// Where says where the entries of a run are.
func Where(ctx context.Context, r store.Reader, id string) (o Outcome, err error) {
	for state, n := range map[quarantine.State]*int64{
		quarantine.Resolved: &o.Resolved, quarantine.Redriven: &o.Redriven, quarantine.Discarded: &o.Discarded,
	} {
		counts, err := count(ctx, r, id, state)
		if err != nil {
			return o, err
		}
		*n = sum(counts)
	}
	o.Held, err = count(ctx, r, id, quarantine.Held)
	return o, err
}

// count counts the entries of a run in a state, by reason.
func count(ctx context.Context, r store.Reader, id string, state quarantine.State) (map[quarantine.Reason]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	causes, err := r.Causes(ctx, store.EntryQuery{RedriveID: id, States: []quarantine.State{state}})
	counts := map[quarantine.Reason]int64{}
	for _, c := range causes {
		counts[c.Reason] += c.Entries
	}
	return counts, err
}

func sum(counts map[quarantine.Reason]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}
