package storetest

import (
	"context"
	"maps"
	"sync"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Memory is a store.Store in memory. Its transactions run one at a time and
// are seen by readers from their commit on. It waits on channels only, so it
// works in a synctest bubble when it is made there.
type Memory struct {
	turn chan struct{} // held by the transaction that runs

	mu   sync.RWMutex // never held while waiting for anything
	data tables
}

// tables are what one database holds, or what one transaction adds to it.
type tables struct {
	payments map[string]store.Payment
	entries  map[string]quarantine.Entry
	history  []quarantine.HistoryLine
	tally    map[store.TallyKey]store.TallyLine
	writers  map[string]store.Writer
	outages  map[string]store.Outage
	controls map[string]store.Control
	redrives map[string]store.Redrive
	purged   map[string]bool // entries that a transaction removes
}

func newTables() tables {
	return tables{
		payments: map[string]store.Payment{},
		entries:  map[string]quarantine.Entry{},
		tally:    map[store.TallyKey]store.TallyLine{},
		writers:  map[string]store.Writer{},
		outages:  map[string]store.Outage{},
		controls: map[string]store.Control{},
		redrives: map[string]store.Redrive{},
		purged:   map[string]bool{},
	}
}

// NewMemory returns an empty store; it needs no Migrate.
func NewMemory() *Memory {
	return &Memory{turn: make(chan struct{}, 1), data: newTables()}
}

// Update runs fn with a view of the database and what it writes itself, and
// makes that visible to others when fn returns nil.
func (m *Memory) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return &store.Error{Class: store.ClassOutage, Op: "begin", Err: ctx.Err()}
	}
	tx := &memoryTx{base: m.data, own: newTables()}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return &store.Error{Class: store.ClassOutage, Op: "commit", Err: err}
	}
	m.commit(tx.own)
	return nil
}

func (m *Memory) commit(own tables) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.data.payments, own.payments)
	maps.Copy(m.data.entries, own.entries)
	maps.Copy(m.data.tally, own.tally)
	maps.Copy(m.data.writers, own.writers)
	maps.Copy(m.data.outages, own.outages)
	maps.Copy(m.data.controls, own.controls)
	maps.Copy(m.data.redrives, own.redrives)
	m.data.history = append(m.data.history, own.history...)
	m.purge(own.purged)
}

// Reader returns a reader of what is committed.
func (m *Memory) Reader() store.Reader { return memoryReader{m} }

// Check always succeeds.
func (m *Memory) Check(ctx context.Context) error { return ctx.Err() }

// Migrate has nothing to do.
func (m *Memory) Migrate(ctx context.Context) error { return ctx.Err() }

// Limits are those of a store with one writer.
func (m *Memory) Limits() store.Limits { return store.Limits{Writers: 1, Batch: 1000} }

// Close keeps everything: the same Memory may be used again, as a database is
// opened again.
func (m *Memory) Close() error { return nil }

// memoryTx writes into own and reads own before base.
type memoryTx struct{ base, own tables }

func look[K comparable, V any](own, base map[K]V, key K) (V, bool) {
	if v, ok := own[key]; ok {
		return v, true
	}
	v, ok := base[key]
	return v, ok
}

func (t *memoryTx) Claim(_ context.Context, w store.Writer) (bool, error) {
	stands, ok := look(t.own.writers, t.base.writers, w.ID)
	switch {
	case ok && stands.Seq == w.Seq:
		return true, nil
	case ok && stands.Seq == w.Seq-1:
		stands.Seq, stands.SeenAt = w.Seq, w.SeenAt
		t.own.writers[w.ID] = stands
		return false, nil
	case !ok && w.Seq == 1:
		t.own.writers[w.ID] = w
		return false, nil
	}
	return false, store.ErrFenced
}

func (t *memoryTx) Record(_ context.Context, ps []store.Payment) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, len(ps))
	for i := range ps {
		stands, ok := look(t.own.payments, t.base.payments, ps[i].TransactionID)
		switch {
		case !ok:
			t.own.payments[ps[i].TransactionID] = clonePayment(ps[i])
			outcomes[i].Kind = store.Recorded
		case payment.Diff(&stands.Event, &ps[i].Event) == nil:
			outcomes[i].Kind = store.Duplicate
		default:
			stands = clonePayment(stands)
			outcomes[i] = store.Outcome{Kind: store.Conflict, Stored: &stands}
		}
	}
	return outcomes, nil
}

func (t *memoryTx) Tally(_ context.Context, lines []store.TallyLine) error {
	for _, l := range lines {
		stands, _ := look(t.own.tally, t.base.tally, l.TallyKey)
		l.Count += stands.Count
		l.Amount = l.Amount.Plus(stands.Amount)
		t.own.tally[l.TallyKey] = l
	}
	return nil
}

func (t *memoryTx) Outage(_ context.Context, o store.Outage) error {
	t.own.outages[o.ID] = o
	return nil
}
