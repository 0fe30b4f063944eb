package app

import (
	"context"
	"errors"
	"time"

	"recibo/quarantine"
	"recibo/redrive"
	"recibo/store"
)

// RedrivePreview says what would become of a redrive.
type RedrivePreview struct {
	Selected
	DryRun         bool                        `json:"dry_run"`
	Recorded       int64                       `json:"recorded"`
	RecordedAmount map[string]string           `json:"recorded_amount"`
	Duplicate      int64                       `json:"duplicate"`
	Held           map[quarantine.Reason]int64 `json:"held"`      // would be held again
	Truncated      int64                       `json:"truncated"` // cannot be sent: not kept whole
}

// Redriven is what became of a run.
type Redriven struct {
	RedriveID string                      `json:"redrive_id"`
	State     store.RedriveState          `json:"state"`
	Selected  int64                       `json:"selected"`
	Moved     int64                       `json:"moved"`     // by all processes of the run
	Refused   int64                       `json:"refused"`   // of them, too big for the queue: held again
	Sent      int64                       `json:"sent"`      // by this process
	Again     int64                       `json:"again"`     // of them, published again
	Truncated int64                       `json:"truncated"` // not sent: not kept whole
	Lost      int64                       `json:"lost"`      // somebody else acted first
	Losses    []Loss                      `json:"losses"`
	Resolved  int64                       `json:"resolved"`   // recorded, or duplicates
	HeldAgain map[quarantine.Reason]int64 `json:"held_again"` // by the reason now
	Discarded int64                       `json:"discarded"`  // held again, and then discarded
	Redriven  int64                       `json:"redriven"`   // no recorder has decided yet
	ElapsedMS int64                       `json:"elapsed_ms"`
	PerSecond int64                       `json:"per_second"`
}

// RedriveRun is a run as a list shows it.
type RedriveRun struct {
	ID      string             `json:"id"`
	State   store.RedriveState `json:"state"`
	Filter  string             `json:"filter"`
	Cutoff  string             `json:"cutoff"`
	Actor   string             `json:"actor"`
	Note    *string            `json:"note"`
	Rate    int                `json:"rate"`
	Total   int64              `json:"total"`
	Moved   int64              `json:"moved"`
	Refused int64              `json:"refused"`
	Runner  string             `json:"runner"`
	BeganAt string             `json:"began_at"`
	SeenAt  string             `json:"seen_at"`
	EndedAt *string            `json:"ended_at"`
}

// PreviewRedrive predicts what would become of an act, and writes nothing.
func (a *App) PreviewRedrive(ctx context.Context, act Act) (RedrivePreview, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return RedrivePreview{}, err
	}
	defer s.Close()
	p, err := redrive.Look(ctx, s.Reader(), act.Selection, a.decoding(), act.Cutoff)
	return RedrivePreview{Selected: viewSelected(act, p.Count), Recorded: p.Recorded, RecordedAmount: amounts(p.Amounts),
		Duplicate: p.Duplicate, Held: p.Held, Truncated: p.Truncated}, refusedSelection(err)
}

// Redriving is how a redrive is driven.
type Redriving struct {
	Rate     int           // entries a second; 0: the usual
	Settle   time.Duration // how long to wait for recorders, as long as nothing moves
	Progress func(redrive.Progress)
}

// Redrive begins a run and drives it to its end.
func (a *App) Redrive(ctx context.Context, act Act, selected int64, how Redriving) (Redriven, error) {
	return a.drive(ctx, how, func(c redrive.Config) (redrive.Result, error) {
		return redrive.Begin(ctx, c, redrive.Plan{Selection: act.Selection, Cutoff: act.Cutoff, Actor: act.Actor, Note: act.Note,
			Rate: how.Rate, Total: selected})
	})
}

// ResumeRedrive takes a run over.
func (a *App) ResumeRedrive(ctx context.Context, id string, how Redriving) (Redriven, error) {
	return a.drive(ctx, how, func(c redrive.Config) (redrive.Result, error) { return redrive.Resume(ctx, c, id) })
}

// CancelRedrive ends a run.
func (a *App) CancelRedrive(ctx context.Context, id string, how Redriving) (Redriven, error) {
	return a.drive(ctx, how, func(c redrive.Config) (redrive.Result, error) { return redrive.Cancel(ctx, c, id) })
}

