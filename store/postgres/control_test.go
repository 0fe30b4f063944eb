package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/store"
	"recibo/store/postgres"
)

func provokedByControls() []provoked {
	c := newControl("p", 99_999_999_999_999)
	two := controlling(c, newControl("q", 1))
	return []provoked{
		{"a control total and a CHECK", "ALTER TABLE control_totals ADD CONSTRAINT little CHECK (count < 1)",
			controlling(c), store.ClassData, `record 1 control totals: new row for relation "control_totals" violates check constraint "little"`},
		{"a control total and a narrower column", "ALTER TABLE control_totals ALTER COLUMN queue TYPE varchar(2)",
			controlling(c), store.ClassData, "SQLSTATE 22"},
		{"control totals and an index of somebody", "CREATE UNIQUE INDEX one_queue ON control_totals (queue)",
			two, store.ClassData, `duplicate key value violates unique constraint "one_queue" (SQLSTATE 23505)`},
		{"control totals and what shows with the commit", "ALTER TABLE control_totals ADD CONSTRAINT one_queue UNIQUE (queue) DEFERRABLE INITIALLY DEFERRED",
			two, store.ClassData, "commit: duplicate key value"},
		{"a control total that is left out silently", "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;" +
			" CREATE TRIGGER quiet BEFORE INSERT ON control_totals FOR EACH ROW EXECUTE FUNCTION quiet()",
			controlling(c), store.ClassOutage, "record 1 control totals: a control total was left out by a rule of the database"},
		{"control totals without their table", "DROP TABLE control_totals",
			controlling(c), store.ClassOutage, `relation "control_totals" does not exist`},
		{"control totals and a column that is gone", "ALTER TABLE control_totals DROP COLUMN amounts",
			controlling(c), store.ClassOutage, `column "amounts" of relation "control_totals" does not exist`},
		{"control totals and a column that this program does not fill", "ALTER TABLE control_totals ADD COLUMN tenant text NOT NULL",
			controlling(c), store.ClassOutage, `null value in column "tenant"`},
	}
}

func provokedByRedrives() []provoked {
	return []provoked{
		{"a redrive and a CHECK", "ALTER TABLE redrives ADD CONSTRAINT slow CHECK (rate < 1)",
			driving(newRedrive("r", 1)), store.ClassOutage, `violates check constraint "slow"`},
		{"a redrive without its table", "DROP TABLE redrives",
			driving(newRedrive("r", 1)), store.ClassOutage, `write change 1 of a redrive: relation "redrives" does not exist`},
	}
}

// TestRoundTripsOfControls counts what control totals add to a transaction:
// nothing where there are none, one for new ones, two for known ones.
func TestRoundTripsOfControls(t *testing.T) {
	_, proxy, _, s := behindProxy(t, postgres.Options{})
	all := func(seq int64, cs ...store.Control) func(context.Context, store.Tx) error {
		return func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: seq}); err != nil {
				return err
			}
			return controlling(cs...)(ctx, tx)
		}
	}
	known := newControl("known", 1)
	seq := int64(1)
	for range 2 { // prepares what it needs, and makes the known one
		seq++
		if err := s.Update(t.Context(), all(seq, known)); err != nil {
			t.Fatal(err)
		}
	}
	const oneWay = 50 * time.Millisecond
	proxy.Delay(oneWay)
	for _, c := range []struct {
		name  string
		make  func() []store.Control
		trips int64
	}{
		{"none", func() []store.Control { return nil }, 2},
		{"new ones", func() []store.Control {
			return []store.Control{newControl(fmt.Sprint("p", seq), 1), newControl(fmt.Sprint("q", seq), 1)}
		}, 3},
		{"new and known ones", func() []store.Control { return []store.Control{newControl(fmt.Sprint("p", seq), 1), known} }, 4},
	} {
		least := int64(100)
		for tries := 0; tries < 5 && least > c.trips; tries++ { // again when the machine was slow
			seq++
			began := time.Now()
			if err := s.Update(t.Context(), all(seq, c.make()...)); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(began).Milliseconds()/(2*oneWay).Milliseconds())
		}
		if least != c.trips {
			t.Errorf("%s: %d round trips, want %d", c.name, least, c.trips)
		}
	}
	proxy.Restore()
}

// TestControlsInShell sees what a person sees who opens the database with psql.
func TestControlsInShell(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	s := migrated(t, server.URL("postgres", database), postgres.Options{})
	c := newControl("p", 15075)
	c.Source = ""
	c.Add(payment.Money{Minor: 1500, Currency: "JPY"}, payment.Fingerprint{})
	if err := s.Update(t.Context(), controlling(c)); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), driving(newRedrive("r", 1))); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT amounts ->> 'BRL', amounts ->> 'JPY', count, source IS NULL, entry_id IS NULL FROM control_totals":     "150.75|1500|2|t|t",
		"SELECT id = '" + c.Window.ID() + "', length(fingerprint_sum) FROM control_totals":                             "t|32",
		"SET TimeZone = 'UTC'; SELECT window_from, window_until FROM control_totals":                                   "2026-11-23 14:15:00+00|2026-11-23 14:16:00+00",
		"SET TimeZone = 'UTC'; SELECT id, filter, rate, state, began_at, note IS NULL, ended_at IS NULL FROM redrives": "run|{}|100|running|2026-11-23 14:15:03.123+00|t|t",
	} {
		if got := server.SQL(t, database, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
