package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"recibo/store"
)

var claimCases = []Case{
	{"a writer's numbers advance one by one", on(checkClaimAdvances)},
	{"a number that was committed has landed", on(checkClaimLanded)},
	{"a gap or a step back is fenced", on(checkClaimFenced)},
	{"a transaction run again counts once", on(checkRunAgain)},
}

func newWriter(id string, seq int64) store.Writer {
	return store.Writer{ID: id, Recorder: "r1", Host: "box", Version: "v1", StartedAt: start, SeenAt: at(time.Duration(seq) * time.Second), Seq: seq}
}

// claim runs one transaction that claims and nothing else.
func claim(t testing.TB, s store.Store, id string, seq int64) (landed bool, err error) {
	t.Helper()
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		landed, err = tx.Claim(ctx, newWriter(id, seq))
		return err
	})
	return landed, err
}

func checkClaimAdvances(t testing.TB, s store.Store) {
	for seq := int64(1); seq <= 5; seq++ {
		for _, id := range []string{"w1", "w2"} {
			if landed, err := claim(t, s, id, seq); landed || err != nil {
				t.Fatalf("%s takes %d: landed %v, error %v", id, seq, landed, err)
			}
		}
	}
}

func checkClaimLanded(t testing.TB, s store.Store) {
	for seq := int64(1); seq <= 3; seq++ {
		for try := range 3 {
			landed, err := claim(t, s, "w1", seq)
			if err != nil || landed != (try > 0) {
				t.Errorf("number %d, try %d: landed %v, error %v", seq, try+1, landed, err)
			}
		}
	}
}

func checkClaimFenced(t testing.TB, s store.Store) {
	refused := func(id string, seq int64) {
		t.Helper()
		if landed, err := claim(t, s, id, seq); landed || !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s takes %d: landed %v, error %v; want ErrFenced", id, seq, landed, err)
		}
	}
	refused("w1", 2) // no row
	for seq := int64(1); seq <= 3; seq++ {
		if _, err := claim(t, s, "w1", seq); err != nil {
			t.Fatalf("number %d: %v", seq, err)
		}
	}
	refused("w1", 5)
	refused("w1", 2)
	refused("w1", 1)
	if landed, err := claim(t, s, "w1", 4); landed || err != nil {
		t.Errorf("4 after the refusals: landed %v, error %v", landed, err)
	}
}

// checkRunAgain does what the recorder does when the reply to a commit is lost.
func checkRunAgain(t testing.TB, s store.Store) {
	batch := func(ctx context.Context, tx store.Tx) error {
		landed, err := tx.Claim(ctx, newWriter("w1", 1))
		if err != nil || landed {
			return err
		}
		if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 15075)}); err != nil {
			return err
		}
		return tx.Tally(ctx, []store.TallyLine{recordedLine("w1", 1, 15075)})
	}
	for range 3 {
		update(t, s, batch)
	}
	if got := totals(t, s); got.Recorded != 1 || got.Amount["BRL"].Decimal("BRL") != "150.75" {
		t.Errorf("%d recorded, %s; want 1, 150.75", got.Recorded, got.Amount["BRL"].Decimal("BRL"))
	}
}
