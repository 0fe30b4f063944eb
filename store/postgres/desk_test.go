package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/postgres"
)

// newControl returns what producer says about one payment of a minute.
func newControl(producer string, minor int64) store.Control {
	c := store.Control{Queue: "payments", Position: "payments@2", RecordedAt: day}
	c.Window = payment.Window{Source: "app", Producer: producer, From: day.Truncate(time.Minute), Until: day.Truncate(time.Minute).Add(time.Minute)}
	p := newPayment("a", minor)
	c.Add(p.Amount, p.Fingerprint)
	return c
}

// controlling returns a transaction that records control totals.
func controlling(cs ...store.Control) func(context.Context, store.Tx) error {
	slices.SortFunc(cs, func(a, b store.Control) int { return strings.Compare(a.Window.ID(), b.Window.ID()) })
	return func(ctx context.Context, tx store.Tx) error {
		_, err := store.Controls(tx).Control(ctx, cs)
		return err
	}
}

func newRedrive(runner string, seq int64) store.Redrive {
	return store.Redrive{ID: "run", Filter: `{}`, Cutoff: day, Actor: "ana", Rate: 100, Total: 3, Seq: seq, Runner: runner,
		State: store.RedriveRunning, BeganAt: day, SeenAt: day}
}

func driving(r store.Redrive) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		_, err := store.Desk(tx).Redrive(ctx, r)
		return err
	}
}

func purging(ids ...string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		_, err := store.Desk(tx).Purge(ctx, ids)
		return err
	}
}

// discarded holds a body, discards its entry, and returns its id.
func discarded(t *testing.T, s store.Store, body string) string {
	t.Helper()
	id := quarantine.New(quarantine.Invalid, []byte(body), "bad", nil, day).ID
	move := quarantine.Transition{EntryID: id, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: day}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := holding(body)(ctx, tx); err != nil {
			return err
		}
		done, err := tx.Transition(ctx, []quarantine.Transition{move})
		if err == nil && !done[0] {
			t.Error("the entry was not discarded")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// waitsForLock waits until somebody does so in the database.
func waitsForLock(t *testing.T, c *pgx.Conn) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var n int
		err := c.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits for a lock")
		}
	}
}

// TestPurgedUnderARecorder has an entry purged after a recorder has found it
// there and before it could lock it: the bytes that came again are a new entry.
func TestPurgedUnderARecorder(t *testing.T) {
	server := testserver.Postgres(t)
	address := server.URL("postgres", server.Database(t))
	s := migrated(t, address, postgres.Options{})
	look := raw(t, address)
	id := discarded(t, s, "bad")
	again := make(chan error, 1)
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := purging(id)(ctx, tx); err != nil {
			return err
		}
		go func() { again <- s.Update(context.Background(), holding("bad")) }()
		waitsForLock(t, look)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantClass(t, <-again, store.ClassTransient, "quarantine 1 entries: an entry was purged meanwhile")
	if err := s.Update(t.Context(), holding("bad")); err != nil {
		t.Fatalf("once more: %v", err)
	}
	lines, err := s.Reader().History(t.Context(), id)
	if err != nil || len(lines) != 1 || lines[0].To != quarantine.Held {
		t.Errorf("history %+v, error %v; want one line of a new entry", lines, err)
	}
}

// TestRedriveMadeTwiceAtOnce has the second of two find no row, and then the
// key taken: that is a race, and the next time it is told that it lost.
func TestRedriveMadeTwiceAtOnce(t *testing.T) {
	server := testserver.Postgres(t)
	address := server.URL("postgres", server.Database(t))
	s := migrated(t, address, postgres.Options{})
	look := raw(t, address)
	second := make(chan error, 1)
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := driving(newRedrive("one", 1))(ctx, tx); err != nil {
			return err
		}
		if err := holding("bad")(ctx, tx); err != nil { // the row is sent with it
			return err
		}
		go func() { second <- s.Update(context.Background(), driving(newRedrive("two", 1))) }()
		waitsForLock(t, look)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantClass(t, <-second, store.ClassTransient, `write change 1 of a redrive: duplicate key value violates unique constraint "redrives_pkey"`)
	if err := s.Update(t.Context(), driving(newRedrive("two", 1))); !errors.Is(err, store.ErrFenced) {
		t.Errorf("once more: %v, want fenced", err)
	}
}

// TestRunnersStorm has runners claim the numbers of one run all at once: each
// number is written by one, and nobody waits in a circle.
func TestRunnersStorm(t *testing.T) {
	server := testserver.Postgres(t)
	s := migrated(t, server.URL("postgres", server.Database(t)), postgres.Options{Writers: stormWriters})
	var all sync.WaitGroup
	var mu sync.Mutex
	wrote := map[int64]int{}
	for w := range stormWriters {
		all.Go(func() {
			for seq := int64(1); seq <= 40; seq++ {
				err := store.Retry(t.Context(), s, driving(newRedrive(fmt.Sprint("runner ", w), seq)))
				switch {
				case err == nil:
					mu.Lock()
					wrote[seq]++
					mu.Unlock()
				case !errors.Is(err, store.ErrFenced):
					t.Errorf("runner %d, change %d: %v", w, seq, err)
				}
			}
		})
	}
	all.Wait()
	page, err := store.ReadRedrives(s.Reader()).Redrives(t.Context(), store.RedriveQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Seq != int64(len(wrote)) || len(wrote) == 0 {
		t.Errorf("%+v, error %v, after %d numbers", page.Items, err, len(wrote))
	}
	for seq, n := range wrote {
		if n != 1 {
			t.Errorf("change %d was written %d times", seq, n)
		}
	}
}

// TestPurgeStorm has recorders hold what an operator discards and purges all
// the time: every history belongs to an entry and begins with its birth.
func TestPurgeStorm(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	s := migrated(t, server.URL("postgres", database), postgres.Options{Writers: stormWriters})
	var bodies, ids []string
	for i := range 30 {
		bodies = append(bodies, fmt.Sprint("bad ", i))
		ids = append(ids, quarantine.New(quarantine.Invalid, []byte(bodies[i]), "bad", nil, day).ID)
	}
	slices.Sort(ids)
	var all sync.WaitGroup
	for w := range stormWriters {
		all.Go(func() {
			for i := range 40 {
				do := holding(bodies...)
				if w%2 == 0 {
					do = discardAndPurge(ids[(i+w)%20:][:10])
				}
				if err := store.Retry(t.Context(), s, do); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	all.Wait()
	if got := server.SQL(t, database, `SELECT count(*) FROM quarantine q WHERE NOT EXISTS
		(SELECT 1 FROM quarantine_history h WHERE h.entry_id = q.id AND h.from_state IS NULL HAVING count(*) = 1)`); got != "0" {
		t.Errorf("%s entries have no birth, or two", got)
	}
}

func discardAndPurge(ids []string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		var ts []quarantine.Transition
		for _, id := range ids {
			ts = append(ts, quarantine.Transition{EntryID: id, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: day})
		}
		if _, err := tx.Transition(ctx, ts); err != nil {
			return err
		}
		return purging(ids...)(ctx, tx)
	}
}
