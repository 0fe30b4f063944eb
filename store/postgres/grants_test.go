package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/postgres"
	"recibo/store/storetest"
)

// TestConformanceAsRecorder runs what a recorder does with no right but those
// that Grants names.
func TestConformanceAsRecorder(t *testing.T) {
	server := testserver.Postgres(t)
	role := newRole(t, server, "recorder")
	database := server.Database(t)
	storetest.RunAsRecorder(t, new(addresses).harness(func(t testing.TB) string {
		return freshSchema(t, server, database, role)
	}))
}

// TestRolesAreHeldBack tries what each role must not do.
func TestRolesAreHeldBack(t *testing.T) {
	server := testserver.Postgres(t)
	recorder, operator, reader := newRole(t, server, "recorder"), newRole(t, server, "operator"), newRole(t, server, "reader")
	database := server.Database(t)
	owner := migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, postgres.Grants(recorder)+postgres.OperatorGrants(operator)+postgres.ReaderGrants(reader))
	if err := owner.Update(t.Context(), holding("bad")); err != nil {
		t.Fatal(err)
	}
	for role, forbidden := range map[string][]string{
		recorder: {"UPDATE payments SET method = 'x'", "DELETE FROM payments", "TRUNCATE payments", "DELETE FROM quarantine",
			"UPDATE quarantine SET body = ''", "UPDATE quarantine SET id = ''", "DELETE FROM quarantine_history", "UPDATE quarantine_history SET note = ''",
			"UPDATE recibo_migrations SET version_id = 0", "DELETE FROM tally", "DELETE FROM writers", "UPDATE writers SET recorder = ''",
			"UPDATE quarantine SET mended_body = ''", "UPDATE quarantine SET redrive_id = 'x'", "INSERT INTO redrives (id) VALUES ('x')", "UPDATE redrives SET seq = 9",
			"DELETE FROM redrives", "UPDATE control_totals SET count = 0", "DELETE FROM control_totals"},
		operator: {"INSERT INTO payments (transaction_id) VALUES ('x')", "UPDATE payments SET method = 'x'", "DELETE FROM payments",
			"UPDATE quarantine SET body = ''", "UPDATE quarantine_history SET note = ''", "UPDATE tally SET count = 0",
			"INSERT INTO quarantine (id) VALUES ('x')", "UPDATE quarantine SET seen = 0", "UPDATE quarantine SET id = ''", "DELETE FROM redrives",
			"INSERT INTO control_totals (id) VALUES ('x')", "UPDATE control_totals SET count = 0", "DELETE FROM control_totals", "DELETE FROM tally"},
		reader: {"INSERT INTO payments (transaction_id) VALUES ('x')", "UPDATE payments SET method = 'x'", "DELETE FROM payments",
			"UPDATE quarantine SET state = 'held'", "INSERT INTO quarantine_history (note) VALUES ('x')", "UPDATE outages SET target = ''",
			"UPDATE quarantine SET mended_body = ''", "DELETE FROM quarantine", "DELETE FROM quarantine_history", "INSERT INTO redrives (id) VALUES ('x')",
			"UPDATE redrives SET seq = 9", "INSERT INTO control_totals (id) VALUES ('x')"},
	} {
		c := raw(t, server.URL(role, database))
		for _, sql := range forbidden {
			if _, err := c.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("%s as %s: %v, want permission denied", sql, role, err)
			}
		}
	}
}

// TestOperatorAndReader do what they are for.
func TestOperatorAndReader(t *testing.T) {
	server := testserver.Postgres(t)
	operator, reader := newRole(t, server, "operator"), newRole(t, server, "reader")
	database := server.Database(t)
	owner := migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, postgres.OperatorGrants(operator)+postgres.ReaderGrants(reader))
	if err := owner.Update(t.Context(), holding("bad")); err != nil {
		t.Fatal(err)
	}
	s := open(t, server.URL(operator, database), postgres.Options{})
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d entries, error %v", len(page.Items), err)
	}
	move := quarantine.Transition{EntryID: page.Items[0].ID, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: day}
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		done, err := tx.Transition(ctx, []quarantine.Transition{move})
		if err == nil && !done[0] {
			t.Error("the transition was refused")
		}
		return err
	})
	if err != nil {
		t.Errorf("discard as operator: %v", err)
	}
	look := open(t, server.URL(reader, database), postgres.Options{ReadOnly: true})
	if err := look.Check(t.Context()); err != nil {
		t.Errorf("check as reader: %v", err)
	}
	totals, err := look.Reader().Totals(t.Context())
	if err != nil || totals.States[quarantine.Discarded] != 1 {
		t.Errorf("totals %+v, error %v; want one discarded", totals, err)
	}
}

// TestDeskIsForOperators has an operator do all that belongs to him, and a
// recorder try it.
func TestDeskIsForOperators(t *testing.T) {
	server := testserver.Postgres(t)
	operator, recorder := newRole(t, server, "operator"), newRole(t, server, "recorder")
	database := server.Database(t)
	owner := migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, postgres.Grants(recorder)+postgres.OperatorGrants(operator))
	held, over := quarantine.New(quarantine.Invalid, []byte("bad"), "bad", nil, day).ID, discarded(t, owner, "over")
	if err := owner.Update(t.Context(), holding("bad")); err != nil {
		t.Fatal(err)
	}
	desk := deskOf(held, over)
	s := open(t, server.URL(recorder, database), postgres.Options{})
	for what, do := range desk {
		wantClass(t, s.Update(t.Context(), do), store.ClassOutage, "permission denied for table")
		if lines, err := owner.Reader().History(t.Context(), held); err != nil || len(lines) != 1 {
			t.Errorf("after the recorder tried to %s: history %+v, error %v", what, lines, err)
		}
	}
	s = open(t, server.URL(operator, database), postgres.Options{})
	for _, what := range []string{"mend", "drive", "redrive", "purge"} {
		if err := s.Update(t.Context(), desk[what]); err != nil {
			t.Errorf("%s as operator: %v", what, err)
		}
	}
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].RedriveID != "run" || string(page.Items[0].MendedBody) != "good" || page.Items[0].State != quarantine.Redriven {
		t.Errorf("entries %+v, error %v", page.Items, err)
	}
	if _, err := store.ReadControls(s.Reader()).Controls(t.Context(), store.ControlQuery{}); err != nil {
		t.Errorf("control totals as operator: %v", err)
	}
}

// deskOf is what people do: with an entry that is held, and one that is
// discarded.
func deskOf(held, over string) map[string]func(context.Context, store.Tx) error {
	return map[string]func(context.Context, store.Tx) error{
		"mend": func(ctx context.Context, tx store.Tx) error {
			return done(store.Desk(tx).Mend(ctx, quarantine.Mending{EntryID: held, Body: []byte("good"), Actor: "ana", At: day}))
		},
		"redrive": func(ctx context.Context, tx store.Tx) error {
			moved, err := tx.Transition(ctx, []quarantine.Transition{{EntryID: held, From: quarantine.Held, To: quarantine.Redriven,
				By: quarantine.Operator, RedriveID: "run", Actor: "ana", At: day}})
			return done(err == nil && moved[0], err)
		},
		"purge": func(ctx context.Context, tx store.Tx) error {
			n, err := store.Desk(tx).Purge(ctx, []string{over})
			return done(n == 1, err)
		},
		"drive": driving(newRedrive("one", 1)),
	}
}

func done(ok bool, err error) error {
	if err == nil && !ok {
		err = errors.New("it was not done")
	}
	return err
}
