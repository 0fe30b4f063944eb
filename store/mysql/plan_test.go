package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/store/mysql"
)

// TestQuestionsUseIndexes reads the plans of the lists of a database that is
// not small: no sort of everything, no scan where there are ids.
func TestQuestionsUseIndexes(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	migrated(t, server.URL("root", database), mysql.Options{})
	server.SQL(t, database, `
		INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source, fingerprint, queue, position, recorded_at)
			SELECT CONCAT('E', seq * 7919 % 50000), seq, 'BRL', CONCAT('a', seq), CONCAT('b', seq), '2026-01-01' + INTERVAL seq SECOND, 'pix', 'app', '', 'q', 'p', now() FROM seq_1_to_50000;
		INSERT INTO quarantine (id, reason, detail, queue, position, transaction_id, seen, first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, body, redrive_id)
			SELECT CONCAT('e', seq), 'invalid', '', 'q', 'p', CONCAT('t', seq), 1, '2026-01-01' + INTERVAL seq SECOND, now(), IF(seq % 100 = 0, 'held', 'discarded'), 0, false, 0, '', '', IF(seq % 200 = 0, CONCAT('r', seq % 7), NULL) FROM seq_1_to_20000;
		INSERT INTO quarantine_history (entry_id, to_state, attempt, reason, actor, at) SELECT CONCAT('e', seq), 'held', 0, 'invalid', 'x', now() FROM seq_1_to_20000;
		INSERT INTO outages (id, recorder, component, target, began_at, seen_at, ended_at, attempts, last_error)
			SELECT CONCAT('o', seq), 'r', 'queue', 't', '2026-01-01' + INTERVAL seq SECOND, now(), IF(seq > 10, now(), NULL), 1, '' FROM seq_1_to_5000;
		INSERT INTO redrives (id, filter, cutoff, actor, rate, total, seq, runner, last_entry, moved, refused, state, began_at, seen_at)
			SELECT CONCAT('r', seq), '{}', now(), 'ana', 100, 9, 1, 'x', '', 0, 0, 'done', '2026-01-01' + INTERVAL seq SECOND, now() FROM seq_1_to_5000;
		INSERT INTO control_totals (id, source, producer, window_from, window_until, count, amounts, fingerprint_sum, queue, position, recorded_at)
			SELECT CONCAT('c', seq), 'app', 'p', '2026-01-01' + INTERVAL seq SECOND, '2026-01-01' + INTERVAL seq + 60 SECOND, 1, '{}', '', 'q', 'p', now() FROM seq_1_to_20000;
		ANALYZE TABLE payments, quarantine, quarantine_history, outages, redrives, control_totals;`)
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprintf("'E%d'", i*31))
	}
	many := strings.Join(ids, ",")
	for query, index := range map[string]string{
		"SELECT * FROM payments WHERE source = 'app' AND occurred_at <= '2026-01-01 10:00' AND (occurred_at < '2026-01-01 10:00' OR transaction_id < 'y') ORDER BY occurred_at DESC, transaction_id DESC LIMIT 10": "range\tpayments_occurred_at",
		"SELECT * FROM payments ORDER BY occurred_at DESC, transaction_id DESC LIMIT 10":                                                                                         "index\tpayments_occurred_at",
		"SELECT * FROM payments WHERE transaction_id > 'E3' ORDER BY transaction_id LIMIT 10":                                                                                    "range\tPRIMARY",
		"SELECT * FROM payments WHERE transaction_id IN ('E1','E2') ORDER BY transaction_id LIMIT 10":                                                                            "range\tPRIMARY",
		"SELECT * FROM payments WHERE transaction_id IN (" + many + ")":                                                                                                          "PRIMARY",
		"SELECT * FROM quarantine WHERE state IN ('held') AND first_seen_at <= '2026-01-01 03:00' ORDER BY first_seen_at DESC, id DESC LIMIT 9":                                  "quarantine_",
		"SELECT * FROM quarantine WHERE transaction_id IN ('t1','t2') ORDER BY first_seen_at DESC, id DESC LIMIT 9":                                                              "range\tquarantine_transaction_id",
		"SELECT id FROM quarantine WHERE id IN ('e1','e2') ORDER BY id FOR UPDATE":                                                                                               "range\tPRIMARY",
		"SELECT * FROM outages WHERE ended_at IS NULL ORDER BY began_at DESC, id DESC LIMIT 9":                                                                                   "outages_ended_at",
		"SELECT * FROM quarantine_history WHERE entry_id IN ('e1') ORDER BY line":                                                                                                "ref\tquarantine_history_entry_id",
		"UPDATE quarantine SET state = 'held' WHERE id IN ('e1','e2')":                                                                                                           "range\tPRIMARY",
		"SELECT * FROM quarantine WHERE redrive_id IN ('r1') AND state IN ('held') ORDER BY id LIMIT 9":                                                                          "quarantine_redrive_id",
		"SELECT * FROM redrives ORDER BY began_at DESC, id DESC LIMIT 10":                                                                                                        "index\tredrives_began_at",
		"SELECT seq, runner FROM redrives WHERE id = 'r1' FOR UPDATE":                                                                                                            "const\tPRIMARY",
		"SELECT * FROM control_totals WHERE id IN ('c1','c2')":                                                                                                                   "range\tPRIMARY",
		"SELECT * FROM control_totals WHERE id > 'c3' ORDER BY id LIMIT 10":                                                                                                      "range\tPRIMARY",
		"SELECT * FROM control_totals WHERE window_until > '2026-01-01 05:00' AND window_from < '2026-01-01 05:10' ORDER BY window_until DESC, id DESC LIMIT 10":                 "range\tcontrol_totals_window_until",
		"SELECT * FROM control_totals WHERE window_until <= '2026-01-01 05:00' AND (window_until < '2026-01-01 05:00' OR id < 'y') ORDER BY window_until DESC, id DESC LIMIT 10": "range\tcontrol_totals_window_until",
		"DELETE FROM quarantine_history WHERE entry_id IN ('e1','e2')":                                                                                                           "range\tquarantine_history_entry_id",
		"DELETE FROM quarantine WHERE id IN ('e1','e2')":                                                                                                                         "range\tPRIMARY",
	} {
		rows := server.SQL(t, database, "EXPLAIN "+query)
		plan := ""
		for row := range strings.Lines(rows) {
			f := strings.Split(row, "\t") // id, select_type, table, type, possible_keys, key, …
			if f[2] != "<subquery2>" && f[2] != "tvc_0" && f[2] != "<derived3>" && f[2] != "" && f[2] != "NULL" {
				plan += f[3] + "\t" + f[5] + "\n"
			}
		}
		if !strings.Contains(plan, index) || strings.Contains(rows, "filesort") && strings.HasPrefix(index, "index") {
			t.Errorf("%.200s:\n%s\nwant %q", query, rows, index)
		}
	}
}
