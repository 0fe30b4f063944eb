package postgres_test

import (
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/store/postgres"
)

// TestQuestionsUseIndexes reads the plans of the lists of a database that is
// not small: no sort of everything, no scan where there are ids.
func TestQuestionsUseIndexes(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, `
		INSERT INTO payments SELECT 'E' || i * 7919 % 50000, i, 'BRL', 'a' || i, 'b' || i, '2026-01-01'::timestamptz + i * interval '1 s', 'pix',
			'app', NULL, '\x00', 'q', 'p', NULL, now() FROM generate_series(1, 50000) AS i;
		INSERT INTO quarantine SELECT 'e' || i, 'invalid', '', NULL, NULL, 'q', 'p', 't' || i, NULL, NULL, 1, '2026-01-01'::timestamptz + i * interval '1 s',
			now(), CASE WHEN i % 100 = 0 THEN 'held' ELSE 'discarded' END, 0, false, 0, '\x00', '\x00', NULL, CASE WHEN i % 200 = 0 THEN 'r' || i % 7 END FROM generate_series(1, 20000) AS i;
		INSERT INTO quarantine_history (entry_id, to_state, attempt, reason, actor, at) SELECT 'e' || i, 'held', 0, 'invalid', 'x', now() FROM generate_series(1, 20000) AS i;
		INSERT INTO outages SELECT 'o' || i, 'r', 'queue', 't', '2026-01-01'::timestamptz + i * interval '1 s', now(), CASE WHEN i > 10 THEN now() END, 1, '', NULL
			FROM generate_series(1, 5000) AS i;
		INSERT INTO redrives SELECT 'r' || i, '{}', now(), 'ana', NULL, 100, 9, 1, 'x', '', 0, 0, 'done', '2026-01-01'::timestamptz + i * interval '1 s', now(), now()
			FROM generate_series(1, 5000) AS i;
		INSERT INTO control_totals SELECT 'c' || i, 'app', 'p', '2026-01-01'::timestamptz + i * interval '1 s', '2026-01-01'::timestamptz + i * interval '61 s', 1, '{}', '\x00',
			'q', 'p', NULL, now() FROM generate_series(1, 20000) AS i;
		ANALYZE;`)
	for query, index := range map[string]string{
		"SELECT * FROM payments WHERE (occurred_at, transaction_id) < ('2026-01-01 10:00', 'y') AND source = 'app' ORDER BY occurred_at DESC, transaction_id DESC LIMIT 10": "Index Scan Backward using payments_occurred_at",
		"SELECT * FROM payments WHERE transaction_id > 'E3' ORDER BY transaction_id LIMIT 10":                                                                               "Index Scan using payments_pkey",
		"SELECT * FROM payments WHERE transaction_id = ANY ('{E1,E2}') ORDER BY transaction_id LIMIT 10":                                                                    "payments_pkey",
		"SELECT * FROM payments WHERE transaction_id = ANY ('{E1,E2}') AND (xmin <> pg_current_xact_id()::xid OR transaction_id = ANY ('{}'))":                              "payments_pkey",
		"SELECT * FROM quarantine WHERE state = ANY ('{held}') AND (first_seen_at, id) < ('2026-01-01 03:00', 'y') ORDER BY first_seen_at DESC, id DESC LIMIT 9":            "quarantine_",
		"SELECT * FROM quarantine WHERE transaction_id = ANY ('{t1,t2}') ORDER BY first_seen_at DESC, id DESC LIMIT 9":                                                      "quarantine_transaction_id",
		"SELECT id FROM quarantine WHERE id = ANY ('{e1,e2}') ORDER BY id FOR UPDATE":                                                                                       "quarantine_pkey",
		"SELECT * FROM outages WHERE ended_at IS NULL ORDER BY began_at DESC, id DESC LIMIT 9":                                                                              "outages_open",
		"SELECT * FROM quarantine_history WHERE entry_id = 'e1' ORDER BY line":                                                                                              "Index Scan using quarantine_history_entry_id",
		"UPDATE quarantine q SET state = u.state FROM unnest('{e1,e2}'::text[], '{held,held}'::text[]) AS u (id, state) WHERE q.id = u.id":                                  "quarantine_pkey",
		"SELECT * FROM quarantine WHERE redrive_id = 'r1' AND state = ANY ('{held}') ORDER BY id LIMIT 9":                                                                   "Index Scan using quarantine_redrive_id",
		"SELECT * FROM redrives ORDER BY began_at DESC, id DESC LIMIT 9":                                                                                                    "Index Scan Backward using redrives_began_at",
		"SELECT seq, runner FROM redrives WHERE id = 'r1' FOR UPDATE":                                                                                                       "redrives_pkey",
		"SELECT * FROM control_totals WHERE id = ANY ('{c1,c2}')":                                                                                                           "control_totals_pkey",
		"SELECT * FROM control_totals WHERE id > 'c3' ORDER BY id LIMIT 9":                                                                                                  "Index Scan using control_totals_pkey",
		"SELECT * FROM control_totals WHERE window_until > '2026-01-02' AND window_from < '2026-01-03' ORDER BY window_until DESC, id DESC LIMIT 9":                         "Index Scan Backward using control_totals_window_until",
		"SELECT * FROM control_totals WHERE (window_until, id) < ('2026-01-02', 'y') ORDER BY window_until DESC, id DESC LIMIT 9":                                           "Index Scan Backward using control_totals_window_until",
		"DELETE FROM quarantine_history WHERE entry_id = ANY ('{e1,e2}')":                                                                                                   "quarantine_history_entry_id",
		"DELETE FROM quarantine WHERE id = ANY ('{e1,e2}')":                                                                                                                 "quarantine_pkey",
	} {
		plan := server.SQL(t, database, "EXPLAIN (COSTS OFF) "+query)
		if !strings.Contains(plan, index) || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s:\n%s\nwant %q", query, plan, index)
		}
	}
}
