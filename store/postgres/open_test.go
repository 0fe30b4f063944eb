package postgres_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
)

// wantConfig checks an error that waiting cannot mend.
func wantConfig(t testing.TB, err error, words, hint string) {
	t.Helper()
	config, ok := errors.AsType[*store.ConfigError](err)
	if !ok {
		t.Errorf("error %v, want a *store.ConfigError", err)
		return
	}
	if !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "SQLSTATE") || !strings.Contains(config.Hint(), hint) {
		t.Errorf("error %q, hint %q; want %q, %q", err, config.Hint(), words, hint)
	}
	wantNoSecret(t, err.Error()+config.Hint())
}

// refused opens what cannot be opened.
func refused(t testing.TB, address string, o postgres.Options) error {
	t.Helper()
	s, err := postgres.Open(t.Context(), address, o)
	if err == nil {
		t.Errorf("it was opened: %v", s.Close())
	}
	return err
}

func TestOpenRefused(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	good := server.URL("postgres", database)
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	shown := "store postgres://postgres:***@" + u.Host + "/" + database + ": "
	wrong := strings.Replace(good, testserver.Password, "wrong-secret", 1)
	for _, c := range []struct{ name, address, words, hint string }{
		{"password", wrong, shown + `password authentication failed for user "postgres"`, "check RECIBO_STORE or --store-password-file"},
		{"no password", strings.Replace(good, ":"+testserver.Password, "", 1), `password authentication failed`, "--store-password-file"},
		{"database", server.URL("postgres", "nowhere"), `database "nowhere" does not exist`, "CREATE DATABASE"},
		{"user", strings.Replace(good, "postgres:", "nobody:", 1) /* the first is the scheme's */, "", ""},
		{"parameter", with(good, "colour", "red"), shown + `unrecognized configuration parameter "colour"`, "check the parameters"},
		{"value of a parameter", with(good, "statement_timeout", "soon"), "invalid value for parameter", "check the parameters"},
		{"sslmode", with(good, "sslmode", "full"), "sslmode is invalid", "--store takes postgres://"},
		{"no TLS", with(good, "sslmode", "require"), shown + "server refused TLS connection", "sslmode=disable where the way to it is safe"},
		{"authority's file", with(good, "sslmode", "verify-full", "sslrootcert", "/no/such/file"), "no such file", "--store takes"},
		{"port", "postgres://app:" + testserver.Password + "@host:port/db", "invalid port", "--store takes"},
		{"password that was not escaped", "postgres://app:a/" + testserver.Password + "?b@host:x/db", "", "--store takes"},
		{"target_session_attrs", with(good, "target_session_attrs", "best"), "unknown target_session_attrs", "--store takes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "user" {
				c.address, c.words, c.hint = server.URL("nobody", database), `password authentication failed for user "nobody"`, "RECIBO_STORE"
			}
			wantConfig(t, refused(t, c.address, postgres.Options{}), c.words, c.hint)
		})
	}
}

// TestOpenWaits are errors that time may mend.
func TestOpenWaits(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	_ = free.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for _, c := range []struct{ name, address, words string }{
		{"nobody listens", "postgres://app:" + testserver.Password + "@" + nobody + "/db", "connect: connection refused"},
		{"no answer", "postgres://app:" + testserver.Password + "@" + silent.Addr().String() + "/db?connect_timeout=1", "connect: no answer in time"},
		{"no such host", "postgres://app:" + testserver.Password + "@no-such-host.invalid/db?connect_timeout=1", "connect: no address of host no-such-host.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantClass(t, refused(t, c.address, postgres.Options{}), store.ClassOutage, c.words)
		})
	}
}

func TestOpenStopsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = postgres.Open(ctx, "postgres://app@"+silent.Addr().String()+"/db", postgres.Options{})
	wantClass(t, err, store.ClassOutage, "connect: context deadline exceeded")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAddresses are ways of writing one.
func TestAddresses(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	good := server.URL("postgres", database)
	host, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	passFile := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(passFile, []byte(host+":"+port+":*:postgres:"+testserver.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGPASSFILE", passFile)
	bare := strings.Replace(good, ":"+testserver.Password, "", 1)
	for name, address := range map[string]string{
		"postgresql":        strings.Replace(good, "postgres://", "postgresql://", 1),
		"PGPASSFILE":        bare,
		"parameters":        "postgres:///?host=" + host + "&port=" + port + "&user=postgres&dbname=" + database + "&password=" + testserver.Password,
		"two hosts":         strings.Replace(good, server.Addr(), "127.0.0.1:1,"+server.Addr(), 1),
		"read-write":        with(good, "target_session_attrs", "read-write"),
		"prefer TLS":        with(good, "sslmode", "prefer"),
		"a schema that one": with(good, "search_path", "public", "connect_timeout", "3", "application_name", "x"),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address, postgres.Options{})
			if err := s.Migrate(t.Context()); err != nil {
				t.Errorf("migrate: %v", err)
			}
		})
	}
}

// TestSchemaOfItsOwn keeps the tables in the schema that search_path names.
func TestSchemaOfItsOwn(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	address := with(server.URL("postgres", database), "search_path", "recibo")
	s := open(t, address, postgres.Options{})
	wantConfig(t, s.Migrate(t.Context()), "there is no schema to make tables in", "CREATE SCHEMA")
	server.SQL(t, database, "CREATE SCHEMA recibo; CREATE TABLE public.payments (x int)")
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), recording(newPayment("a", 15075))); err != nil {
		t.Fatal(err)
	}
	if got := server.SQL(t, database, "SELECT amount FROM recibo.payments"); got != "150.75" {
		t.Errorf("amount %s", got)
	}
}

func TestReadOnly(t *testing.T) {
	server := testserver.Postgres(t)
	address := server.URL("postgres", server.Database(t))
	look := open(t, address, postgres.Options{ReadOnly: true})
	wantConfig(t, look.Check(t.Context()), "tables are missing", "run `recibo migrate`")
	writer := migrated(t, address, postgres.Options{})
	for i, id := range []string{"a", "b"} {
		if err := writer.Update(t.Context(), recording(newPayment(id, 1))); err != nil {
			t.Fatal(err)
		}
		wantPayments(t, look, i+1)
	}
	for what, err := range map[string]error{"update": look.Update(t.Context(), recording(newPayment("c", 1))), "migrate": look.Migrate(t.Context())} {
		t.Run(what, func(t *testing.T) { wantConfig(t, err, "opened for reading only", "") })
	}
	if err := look.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
}

func TestClosed(t *testing.T) {
	server := testserver.Postgres(t)
	s := migrated(t, server.URL("postgres", server.Database(t)), postgres.Options{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wantClass(t, s.Update(t.Context(), recording(newPayment("b", 1))), store.ClassOutage, "the store is closed")
	if _, err := s.Reader().Totals(t.Context()); err == nil {
		t.Error("a closed store answers")
	}
}

func TestLimits(t *testing.T) {
	server := testserver.Postgres(t)
	address := server.URL("postgres", "postgres")
	for writers, want := range map[int]int{0: 2, -1: 2, 1: 1, 7: 7, 16: 16, 99: 16} {
		if got := open(t, address, postgres.Options{Writers: writers}).Limits().Writers; got != want {
			t.Errorf("%d writers: %d, want %d", writers, got, want)
		}
	}
}
