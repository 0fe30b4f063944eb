package e2e_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// TestPairSecured runs the main job as an operator should set it up: TLS both
// ways with the authority's certificate checked, accounts with the rights that
// `recibo migrate --print` prints and no others, and passwords in files. They
// show up nowhere, not in the list of processes either.
func TestPairSecured(t *testing.T) {
	authority := testserver.NewAuthority(t)
	p := &pair{place: newPlace(t), rabbit: testserver.NewRabbitMQ(t, testserver.TLS(authority)),
		postgres: testserver.NewPostgres(t, testserver.TLS(authority))}
	p.vhost, p.database = p.rabbit.VirtualHost(t), p.postgres.Database(t)
	p.look = p.postgres.URL("postgres", p.database)
	users := map[string]string{}
	for _, name := range []string{"recorder", "publisher"} {
		users[name] = p.rabbit.User(t, name, p.vhost, "^$", "^$", "^$")
	}
	queue := fmt.Sprintf("amqps://"+users["recorder"]+"@%s/%s?queue=payments&cacertfile=%s", p.rabbit.TLSAddr(), p.vhost, authority.File())
	store := fmt.Sprintf("postgres://recibo_recorder@%s/%s?sslmode=verify-full&sslrootcert=%s", p.postgres.TLSAddr(), p.database, authority.File())

	p.env = []string{"RECIBO_STORE=" + p.look}
	p.run(0, nil, "migrate", "--queue", p.rabbit.URL("admin", p.vhost, "payments"))
	p.grantAsPrinted(users, queue, store)

	password := filepath.Join(p.dir, "password")
	if err := os.WriteFile(password, []byte(testserver.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = []string{"RECIBO_QUEUE=" + queue, "RECIBO_STORE=" + store,
		"RECIBO_QUEUE_PASSWORD_FILE=" + password, "RECIBO_STORE_PASSWORD_FILE=" + password}
	sender := p.start("simulate", "--count", "2000", "--seed", "3",
		"--queue", strings.Replace(queue, users["recorder"], users["publisher"], 1))
	recorder := p.start("record", "--until-idle", "2s")
	watched := p.watchProcesses()
	for _, cmd := range []interface{ Wait() error }{sender, recorder} {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	watched()
	p.neverSaid()
	var got reconciled
	p.run(0, &got, "reconcile", "--seed", "3", "--count", "2000", "--output", "json")
	if !got.Balanced || got.Accounted != 2000 {
		t.Errorf("reconcile says %+v, want balanced", got)
	}
	p.refusesOthers(queue, store)
}

// grantAsPrinted runs the statements that migrate --print prints about the
// accounts.
func (p *pair) grantAsPrinted(users map[string]string, queue, store string) {
	p.t.Helper()
	cmd := p.command("migrate", "--print", "--store", store, "--queue", queue)
	printed, err := cmd.Output()
	if err != nil {
		p.t.Fatal(err)
	}
	statements := fmt.Sprintf("CREATE ROLE recibo_recorder LOGIN PASSWORD '%s';\n", testserver.Password)
	for line := range strings.Lines(string(printed)) {
		switch {
		case strings.HasPrefix(line, "-- GRANT ") && strings.Contains(line, "recibo_recorder"):
			statements += strings.TrimPrefix(line, "-- ")
		case strings.HasPrefix(line, "rabbitmqctl ") && !strings.Contains(line, " migrator "):
			var words []string
			for _, w := range strings.Fields(line)[1:] {
				w = strings.Trim(w, "'")
				words = append(words, cmp.Or(users[w], w))
			}
			p.rabbit.Control(p.t, words...)
		}
	}
	p.postgres.SQL(p.t, p.database, statements)
}

// refusesOthers wants a server of another authority refused, and changes of
// payments too.
func (p *pair) refusesOthers(queue, store string) {
	p.t.Helper()
	other := testserver.NewAuthority(p.t).File()
	for name, address := range map[string]string{"--queue": queue, "--store": store} {
		parameter := map[string]string{"--queue": "cacertfile=", "--store": "sslrootcert="}[name]
		before, _, _ := strings.Cut(address, parameter)
		cmd := p.command("record", "--until-idle", "1s", name, before+parameter+other)
		_ = cmd.Run()
		said := cmd.Stderr.(*bytes.Buffer).String()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(said, "certificate signed by unknown authority") ||
			!strings.Contains(said, "hint: ") || !strings.Contains(said, parameter+"FILE") {
			p.t.Errorf("%s of another authority: exit code %d, said %q", name, cmd.ProcessState.ExitCode(), said)
		}
	}
	for _, harm := range []string{"UPDATE payments SET amount = 0", "DELETE FROM payments", "TRUNCATE payments"} {
		_, err := p.open().Exec("SET ROLE recibo_recorder; " + harm)
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			p.t.Errorf("%s by the recorder's role: %v, want it refused", harm, err)
		}
	}
}
