package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/redrive"
	"recibo/simulator"
	"recibo/store"
	"recibo/wire"
)

// patience is how long a person waits for a command before it is stopped.
const patience = 20 * time.Second

// people lets somebody act on what is held.
func (w *world) people(s step) {
	switch s.Do {
	case doMend:
		w.mend(s.A, s.B)
	case doDiscard:
		w.discard(s.A, 1+s.B)
	case doRedrive:
		w.redrive(s.A, s.B)
	case doResume:
		w.drive(s.A, s.B, redrive.Resume)
	case doCancel:
		w.drive(s.A, 0, redrive.Cancel)
	case doPurge:
		w.purge()
	default:
		w.t.Fatalf("nobody knows how to %s", s.Do)
	}
}

func (w *world) desk() *redrive.Desk {
	w.names++
	return &redrive.Desk{Store: w.store, StoreTarget: "memory", Actor: fmt.Sprintf("person-%d", w.names), Note: "because",
		Log: slog.New(slog.DiscardHandler)}
}

// wait is a context for one command.
func (w *world) wait() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.t.Context(), patience)
}

// mend puts a body beside that of a held entry: a good one, one of a payment
// that is recorded, of one that is recorded otherwise, nonsense, or none.
func (w *world) mend(which, how int) {
	held := w.standing(quarantine.Held)
	if len(held) == 0 {
		return
	}
	e := held[which%len(held)]
	w.names++
	event := payment.Event{TransactionID: fmt.Sprint("mended-", w.names), Amount: payment.Money{Minor: int64(100 + how), Currency: "BRL"},
		PayerAccount: "P", PayeeAccount: "Q", OccurredAt: simulator.DefaultStart, Method: "pix", Source: "desk"}
	if ps := w.payments(); len(ps) > 0 && how >= 2 && how <= 3 {
		event = ps[which%len(ps)].Event
		event.Extra = nil
		event.Amount.Minor += int64(how - 2)
	}
	body := wire.Encode(&event)
	switch how {
	case 4:
		body = []byte(fmt.Sprint("nonsense ", w.names))
	case 5:
		body = nil
	case 6:
		if e.TransactionID != "" { // what people do: keep the id
			event.TransactionID = e.TransactionID
			body = wire.Encode(&event)
		}
	}
	w.model.know(body)
	ctx, cancel := w.wait()
	defer cancel()
	_ = w.desk().Mend(ctx, &e, body) // it may be too late, or too long
}

func (w *world) discard(which, n int) {
	held := w.standing(quarantine.Held)
	if len(held) == 0 {
		return
	}
	var s redrive.Selection
	for i := range n {
		s.IDs = append(s.IDs, held[(which+i)%len(held)].ID)
	}
	ctx, cancel := w.wait()
	defer cancel()
	_, _ = w.desk().Discard(ctx, s, time.Now().Add(2*time.Hour), nil)
}

// redrive begins a run, of a process that dies at its nth call, or that is
// stopped when it takes too long.
func (w *world) redrive(which, n int) {
	s := redrive.Selection{Reasons: quarantine.Reasons}
	if which < len(quarantine.Reasons) {
		s.Reasons = quarantine.Reasons[which : which+1]
	}
	w.command(n, func(ctx context.Context, c redrive.Config) error {
		_, err := redrive.Begin(ctx, c, redrive.Plan{Selection: s, Cutoff: time.Now().Add(2 * time.Hour), Actor: c.Runner, Rate: 1 + 10*n})
		return err
	})
}

// drive resumes or cancels one of the runs there are.
func (w *world) drive(which, n int, act func(context.Context, redrive.Config, string) (redrive.Result, error)) {
	runs := w.runs()
	if len(runs) == 0 {
		return
	}
	w.command(n, func(ctx context.Context, c redrive.Config) error {
		_, err := act(ctx, c, runs[which%len(runs)].ID)
		return err
	})
}

// command runs one redrive command as a process of its own.
func (w *world) command(n int, act func(context.Context, redrive.Config) error) {
	w.names++
	p := w.process(n)
	defer p.kill()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	publisher, err := mortalBroker{w.broker, p}.Publisher(ctx)
	if err != nil {
		return // the queue is down
	}
	defer func() { _ = publisher.Close(ctx) }()
	err = act(ctx, redrive.Config{Store: mortalStore{w.store, p}, Publisher: publisher, Runner: fmt.Sprintf("runner-%d", w.names),
		Drain: time.Second, Log: slog.New(slog.DiscardHandler)})
	var taken *redrive.TakenOverError
	if errors.As(err, &taken) {
		w.problem("%v, but nobody else is there", err)
	}
}

// resumeAll resumes every run in peace, so that nothing stays on its way.
func (w *world) resumeAll() {
	for _, r := range w.runs() {
		p, err := w.broker.Publisher(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		w.names++
		_, err = redrive.Resume(w.t.Context(), redrive.Config{Store: w.store, Publisher: mortalPublisher{p, w.process(0)},
			Runner: fmt.Sprintf("runner-%d", w.names), Drain: time.Second, Log: slog.New(slog.DiscardHandler)}, r.ID)
		if err != nil {
			w.problem("resume in peace: %v", err)
		}
	}
}

// purge removes what is done with, while nobody else acts: what is gone must be
// known exactly.
func (w *world) purge() {
	w.stopAll(false)
	before := w.standing()
	ctx, cancel := w.wait()
	defer cancel()
	_, _ = w.desk().Purge(ctx, redrive.Selection{States: []quarantine.State{quarantine.Resolved, quarantine.Discarded}},
		time.Now().Add(2*time.Hour), nil)
	left := map[string]bool{}
	for _, e := range w.standing() {
		left[e.ID] = true
	}
	for i := range before {
		if e := &before[i]; !left[e.ID] {
			if e.State == quarantine.Held || e.State == quarantine.Redriven {
				w.problem("entry %s was purged while it was %s", e.ID, e.State)
			}
			w.model.purge(e)
		}
	}
}

func (w *world) standing(states ...quarantine.State) []quarantine.Entry {
	page, err := w.memory.Reader().Entries(w.t.Context(), store.EntryQuery{States: states, Order: store.ByID})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

func (w *world) payments() []store.Payment {
	page, err := w.memory.Reader().Payments(w.t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

func (w *world) runs() []store.Redrive {
	page, err := store.ReadRedrives(w.memory.Reader()).Redrives(w.t.Context(), store.RedriveQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(page.Items, func(a, b store.Redrive) int { return a.BeganAt.Compare(b.BeganAt) })
	return page.Items
}
