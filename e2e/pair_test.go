package e2e_test

import (
	"database/sql"
	"os/exec"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// pair is a place on RabbitMQ and PostgreSQL, each behind a fault proxy.
type pair struct {
	*place
	rabbit   *testserver.RabbitServer
	postgres *testserver.PostgresServer
	vhost    string
	database string
	queue    *testserver.Proxy
	store    *testserver.Proxy
}

// newPair makes a virtual host and a database on the servers that all tests
// share, which must not be hurt.
func newPair(t *testing.T) *pair {
	return joinPair(t, testserver.RabbitMQ(t), testserver.Postgres(t))
}

// newPairToHurt has servers of its own.
func newPairToHurt(t *testing.T) *pair {
	return joinPair(t, testserver.NewRabbitMQ(t), testserver.NewPostgres(t))
}

func joinPair(t *testing.T, rabbit *testserver.RabbitServer, postgres *testserver.PostgresServer) *pair {
	t.Helper()
	p := &pair{place: newPlace(t), rabbit: rabbit, postgres: postgres,
		vhost: rabbit.VirtualHost(t), database: postgres.Database(t), queue: rabbit.Proxy(t), store: postgres.Proxy(t)}
	p.look = postgres.URL("postgres", p.database)
	p.use(rabbit.URL("admin", p.vhost, "payments"), p.look)
	p.run(0, nil, "migrate")
	return p
}

// use sets the addresses, by way of the proxies.
func (p *pair) use(queue, store string) {
	p.env = []string{
		"RECIBO_QUEUE=" + strings.Replace(queue, p.rabbit.Addr(), p.queue.Addr(), 1),
		"RECIBO_STORE=" + strings.Replace(store, p.postgres.Addr(), p.store.Addr(), 1),
	}
}

// setting overrides an address or another setting for the commands that follow.
func (p *pair) setting(name, value string) { p.env = append(p.env, name+"="+value) }

// recorded counts the payments, past the proxy. A connection that was open
// before the server went away fails once.
func (p *pair) recorded(db *sql.DB) int64 {
	p.t.Helper()
	var n int64
	await(p.t, 10*time.Second, "an answer of the database", func() bool {
		return db.QueryRow("SELECT count(*) FROM payments").Scan(&n) == nil
	})
	return n
}

// await waits until done, at most for so long, and returns how long it took.
func await(t *testing.T, most time.Duration, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !done() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(began)
}

// runProgram runs a program of somebody else's to its end.
func runProgram(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}
