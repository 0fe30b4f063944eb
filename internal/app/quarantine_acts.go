package app

import (
	"context"
	"errors"
	"os/user"
	"slices"
	"time"

	"recibo/quarantine"
	"recibo/redrive"
	"recibo/store"
)

// Act is what a person does to entries, and why. Entries that are first seen
// from Cutoff on are untouched.
type Act struct {
	Selection redrive.Selection
	Cutoff    time.Time
	Actor     string
	Note      string
}

// Selected is how much an act would be about.
type Selected struct {
	Filter     string            `json:"filter"`
	Cutoff     string            `json:"cutoff"`
	Selected   int64             `json:"selected"`
	Amount     map[string]string `json:"amount"` // at stake, as far as it can be read
	Unreadable int64             `json:"unreadable"`
}

// Acted is what became of an act on many entries.
type Acted struct {
	Filter    string `json:"filter"`
	Selected  int64  `json:"selected"`
	Done      int64  `json:"done"`
	Lost      int64  `json:"lost"`   // somebody else acted first
	Losses    []Loss `json:"losses"` // the first few of them
	ElapsedMS int64  `json:"elapsed_ms"`
}

// Loss is an entry on which somebody else acted first.
type Loss struct {
	EntryID string            `json:"entry_id"`
	State   *quarantine.State `json:"state"` // null: it was purged
	Actor   *string           `json:"actor"`
	At      *string           `json:"at"`
	Words   string            `json:"words"`
}

// DefaultActor is the user of the system who runs this.
func DefaultActor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// CountSelected counts the entries of an act that are in one of the states.
func (a *App) CountSelected(ctx context.Context, act Act, states ...quarantine.State) (Selected, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return Selected{}, err
	}
	defer s.Close()
	count, err := redrive.CountSelected(ctx, s.Reader(), act.Selection, a.decoding(), act.Cutoff, states...)
	return viewSelected(act, count), refusedSelection(err)
}

func viewSelected(act Act, c redrive.Count) Selected {
	return Selected{Filter: act.Selection.Words(), Cutoff: stamp(act.Cutoff), Selected: c.Entries, Amount: amounts(c.Amount), Unreadable: c.Unreadable}
}

// refusedSelection makes what a person selected wrongly a usage error.
func refusedSelection(err error) error {
	switch {
	case errors.Is(err, redrive.ErrEmpty):
		return usage("name entries, or say which with --reason, --field, --source, --since or --until", "%w", err)
	case errors.Is(err, redrive.ErrTooMany):
		return usage("select them with --reason, --field, --source, --since or --until instead", "%w", err)
	case errors.Is(err, redrive.ErrState):
		return usage("write --state resolved or --state discarded; what is held is redriven or discarded first", "%w", err)
	}
	return err
}

// desk opens the store for what people do; it must be there.
func (a *App) desk(ctx context.Context, act Act) (*redrive.Desk, func(), error) {
	s, err := a.deskStore(ctx)
	if err != nil {
		return nil, nil, err
	}
	d := &redrive.Desk{Store: s, StoreTarget: a.Config.Store.String(), Decoding: a.decoding(), Actor: act.Actor, Note: act.Note, Log: a.Log}
	return d, func() { _ = s.Close() }, nil
}

// deskStore opens the store for writing only after it was found there: who acts
// on entries makes no database.
func (a *App) deskStore(ctx context.Context) (store.Store, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return nil, err
	}
	_ = s.Close() // only looked at
	return a.openStore(ctx)
}

// DiscardEntries discards the held entries that are selected.
func (a *App) DiscardEntries(ctx context.Context, act Act, selected int64, progress func(int64)) (Acted, error) {
	return a.actOnMany(ctx, act, selected, func(d *redrive.Desk) (redrive.Done, error) {
		return d.Discard(ctx, act.Selection, act.Cutoff, progress)
	})
}

// PurgeEntries removes the selected entries that are resolved or discarded,
// with their history.
func (a *App) PurgeEntries(ctx context.Context, act Act, selected int64, progress func(int64)) (Acted, error) {
	return a.actOnMany(ctx, act, selected, func(d *redrive.Desk) (redrive.Done, error) {
		return d.Purge(ctx, act.Selection, act.Cutoff, progress)
	})
}

func (a *App) actOnMany(ctx context.Context, act Act, selected int64, do func(*redrive.Desk) (redrive.Done, error)) (Acted, error) {
	v := Acted{Filter: act.Selection.Words(), Selected: selected, Losses: []Loss{}}
	d, closeDesk, err := a.desk(ctx, act)
	if err != nil {
		return v, err
	}
	defer closeDesk()
	began := time.Now()
	done, err := do(d)
	v.Done, v.Lost, v.Losses = done.Done, done.Lost, viewLosses(done.Losses)
	v.ElapsedMS = time.Since(began).Milliseconds()
	return v, refusedSelection(err)
}

func viewLosses(losses []redrive.Loss) []Loss {
	views := []Loss{}
	for _, l := range losses {
		v := Loss{EntryID: l.EntryID, Actor: some(l.Actor), Words: l.Words()}
		if l.State != "" {
			v.State, v.At = new(l.State), some(stamp(l.At))
		}
		views = append(views, v)
	}
	return views
}

// CheckActed is nil when all that was selected was done, and all that was named
// was selected.
func CheckActed(verb string, act Act, a Acted) error {
	named := int64(len(distinct(act.Selection.IDs)))
	switch {
	case a.Lost > 0:
		return answerNo("entry "+a.Losses[0].EntryID+": "+a.Losses[0].Words, "%s: %d of %d entries; on %d somebody else acted first", verb, a.Done, a.Selected, a.Lost)
	case a.Done < a.Selected:
		return answerNo("run it again: what is left is still selected", "%s: %d of %d entries", verb, a.Done, a.Selected)
	case a.Selected < named:
		return answerNo("recibo quarantine show ENTRY says what each is", "%s: %d of the %d entries that were named; the others are not there, or not in a state for that", verb, a.Done, named)
	}
	return nil
}

func distinct(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// NothingMatches is the answer when no entry matches.
func NothingMatches(verb string, act Act) error {
	return answerNo("recibo quarantine causes says what there is", "%s: no entry matches: %s", verb, act.Selection.Words())
}

// NothingSelected is the answer when no entry matches; of one that was named it
// says why.
func (a *App) NothingSelected(ctx context.Context, verb string, act Act) error {
	if len(act.Selection.IDs) != 1 {
		return NothingMatches(verb, act)
	}
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	e, err := findEntry(ctx, s.Reader(), act.Selection.IDs[0])
	if err != nil {
		return err
	}
	return answerNo(nextStep(&e), "%s: entry %s: it is %s", verb, e.ID, e.State)
}

// EmptySelection is the error of an act that nothing restricts.
func EmptySelection() error { return refusedSelection(redrive.ErrEmpty) }

// PurgeStates are the states of the entries that a purge is about.
func PurgeStates(act Act) ([]quarantine.State, error) {
	states, err := redrive.PurgeSelected(act.Selection)
	return states, refusedSelection(err)
}
