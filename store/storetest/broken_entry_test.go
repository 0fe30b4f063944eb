package storetest_test

import (
	"bytes"
	"context"
	"slices"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var brokenEntries = []brokenStore{
	{"drops headers", "an entry comes back as it was written", holding(func(e *quarantine.Entry) { e.Headers = nil })},
	{"rounds the amount at stake", "an entry comes back as it was written", holding(func(e *quarantine.Entry) {
		if e.Amount != nil {
			e.Amount = &payment.Money{Minor: int64(float64(e.Amount.Minor)) + 1, Currency: e.Amount.Currency}
		}
	})},
	{"keeps bodies as text", "bodies are kept byte for byte", holding(func(e *quarantine.Entry) { e.Body = bytes.ToValidUTF8(e.Body, []byte("?")) })},
	{"reads absent amounts as zero", "what could not be read stays absent", holding(func(e *quarantine.Entry) {
		if e.Amount == nil {
			e.Amount = &payment.Money{}
		}
	})},
	{"forgets seen", "copies add to seen and move last_seen_at", holding(func(e *quarantine.Entry) { e.Seen = 1 })},
	{"replaces what stands", "a copy changes nothing else of its entry", replacing},
	{"moves last_seen_at back", "last_seen_at never moves back", reading(brokenReader{entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
		page, err := r.Entries(ctx, q)
		for i := range page.Items {
			page.Items[i].LastSeenAt = page.Items[i].LastSeenAt.Add(-1)
		}
		return page, err
	}})},
	{"leaves discarded entries", "resolved and discarded entries are held again", secondTimeNothing},
	{"holds redriven entries", "a redriven entry stays redriven when copies come", holdsRedriven},
	{"writes no history at birth", "the birth of an entry is a line of history", reading(brokenReader{history: func(ls []quarantine.HistoryLine) []quarantine.HistoryLine {
		return slices.DeleteFunc(ls, func(l quarantine.HistoryLine) bool { return l.From == "" })
	}})},
	{"stops at the first known entry", "new and known entries in one call", stopsAtKnown},
}

// replacing answers with the newest version of each entry.
func replacing() store.Store {
	newest := map[string]quarantine.Entry{}
	b := holding(func(e *quarantine.Entry) { newest[e.ID] = *e })().(*broken)
	b.reader = func(r store.Reader) store.Reader {
		return brokenReader{Reader: r, entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
			page, err := r.Entries(ctx, q)
			for i, e := range page.Items {
				page.Items[i].Detail = newest[e.ID].Detail
			}
			return page, err
		}}
	}
	return b
}

// secondTimeNothing takes no notice of entries that it knows.
func secondTimeNothing() store.Store {
	known := map[string]bool{}
	return withTx(func(tx store.Tx) store.Tx {
		return entryTx{tx, func(ctx context.Context, tx store.Tx, es []quarantine.Entry) error {
			es = slices.DeleteFunc(slices.Clone(es), func(e quarantine.Entry) bool { return known[e.ID] })
			for _, e := range es {
				known[e.ID] = true
			}
			return tx.Quarantine(ctx, es)
		}}
	})()
}

func holdsRedriven() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return entryTx{tx, func(ctx context.Context, tx store.Tx, es []quarantine.Entry) error {
			for _, e := range es {
				back := quarantine.Transition{EntryID: e.ID, From: quarantine.Redriven, To: quarantine.Held, By: quarantine.Recorder, Attempt: 1, Actor: "recorder"}
				if _, err := tx.Transition(ctx, []quarantine.Transition{back}); err != nil {
					return err
				}
			}
			return tx.Quarantine(ctx, es)
		}}
	})()
}

func stopsAtKnown() store.Store {
	known := map[string]bool{}
	return withTx(func(tx store.Tx) store.Tx {
		return entryTx{tx, func(ctx context.Context, tx store.Tx, es []quarantine.Entry) error {
			if i := slices.IndexFunc(es, func(e quarantine.Entry) bool { return known[e.ID] }); i >= 0 {
				es = es[:i]
			}
			for _, e := range es {
				known[e.ID] = true
			}
			return tx.Quarantine(ctx, es)
		}}
	})()
}

type transitions = []quarantine.Transition

// blind changes transitions on their way in.
func blind(change func(*quarantine.Transition)) func() store.Store {
	return moving(func(ctx context.Context, tx store.Tx, ts transitions) ([]bool, error) {
		ts = slices.Clone(ts)
		for i := range ts {
			change(&ts[i])
		}
		return tx.Transition(ctx, ts)
	})
}

// tryAll makes the transition from whatever state, or at whatever attempt, it is.
func tryAll(ctx context.Context, tx store.Tx, t quarantine.Transition) (bool, error) {
	for _, from := range quarantine.States {
		for attempt := range 3 {
			t.From, t.Attempt = from, attempt
			if done, err := tx.Transition(ctx, transitions{t}); err != nil || done[0] {
				return done[0], err
			}
		}
	}
	return false, nil
}

func forcing(ctx context.Context, tx store.Tx, ts transitions) ([]bool, error) {
	done := make([]bool, len(ts))
	for i, t := range ts {
		var err error
		if done[i], err = tryAll(ctx, tx, t); err != nil {
			return nil, err
		}
	}
	return done, nil
}

var brokenTransitions = []brokenStore{
	{"forgets the note", "a transition moves an entry and writes history", blind(func(t *quarantine.Transition) { t.Note = "" })},
	{"compares no state", "a transition from another state is refused", moving(forcing)},
	{"compares no attempt", "a transition at another attempt is refused", moving(forcing)},
	{"makes illegal transitions", "only legal transitions are made", moving(func(ctx context.Context, tx store.Tx, ts transitions) ([]bool, error) {
		done, err := tx.Transition(ctx, ts)
		for i := range done {
			done[i] = true
		}
		return done, err
	})},
	{"counts no attempts", "each step to redriven adds an attempt", reading(brokenReader{entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
		page, err := r.Entries(ctx, q)
		for i := range page.Items {
			page.Items[i].Attempt = 0
		}
		return page, err
	}})},
	{"keeps the old reason", "a step back to held replaces the reason", blind(func(t *quarantine.Transition) { t.Reason = "" })},
	{"answers in another order", "a transition answers each by its index", moving(func(ctx context.Context, tx store.Tx, ts transitions) ([]bool, error) {
		done, err := tx.Transition(ctx, ts)
		slices.Reverse(done)
		return done, err
	})},
	{"sorts history by state", "history comes in the order it happened", reading(brokenReader{history: func(ls []quarantine.HistoryLine) []quarantine.HistoryLine {
		slices.SortFunc(ls, func(a, b quarantine.HistoryLine) int { return bytes.Compare([]byte(a.To), []byte(b.To)) })
		return ls
	}})},
}
