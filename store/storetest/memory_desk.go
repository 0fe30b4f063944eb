package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

func (t *memoryTx) Redrive(_ context.Context, r store.Redrive) (bool, error) {
	stands, found := look(t.own.redrives, t.base.redrives, r.ID)
	landed, err := store.ClaimRedrive(found, stands.Seq, stands.Runner, &r)
	if err == nil && !landed {
		t.own.redrives[r.ID] = r
	}
	return landed, err
}

func (t *memoryTx) Mend(_ context.Context, m quarantine.Mending) (bool, error) {
	e, ok := look(t.own.entries, t.base.entries, m.EntryID)
	if !ok || e.State != quarantine.Held || e.Attempt != m.Attempt ||
		(e.MendedBody == nil) != (m.Was == nil) || !bytes.Equal(e.MendedBody, m.Was) {
		return false, nil
	}
	e.MendedBody = bytes.Clone(m.Body)
	t.own.entries[e.ID] = e
	t.line(e, quarantine.Held, m.Note, m.Actor, m.At)
	if m.Body != nil {
		t.own.history[len(t.own.history)-1].MendedSHA256 = new(sha256.Sum256(m.Body))
	}
	return true, nil
}

func (t *memoryTx) Purge(_ context.Context, ids []string) (n int64, err error) {
	for _, id := range ids {
		e, ok := look(t.own.entries, t.base.entries, id)
		if ok && (e.State == quarantine.Resolved || e.State == quarantine.Discarded) {
			t.own.purged[id] = true
			n++
		}
	}
	return n, nil
}

// purge is called with the lock held.
func (m *Memory) purge(ids map[string]bool) {
	for id := range ids {
		delete(m.data.entries, id)
	}
	if len(ids) > 0 {
		m.data.history = slices.DeleteFunc(m.data.history, func(l quarantine.HistoryLine) bool { return ids[l.EntryID] })
	}
}

func (t *memoryTx) Control(_ context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, len(cs))
	for i := range cs {
		id := cs[i].Window.ID()
		stands, ok := look(t.own.controls, t.base.controls, id)
		switch {
		case !ok:
			t.own.controls[id] = cloneControl(cs[i])
			outcomes[i].Kind = store.Recorded
		case payment.DiffControl(&stands.ControlTotal, &cs[i].ControlTotal) == nil:
			outcomes[i].Kind = store.Duplicate
		default:
			stands = cloneControl(stands)
			outcomes[i] = store.ControlOutcome{Kind: store.Conflict, Stored: &stands}
		}
	}
	return outcomes, nil
}

func cloneControl(c store.Control) store.Control {
	c.Amounts = maps.Clone(c.Amounts)
	return c
}

func (r memoryReader) Controls(_ context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	key := func(c store.Control) (time.Time, string) { return c.Until, c.Window.ID() }
	return page(maps.Values(r.m.data.controls), "controls", q.Order, q.Limit, q.After, key, func(c store.Control) (store.Control, bool) {
		match := (len(q.IDs) == 0 || slices.Contains(q.IDs, c.Window.ID())) &&
			(q.Since.IsZero() || c.Until.After(q.Since)) && (q.Until.IsZero() || c.From.Before(q.Until)) &&
			(q.Source == nil || *q.Source == c.Source)
		return cloneControl(c), match
	})
}

func (r memoryReader) Redrives(_ context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	key := func(d store.Redrive) (time.Time, string) { return d.BeganAt, d.ID }
	return page(maps.Values(r.m.data.redrives), "redrives", store.NewestFirst, q.Limit, q.After, key, func(d store.Redrive) (store.Redrive, bool) {
		return d, (q.ID == "" || q.ID == d.ID) && (len(q.States) == 0 || slices.Contains(q.States, d.State))
	})
}
