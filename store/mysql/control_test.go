package mysql_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/store"
	"recibo/store/mysql"
)

func provokedByControls() []provoked {
	c := newControl("p", 99_999_999_999_999)
	two := controlling(c, newControl("q", 1))
	return []provoked{
		{"a control total and a CHECK", "ALTER TABLE control_totals ADD CONSTRAINT little CHECK (count < 1)",
			controlling(c), store.ClassData, "record 1 control totals: CONSTRAINT `little` failed"},
		{"a control total and a narrower column", "ALTER TABLE control_totals MODIFY queue varchar(2) NOT NULL",
			controlling(c), store.ClassData, "record 1 control totals: Data too long for column 'queue' at row 1 (error 1406)"},
		{"control totals and an index of somebody", "CREATE UNIQUE INDEX one_count ON control_totals (count)",
			two, store.ClassData, "record 2 control totals: Duplicate entry for key 'one_count' (error 1062)"},
		{"control totals and a table of a trigger", "CREATE TABLE audit (kind varchar(9) PRIMARY KEY);" +
			" CREATE TRIGGER rule BEFORE INSERT ON control_totals FOR EACH ROW INSERT INTO audit VALUES ('one')",
			two, store.ClassData, "Duplicate entry for key 'PRIMARY'"},
		{"control totals without their table", "DROP TABLE control_totals",
			controlling(c), store.ClassOutage, ".control_totals' doesn't exist (error 1146)"},
		{"control totals and a column that is gone", "ALTER TABLE control_totals DROP COLUMN amounts",
			controlling(c), store.ClassOutage, "Unknown column 'amounts' in"},
		{"control totals and a column that this program does not fill", "ALTER TABLE control_totals ADD COLUMN tenant text NOT NULL",
			controlling(c), store.ClassOutage, "Field 'tenant' doesn't have a default value (error 1364)"},
	}
}

func provokedByRedrives() []provoked {
	return []provoked{
		{"a redrive and a CHECK", "ALTER TABLE redrives ADD CONSTRAINT slow CHECK (rate < 1)",
			driving(newRedrive("r", 1)), store.ClassOutage, "write change 1 of a redrive: CONSTRAINT `slow` failed"},
		{"a redrive without its table", "DROP TABLE redrives",
			driving(newRedrive("r", 1)), store.ClassOutage, ".redrives' doesn't exist (error 1146)"},
	}
}

// TestRoundTripsOfControls counts what control totals add to a transaction:
// nothing where there are none, one for known ones, two for new ones.
func TestRoundTripsOfControls(t *testing.T) {
	_, proxy, _, s := behindProxy(t, mysql.Options{})
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
		{"known ones", func() []store.Control { return []store.Control{known} }, 3},
		{"new ones", func() []store.Control {
			return []store.Control{newControl(fmt.Sprint("p", seq), 1), newControl(fmt.Sprint("q", seq), 1)}
		}, 4},
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

// TestControlsInShell sees what a person sees who opens the database with the mariadb client.
func TestControlsInShell(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
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
		"SELECT JSON_VALUE(amounts, '$.BRL'), JSON_VALUE(amounts, '$.JPY'), count, source IS NULL, entry_id IS NULL FROM control_totals": "150.75\t1500\t2\t1\t1",
		"SELECT id = '" + c.Window.ID() + "', length(fingerprint_sum) FROM control_totals":                                               "1\t32",
		"SELECT window_from, window_until FROM control_totals":                                                                           "2026-11-23 14:15:00.000\t2026-11-23 14:16:00.000",
		"SELECT id, filter, rate, state, began_at, note IS NULL, ended_at IS NULL FROM redrives":                                         "run\t{}\t100\trunning\t2026-11-23 14:15:03.123\t1\t1",
	} {
		if got := server.SQL(t, database, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
