package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// TestOperatorsRights: the rights that are printed for operators are enough for
// all that people do about held entries, on a database that they may not
// migrate.
func TestOperatorsRights(t *testing.T) {
	p := joinPair(t, testserver.RabbitMQ(t), testserver.NewPostgres(t))
	printed, err := p.command("migrate", "--print", "--store", p.look).Output()
	if err != nil {
		t.Fatal(err)
	}
	statements := fmt.Sprintf("CREATE ROLE recibo_operator LOGIN PASSWORD '%s';\n", testserver.Password)
	for line := range strings.Lines(string(printed)) {
		if strings.HasPrefix(line, "-- GRANT ") && strings.Contains(line, "recibo_operator") {
			statements += strings.TrimPrefix(line, "-- ")
		}
	}
	p.postgres.SQL(t, p.database, statements)

	p.publishLines([]string{
		`{"transaction_id":"A-1","amount":"1,00","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`,
		`{"transaction_id":"A-2","amount":"2,00","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`,
	})
	p.run(0, nil, "record", "--until-idle", "1s")
	db := p.open()
	entry := p.text(db, "SELECT id FROM quarantine WHERE transaction_id = 'A-1'")
	mended := filepath.Join(p.dir, "mended.json")
	body := `{"transaction_id":"A-1","amount":"1.00","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`
	if err := os.WriteFile(mended, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}

	admin := p.env
	p.setting("RECIBO_STORE", p.postgres.URL("recibo_operator", p.database))
	operator := p.env
	p.run(0, nil, "quarantine", "causes")
	p.run(0, nil, "quarantine", "mend", entry, "--body", mended, "--note", "point")
	p.run(0, nil, "quarantine", "mend", entry, "--undo")
	p.run(0, nil, "quarantine", "mend", entry, "--body", mended)
	p.run(0, nil, "quarantine", "redrive", entry, "--settle", "0s")
	p.run(0, nil, "quarantine", "discard", "--reason", "invalid", "--yes", "--note", "a test")
	p.env = admin
	p.run(0, nil, "record", "--until-idle", "1s")
	p.env = operator
	p.run(0, nil, "quarantine", "redrive", "--resume", p.text(db, "SELECT id FROM redrives"))
	p.run(0, nil, "quarantine", "history", entry)
	p.run(0, nil, "find", "A-1")
	p.run(0, nil, "quarantine", "purge", "--state", "resolved,discarded", "--yes")
	for query, want := range map[string]int64{"SELECT count(*) FROM payments": 1, "SELECT count(*) FROM quarantine": 0, "SELECT count(*) FROM quarantine_history": 0} {
		if got := p.value(db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}
