package app

import (
	"context"
	"iter"

	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
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
	EntryID  *string      `json:"entry_id"` // of the entry by whose redrive it was recorded
	Entries  []FoundEntry `json:"entries"`  // all that arrived under the id and was not recorded
}

// FoundEntry is a quarantined message with the id.
type FoundEntry struct {
	ID         string            `json:"id"`
	Reason     quarantine.Reason `json:"reason"`
	State      quarantine.State  `json:"state"`
	Detail     string            `json:"detail"`
	Seen       int64             `json:"seen"`
	Attempt    int               `json:"attempt"` // redrives so far
	Mended     bool              `json:"mended"`  // a mended body stands beside the original
	LastSeenAt string            `json:"last_seen_at"`
}

// findChunk is how many ids are looked up at once; each may have several entries.
const findChunk = 200

// Find looks up ids of payments, and of entries, and hands what it found to
// show, in their order.
func (a *App) Find(ctx context.Context, ids iter.Seq2[string, error], show func(Found) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	f := &finder{app: a, reader: s.Reader()}
	var chunk []string
	for id, err := range ids {
		if err != nil {
			return err
		}
		if chunk = append(chunk, id); len(chunk) < findChunk {
			continue
		}
		if err := f.all(ctx, chunk, show); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	return f.all(ctx, chunk, show)
}

// finder looks ids up, some at once.
type finder struct {
	app    *App
	reader store.Reader
	mended map[string][]*quarantine.Entry // what waits with a mended body, by the id in that; nil: not asked for yet
	found  map[string]*Found
}

func (f *finder) all(ctx context.Context, ids []string, show func(Found) error) error {
	if len(ids) == 0 {
		return nil // an empty list of ids would select everything
	}
	f.found = make(map[string]*Found, len(ids))
	var entryIDs []string
	for _, id := range ids {
		f.found[id] = &Found{ID: id, State: whereNeverSeen, Entries: []FoundEntry{}}
		if quarantine.IsEntryID(id) {
			entryIDs = append(entryIDs, id)
		}
	}
	err := f.entries(ctx, store.EntryQuery{TransactionIDs: ids}, func(e *quarantine.Entry) string { return e.TransactionID })
	if err == nil && len(entryIDs) > 0 {
		err = f.entries(ctx, store.EntryQuery{IDs: entryIDs}, func(e *quarantine.Entry) string { return e.ID })
	}
	if err == nil {
		err = f.payments(ctx, ids)
	}
	if err == nil {
		err = f.inMended(ctx)
	}
	for _, id := range ids {
		if err == nil {
			err = show(*f.found[id])
		}
	}
	return err
}

func (f *finder) payments(ctx context.Context, ids []string) error {
	return pages(0, func(after string, most int) (store.Page[store.Payment], error) {
		return f.reader.Payments(ctx, store.PaymentQuery{IDs: ids, Order: store.ByID, Limit: most, After: after})
	}, func(p *store.Payment) error {
		v := f.found[p.TransactionID]
		v.State, v.At = whereRecorded, some(stamp(p.RecordedAt))
		v.Queue, v.Position, v.EntryID = some(p.Queue), some(p.Position), some(p.EntryID)
		return nil
	})
}

// entries notes the entries that q selects under the id that they have.
func (f *finder) entries(ctx context.Context, q store.EntryQuery, id func(*quarantine.Entry) string) error {
	q.WithoutBody = true
	return pages(0, func(after string, most int) (store.Page[quarantine.Entry], error) {
		q.Limit, q.After = most, after
		return f.reader.Entries(ctx, q)
	}, func(e *quarantine.Entry) error {
		f.found[id(e)].add(e)
		return nil
	})
}

// add notes an entry; the latest seen speaks for the id.
func (v *Found) add(e *quarantine.Entry) {
	for _, known := range v.Entries {
		if known.ID == e.ID {
			return
		}
	}
	at := stamp(e.LastSeenAt)
	v.Entries = append(v.Entries, FoundEntry{e.ID, e.Reason, e.State, e.Detail, e.Seen, e.Attempt, e.MendedBody != nil, at})
	if v.State != whereRecorded && (v.At == nil || at > *v.At) {
		v.State, v.At, v.Reason = string(e.State), some(at), some(string(e.Reason))
		v.Queue, v.Position = some(e.Queue), some(e.Position)
	}
}

// inMended looks for what was found nowhere in the mended bodies of what waits:
// an id that could not be read in the original stands only there.
func (f *finder) inMended(ctx context.Context) error {
	for id, v := range f.found {
		if v.State != whereNeverSeen {
			continue
		}
		if f.mended == nil {
			if err := f.readMended(ctx); err != nil {
				return err
			}
		}
		for _, e := range f.mended[id] {
			v.add(e)
		}
	}
	return nil
}

func (f *finder) readMended(ctx context.Context) error {
	f.mended = map[string][]*quarantine.Entry{}
	q := store.EntryQuery{States: []quarantine.State{quarantine.Held, quarantine.Redriven}, Order: store.ByID, WithoutBody: true}
	return pages(0, func(after string, most int) (store.Page[quarantine.Entry], error) {
		q.Limit, q.After = most, after
		return f.reader.Entries(ctx, q)
	}, func(e *quarantine.Entry) error {
		if e.MendedBody == nil {
			return nil
		}
		if event, err := wire.Decode(e.MendedBody, f.app.decoding()); err == nil && event.TransactionID != e.TransactionID {
			copied := *e
			f.mended[event.TransactionID] = append(f.mended[event.TransactionID], &copied)
		}
		return nil
	})
}
