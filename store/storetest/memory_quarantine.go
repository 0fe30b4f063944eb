package storetest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

func (t *memoryTx) Quarantine(_ context.Context, es []quarantine.Entry) error {
	for _, e := range es {
		stands, ok := look(t.own.entries, t.base.entries, e.ID)
		if !ok {
			e = cloneEntry(e)
			t.own.entries[e.ID] = e
			t.line(e, "", "", string(quarantine.Recorder), e.FirstSeenAt)
			continue
		}
		stands.Seen += e.Seen
		if e.LastSeenAt.After(stands.LastSeenAt) {
			stands.LastSeenAt = e.LastSeenAt
		}
		if from := stands.State; from == quarantine.Resolved || from == quarantine.Discarded {
			stands.State = quarantine.Held
			t.line(stands, from, "the same bytes came again", string(quarantine.Recorder), e.LastSeenAt)
		}
		t.own.entries[e.ID] = stands
	}
	return nil
}

func (t *memoryTx) Transition(_ context.Context, ts []quarantine.Transition) ([]bool, error) {
	done := make([]bool, len(ts))
	for i, tr := range ts {
		e, ok := look(t.own.entries, t.base.entries, tr.EntryID)
		if !ok || e.State != tr.From || e.Attempt != tr.Attempt || !quarantine.Legal(tr.From, tr.To, tr.By) {
			continue
		}
		e.State = tr.To
		if tr.To == quarantine.Redriven {
			e.Attempt++
			e.RedriveID = tr.RedriveID
		}
		if tr.From == quarantine.Redriven && tr.To == quarantine.Held && tr.Reason != "" {
			e.Reason, e.Detail, e.FieldErrors = tr.Reason, tr.Detail, slices.Clone(tr.FieldErrors)
		}
		t.own.entries[e.ID] = e
		t.line(e, tr.From, tr.Note, tr.Actor, tr.At)
		done[i] = true
	}
	return done, nil
}

func (t *memoryTx) line(e quarantine.Entry, from quarantine.State, note, actor string, at time.Time) {
	t.own.history = append(t.own.history, quarantine.HistoryLine{
		EntryID: e.ID, From: from, To: e.State, Attempt: e.Attempt, Reason: e.Reason,
		Actor: actor, Note: note, At: at,
	})
}

func clonePayment(p store.Payment) store.Payment {
	p.Extra = bytes.Clone(p.Extra)
	return p
}

func cloneEntry(e quarantine.Entry) quarantine.Entry {
	e.Body = append([]byte{}, e.Body...)
	e.MendedBody = bytes.Clone(e.MendedBody)
	e.FieldErrors = slices.Clone(e.FieldErrors)
	e.Headers = maps.Clone(e.Headers)
	if e.Amount != nil {
		amount := *e.Amount
		e.Amount = &amount
	}
	return e
}
