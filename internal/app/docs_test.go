package app

import (
	"context"
	"os"
	"strings"
	"testing"

	"recibo/internal/config"
	"recibo/queue/rabbitmq"
	"recibo/store/postgres"
)

// TestSystemsPageHasTheStatements compares docs/systems.md with what the
// program prints, which the adapters' own tests run.
func TestSystemsPageHasTheStatements(t *testing.T) {
	page, err := os.ReadFile("../../docs/systems.md")
	if err != nil {
		t.Fatal(err)
	}
	address, err := config.ParseAddress("amqp://user@host:5672/payments?queue=payments")
	if err != nil {
		t.Fatal(err)
	}
	commands, err := rabbitmq.Commands(address.Full())
	if err != nil {
		t.Fatal(err)
	}
	printed, err := postgresDDL(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"RabbitMQ commands":             commands,
		"rights of PostgreSQL recorder": postgres.Grants("recibo_recorder"),
		"rights of PostgreSQL operator": postgres.OperatorGrants("recibo_operator"),
		"rights of PostgreSQL reader":   postgres.ReaderGrants("recibo_reader"),
	} {
		if !strings.Contains(string(page), strings.TrimSpace(text)) {
			t.Errorf("docs/systems.md does not have the %s:\n%s", name, text)
		}
	}
	if !strings.Contains(printed, commented(postgres.Grants("recibo_recorder"), "-- ")) {
		t.Error("migrate --print does not have the recorder's rights")
	}
}