func (a *App) drive(ctx context.Context, how Redriving, run func(redrive.Config) (redrive.Result, error)) (Redriven, error) {
	s, err := a.deskStore(ctx)
	if err != nil {
		return Redriven{}, err
	}
	defer s.Close()
	b, err := a.openQueue(ctx)
	if err != nil {
		return Redriven{}, err
	}
	defer closeQueue(ctx, b)
	p, err := b.Publisher(ctx)
	if err != nil {
		return Redriven{}, err
	}
	began := time.Now()
	r, err := run(redrive.Config{Store: s, Publisher: p, QueueTarget: a.Config.Queue.String(), StoreTarget: a.Config.Store.String(),
		Runner: runID(), Decoding: a.decoding(), Drain: a.Config.DrainTimeout, Log: a.Log, Progress: how.Progress})
	if closeErr := p.Close(context.WithoutCancel(ctx)); err == nil {
		err = closeErr
	}
	v := viewRedriven(&r, time.Since(began))
	if r.ID == "" {
		return v, toldRedrive(err)
	}
	if err != nil || ctx.Err() != nil {
		how.Settle = 0
	}
	o, settleErr := redrive.Settle(ctx, s.Reader(), r.ID, how.Settle)
	if err == nil {
		err = settleErr
	}
	v.Resolved, v.HeldAgain, v.Discarded, v.Redriven = o.Resolved, o.Held, o.Discarded, o.Redriven
	return v, a.stoppedRedrive(ctx, &v, toldRedrive(err))
}

func viewRedriven(r *redrive.Result, elapsed time.Duration) Redriven {
	return Redriven{RedriveID: r.ID, State: r.State, Selected: r.Total, Moved: r.Moved, Refused: r.Refused, Sent: r.Sent, Again: r.Again,
		Truncated: r.Truncated, Lost: r.Lost, Losses: viewLosses(r.Losses), HeldAgain: map[quarantine.Reason]int64{},
		ElapsedMS: elapsed.Milliseconds(), PerSecond: perSecond(r.Sent, elapsed)}
}

// stoppedRedrive says how to go on after an interrupt.
func (a *App) stoppedRedrive(ctx context.Context, v *Redriven, err error) error {
	if err != nil && ctx.Err() != nil && v.State == store.RedriveStopped {
		return answerNo("go on with recibo quarantine redrive --resume "+v.RedriveID, "redrive %s: stopped after %d of %d entries", v.RedriveID, v.Moved, v.Selected)
	}
	return err
}

func toldRedrive(err error) error {
	taken, isTaken := errors.AsType[*redrive.TakenOverError](err)
	switch {
	case isTaken:
		return answerNo("recibo quarantine redrives shows how far it is; --resume "+taken.ID+" takes it back", "%w", err)
	case errors.Is(err, redrive.ErrNoSuch):
		return answerNo("recibo quarantine redrives lists the runs", "%w", err)
	case errors.Is(err, redrive.ErrIsDone):
		return answerNo("recibo quarantine redrives lists the runs", "%w", err)
	}
	return refusedSelection(err)
}

// CheckRedriven is nil when all that was selected was sent.
func CheckRedriven(r Redriven) error {
	if r.Refused == 0 && r.Truncated == 0 && r.Lost == 0 {
		return nil
	}
	tip := "recibo quarantine list shows what is still held"
	if len(r.Losses) > 0 {
		tip = "entry " + r.Losses[0].EntryID + ": " + r.Losses[0].Words
	}
	return answerNo(tip, "redrive %s: not all were sent: %d too big for the queue, %d not kept whole, on %d somebody else acted first",
		r.RedriveID, r.Refused, r.Truncated, r.Lost)
}

// Redrives hands every run to show, the latest first, at most limit of them; 0
// is no limit.
func (a *App) Redrives(ctx context.Context, limit int, show func(RedriveRun) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return pages(limit, func(after string, most int) (store.Page[store.Redrive], error) {
		return store.ReadRedrives(s.Reader()).Redrives(ctx, store.RedriveQuery{Limit: most, After: after})
	}, func(r *store.Redrive) error { return show(viewRun(r)) })
}

func viewRun(r *store.Redrive) RedriveRun {
	v := RedriveRun{ID: r.ID, State: r.State, Filter: r.Filter, Cutoff: stamp(r.Cutoff), Actor: r.Actor, Note: some(r.Note), Rate: r.Rate,
		Total: r.Total, Moved: r.Moved, Refused: r.Refused, Runner: r.Runner, BeganAt: stamp(r.BeganAt), SeenAt: stamp(r.SeenAt)}
	if s, err := redrive.ParseFilter(r.Filter); err == nil {
		v.Filter = s.Words() // else as it stands: a newer program's
	}
	if !r.EndedAt.IsZero() {
		v.EndedAt = some(stamp(r.EndedAt))
	}
	return v
}
