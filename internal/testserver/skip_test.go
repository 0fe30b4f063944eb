package testserver_test

import (
	"errors"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// Not parallel: the environment is everybody's.
func TestMissingProgramSkips(t *testing.T) {
	t.Setenv("RECIBO_TEST_PROGRAMS", t.TempDir())
	for name, use := range map[string]func(testing.TB){
		"initdb":          func(t testing.TB) { testserver.NewPostgres(t) },
		"rabbitmq-server": func(t testing.TB) { testserver.NewRabbitMQ(t) },
		"sqlite3":         func(t testing.TB) { testserver.Program(t, "sqlite3") },
		"no-such":         func(t testing.TB) { testserver.Program(t, "no-such") },
	} {
		var skipped *testserver.SkippedError
		err := testserver.Outside("inner", use)
		if !errors.As(err, &skipped) || !strings.Contains(skipped.Reason, name) {
			t.Errorf("without %s: %v, want it skipped", name, err)
		}
	}
	if missing := testserver.Install(); len(missing) != 13 {
		t.Errorf("missing are %v, want all packages and all of the registries", missing)
	}
}

// What Outside does not do must not look like success.
func TestOutsideReports(t *testing.T) {
	t.Parallel()
	var order []string
	err := testserver.Outside("inner", func(t testing.TB) {
		t.Cleanup(func() { order = append(order, "first") })
		t.Cleanup(func() { t.Fatal("in a cleanup") })
		t.Errorf("said %s", "before")
		t.Fatalf("then %s", "failed")
		order = append(order, "never")
	})
	if err == nil || err.Error() != "said before\nthen failed\nin a cleanup" {
		t.Errorf("got %v", err)
	}
	if len(order) != 1 || order[0] != "first" {
		t.Errorf("ran %v", order)
	}
}
