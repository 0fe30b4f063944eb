package app

import (
	"context"
	"iter"

	"recibo/quarantine"
	"recibo/store"
)

// Where a payment is, beside the states of the quarantine.
const (
	whereRecorded  = "recorded"
	whereNeverSeen = "never_seen"
)

// Found says where the payment of one id is. State is recorded when it is,
// whatever else arrived under its id; else the state of the latest entry; else
// never_seen.
type Found struct {
	ID       string       `json:"id"`
	State    string       `json:"state"`
	At       *string      `json:"at"`       // recorded, or last seen
	Queue    *string      `json:"queue"`    // where it came from
	Position *string      `json:"position"` // and where in it
	Reason   *string      `json:"reason"`   // of the latest entry
	Entries  []FoundEntry `json:"entries"`  // all that arrived under the id and was not recorded
}

// FoundEntry is a quarantined message with the id.
type FoundEntry struct {
	ID         string            `json:"id"`
	Reason     quarantine.Reason `json:"reason"`
	State      quarantine.State  `json:"state"`
	Detail     string            `json:"detail"`
	Seen       int64             `json:"seen"`
	LastSeenAt string            `json:"last_seen_at"`
}

// findChunk is how many ids are looked up at once; each may have several entries.
const findChunk = 200

// Find looks ids up and hands what it found to show, in their order.
func (a *App) Find(ctx context.Context, ids iter.Seq2[string, error], show func(Found) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var chunk []string
	for id, err := range ids {
		if err != nil {
			return err
		}
		if chunk = append(chunk, id); len(chunk) < findChunk {
			continue
		}
		if err := findAll(ctx, s.Reader(), chunk, show); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	return findAll(ctx, s.Reader(), chunk, show)
}

func findAll(ctx context.Context, r store.Reader, ids []string, show func(Found) error) error {
	if len(ids) == 0 {
		return nil // an empty list of ids would select everything
	}
	found := make(map[string]*Found, len(ids))
	for _, id := range ids {
		found[id] = &Found{ID: id, State: whereNeverSeen, Entries: []FoundEntry{}}
	}
	if err := findEntries(ctx, r, ids, found); err != nil {
		return err
	}
	err := pages(0, func(after string, most int) (store.Page[store.Payment], error) {
		return r.Payments(ctx, store.PaymentQuery{IDs: ids, Order: store.ByID, Limit: most, After: after})
	}, func(p *store.Payment) error {
		f := found[p.TransactionID]
		f.State, f.At = whereRecorded, some(stamp(p.RecordedAt))
		f.Queue, f.Position = some(p.Queue), some(p.Position)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := show(*found[id]); err != nil {
			return err
		}
	}
	return nil
}

// findEntries notes the entries of each id; the latest seen speaks for it.
func findEntries(ctx context.Context, r store.Reader, ids []string, found map[string]*Found) error {
	return pages(0, func(after string, most int) (store.Page[quarantine.Entry], error) {
		return r.Entries(ctx, store.EntryQuery{TransactionIDs: ids, Limit: most, After: after, WithoutBody: true})
	}, func(e *quarantine.Entry) error {
		f := found[e.TransactionID]
		at := stamp(e.LastSeenAt)
		f.Entries = append(f.Entries, FoundEntry{e.ID, e.Reason, e.State, e.Detail, e.Seen, at})
		if f.At == nil || at > *f.At {
			f.State, f.At, f.Reason = string(e.State), some(at), some(string(e.Reason))
			f.Queue, f.Position = some(e.Queue), some(e.Position)
		}
		return nil
	})
}
