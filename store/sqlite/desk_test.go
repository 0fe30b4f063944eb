package sqlite_test

import (
	"context"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

func newControl(count int64) store.Control {
	w := payment.Window{Source: "app", Producer: "app-1", From: day, Until: day.Add(time.Minute)}
	amounts := map[payment.Currency]payment.Total{"BRL": payment.Total{}.Add(payment.Money{Minor: 45125})}
	return store.Control{ControlTotal: payment.ControlTotal{Window: w, Count: count, Amounts: amounts, Prints: payment.PrintSum{1, 31: 2}},
		Queue: "payments", Position: "payments@8", RecordedAt: day}
}

func controlling(cs ...store.Control) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		_, err := store.Controls(tx).Control(ctx, cs)
		return err
	}
}

func newRedrive() store.Redrive {
	return store.Redrive{ID: "r1", Filter: "{}", Cutoff: day, Actor: "ana", Rate: 100, Total: 1, Seq: 1, Runner: "run-1",
		State: store.RedriveRunning, BeganAt: day, SeenAt: day}
}

func driving(r store.Redrive) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		_, err := store.Desk(tx).Redrive(ctx, r)
		return err
	}
}

// entryOf is the id of what holding holds.
func entryOf(body string) string {
	return quarantine.New(quarantine.Invalid, []byte(body), "bad", nil, day).ID
}

// mending holds a body and mends it.
func mending(body string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		if err := holding(body)(ctx, tx); err != nil {
			return err
		}
		_, err := store.Desk(tx).Mend(ctx, quarantine.Mending{EntryID: entryOf(body), Body: []byte("better"), Actor: "ana", At: day})
		return err
	}
}

// purging holds a body, discards it and purges it.
func purging(body string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		if err := holding(body)(ctx, tx); err != nil {
			return err
		}
		away := quarantine.Transition{EntryID: entryOf(body), From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: day}
		if _, err := tx.Transition(ctx, []quarantine.Transition{away}); err != nil {
			return err
		}
		_, err := store.Desk(tx).Purge(ctx, []string{entryOf(body)})
		return err
	}
}
