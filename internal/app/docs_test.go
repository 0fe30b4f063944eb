package app

import (
	"context"
	"os"
	"strings"
	"testing"

	"recibo/internal/config"
	"recibo/store/mongodb"
	"recibo/store/mysql"
	"recibo/store/postgres"
)

// TestSystemsPageHasTheStatements compares docs/systems.md with what the
// program prints, which the adapters' own tests run.
func TestSystemsPageHasTheStatements(t *testing.T) {
	page, err := os.ReadFile("../../docs/systems.md")
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{
		"rights of a PostgreSQL recorder": postgres.Grants("recibo_recorder"),
		"rights of a PostgreSQL operator": postgres.OperatorGrants("recibo_operator"),
		"rights of a PostgreSQL reader":   postgres.ReaderGrants("recibo_reader"),
		"rights of a MySQL recorder":      mysql.Grants("recibo_recorder"),
		"rights of a MySQL operator":      mysql.OperatorGrants("recibo_operator"),
		"rights of a MySQL reader":        mysql.ReaderGrants("recibo_reader"),
		"rights of a MongoDB recorder":    mongodb.Grants("recibo_recorder"),
		"rights of a MongoDB operator":    mongodb.OperatorGrants("recibo_operator"),
		"rights of a MongoDB reader":      mongodb.ReaderGrants("recibo_reader"),
	}
	for _, text := range []string{"amqp://user@host:5672/payments?queue=payments", "kafka://kafka:9092/payments?group=recibo", "sqs://sa-east-1/payments"} {
		address, err := config.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		adapter, err := findQueue(address)
		if err != nil {
			t.Fatal(err)
		}
		if printed["commands of "+address.Scheme], err = adapter.commands(address); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range printed {
		if !strings.Contains(string(page), strings.TrimSpace(text)) {
			t.Errorf("docs/systems.md does not have the %s:\n%s", name, text)
		}
	}
	for scheme, rights := range map[string]string{
		"postgres": commented(postgres.Grants("recibo_recorder"), "-- "),
		"mysql":    commented(mysql.Grants("recibo_recorder"), "-- "),
		"mongodb":  commented(mongodb.Grants("recibo_recorder"), "// "),
	} {
		adapter, err := findStore(config.Address{Scheme: scheme})
		if err != nil {
			t.Fatal(err)
		}
		text, err := adapter.ddl(context.Background())
		if err != nil || !strings.Contains(text, rights) {
			t.Errorf("%s: migrate --print does not have the recorder's rights: %v", scheme, err)
		}
	}
}
