package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// TestPairStart: what is wrong at the start is one clear error with its hint,
// said once, and never the password. What waiting cannot mend exits with 2 at
// once; what it might, with 3 after --wait.
func TestPairStart(t *testing.T) {
	p := newPair(t)
	p.run(0, nil, "record", "--until-idle", "200ms") // makes the queue
	p.rabbit.API(t, "PUT", "/api/queues/"+p.vhost+"/classic", map[string]any{"durable": true}, nil)
	empty := p.postgres.Database(t)
	old, newer, readOnly := p.migrated(), p.migrated(), p.migrated()
	p.postgres.SQL(t, old, "DELETE FROM recibo_migrations WHERE version_id > 0")
	p.postgres.SQL(t, newer, "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (999, true)")
	p.postgres.SQL(t, "postgres", fmt.Sprintf(`ALTER DATABASE %q SET default_transaction_read_only = on`, readOnly))

	queue := p.rabbit.URL("admin", p.vhost, "payments")
	store := p.postgres.URL("postgres", p.database)
	at := func(database string) string { return p.postgres.URL("postgres", database) }
	wrong := func(address string) string { return strings.Replace(address, testserver.Password, "wr0ng-s3cret", 1) }
	tests := []struct {
		name, queue, store string
		args               []string
		code               int
		says, hint         string
	}{
		{"wrong password of the queue", wrong(queue), store, nil, 2, "refused", "check user and password"},
		{"missing vhost", p.rabbit.URL("admin", "nowhere", "payments"), store, nil, 2, "vhost nowhere not found", "rabbitmqctl add_vhost nowhere"},
		{"missing queue", p.rabbit.URL("admin", p.vhost, "absent"), store, []string{"--setup=false"}, 2, "no queue 'absent'", "recibo migrate --queue"},
		{"queue of other properties", p.rabbit.URL("admin", p.vhost, "classic"), store, nil, 2, "inequivalent arg", "--setup=false"},
		{"unreachable queue", "amqp://admin:" + testserver.Password + "@127.0.0.1:1/v?queue=payments", store, nil, 3, "connection refused", "--wait"},
		{"unknown parameter of the queue", queue + "&prefetch=7", store, nil, 2, "prefetch", ""},
		{"wrong password of the store", queue, wrong(store), nil, 2, `password authentication failed for user "postgres"`, "RECIBO_STORE or --store-password-file"},
		{"missing database", queue, at("nowhere"), nil, 2, `database "nowhere" does not exist`, ""},
		{"unreachable store", queue, "postgres://postgres:" + testserver.Password + "@127.0.0.1:1/x", nil, 3, "connection refused", "--wait"},
		{"missing schema", queue, at(empty), nil, 2, "tables are missing", "recibo migrate"},
		{"older schema", queue, at(old), nil, 2, "tables are missing", "recibo migrate"},
		{"newer schema", queue, at(newer), nil, 2, "newer recibo", "use the newer recibo"},
		{"read-only database", queue, at(readOnly), nil, 2, "default_transaction_read_only", "ALTER"},
		{"server without TLS", queue, strings.Replace(store, "sslmode=disable", "sslmode=verify-full", 1), nil, 2, "TLS", "sslmode"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			q := &place{t: t, dir: t.TempDir(), env: []string{"RECIBO_QUEUE=" + c.queue, "RECIBO_STORE=" + c.store}}
			cmd := q.command(append([]string{"record", "--wait", "500ms", "--until-idle", "1s", "--log-format", "text"}, c.args...)...)
			out := &bytes.Buffer{}
			cmd.Stdout = out
			_ = cmd.Run()
			said := cmd.Stderr.(*bytes.Buffer).String()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if strings.Count(said, "recibo: error: ") != 1 || strings.Count(said, "\nhint: ") != 1 {
				t.Errorf("want one error with one hint")
			}
			problem, hint, _ := strings.Cut(said[max(strings.Index(said, "recibo: error: "), 0):], "\nhint: ")
			if !strings.Contains(problem, c.says) || !strings.Contains(hint, c.hint) {
				t.Errorf("error and hint do not say %q and %q", c.says, c.hint)
			}
			before, _, _ := strings.Cut(said, "\nhint: ")
			if n := strings.Count(before, c.says); c.code == 2 && n != 1 {
				t.Errorf("%q is said %d times, want once", c.says, n)
			}
			if strings.Contains(said, "INF recording") {
				t.Error("it says that it records")
			}
			if strings.Contains(said+out.String(), testserver.Password) || strings.Contains(said, "wr0ng-s3cret") {
				t.Error("a password is shown")
			}
			t.Logf("said:\n%s", said)
		})
	}
}

// migrated makes another database with tables.
func (p *pair) migrated() string {
	p.t.Helper()
	name := p.postgres.Database(p.t)
	p.run(0, nil, "migrate", "--store", p.postgres.URL("postgres", name))
	return name
}
