package mysql_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// wantConfig checks an error that waiting cannot mend.
func wantConfig(t testing.TB, err error, words, hint string) {
	t.Helper()
	config, ok := errors.AsType[*store.ConfigError](err)
	if !ok {
		t.Errorf("error %v, want a *store.ConfigError", err)
		return
	}
	if !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "(error ") || !strings.Contains(config.Hint(), hint) {
		t.Errorf("error %q, hint %q; want %q, %q", err, config.Hint(), words, hint)
	}
	wantNoSecret(t, err.Error()+config.Hint())
}

// refused opens what cannot be opened.
func refused(t testing.TB, address string, o mysql.Options) error {
	t.Helper()
	s, err := mysql.Open(t.Context(), address, o)
	if err == nil {
		t.Errorf("it was opened: %v", s.Close())
	}
	return err
}

func TestOpenRefused(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	locked := server.User(t, "locked")
	server.SQL(t, "", "ALTER USER `"+locked+"` ACCOUNT LOCK")
	good := server.URL("root", database)
	shown := "store mysql://root:***@" + server.Addr() + "/" + database + ": "
	at := server.Addr()
	for _, c := range []struct{ name, address, words, hint string }{
		{"password", strings.Replace(good, testserver.Password, "wrong-secret", 1), shown + "Access denied for user 'root'@", "check RECIBO_STORE or --store-password-file"},
		{"no password", strings.Replace(good, ":"+testserver.Password, "", 1), "(using password: NO)", "--store-password-file"},
		{"database", server.URL("root", "nowhere"), "Unknown database 'nowhere'", "CREATE DATABASE"},
		{"rights to the database", server.URL(server.User(t, "poor"), database), "to database '" + database + "'", "docs/systems.md"},
		{"user", server.URL("nobody", database), "Access denied for user 'nobody'@", "RECIBO_STORE"},
		{"locked", server.URL(locked, database), "this account is locked", "ACCOUNT UNLOCK"},
		{"parameter", with(good, "colour", "red"), `unknown parameter "colour"`, "--store takes mysql://"},
		{"ssl-mode", with(good, "ssl-mode", "full"), `ssl-mode is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, not "FULL"`, "--store takes mysql://"},
		{"no TLS", with(good, "ssl-mode", "REQUIRED"), shown + "TLS requested but server does not support TLS", "ssl-mode=DISABLED where the way to it is safe"},
		{"authority's file", with(good, "ssl-mode", "VERIFY_CA", "ssl-ca", "/no/such/file"), "no such file", "--store takes"},
		{"authority's file is none", with(good, "ssl-ca", "open_test.go"), "no certificate in open_test.go", "--store takes"},
		{"timeout", with(good, "connect-timeout", "soon"), `connect-timeout is a number of seconds, not "soon"`, "--store takes"},
		{"port", "mysql://app:" + testserver.Password + "@host:port/db", "store mysql://app:***@host:port/db: invalid host or port", "--store takes"},
		{"password that was not escaped", "mysql://app:a/" + testserver.Password + "?b@" + at + "/db", "", "--store takes"},
		{"password with a %", "mysql://app:%" + testserver.Password + "@" + at + "/db", "user or password has a %", "--store takes"},
		{"no database", "mysql://app@" + at, "it names no database", "--store takes"},
		{"scheme", "mariadb://app:" + testserver.Password + "@" + at + "/db", "it does not begin with mysql://", "--store takes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantConfig(t, refused(t, c.address, mysql.Options{}), c.words, c.hint)
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
		{"nobody listens", "mysql://app:" + testserver.Password + "@" + nobody + "/db", "connect: connection refused"},
		{"no answer", "mysql://app:" + testserver.Password + "@" + silent.Addr().String() + "/db?connect-timeout=1", "connect: no answer in time"},
		{"no such host", "mysql://app:" + testserver.Password + "@no-such-host.invalid/db?connect-timeout=1", "connect: no address of host no-such-host.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantClass(t, refused(t, c.address, mysql.Options{}), store.ClassOutage, c.words)
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
	_, err = mysql.Open(ctx, "mysql://app@"+silent.Addr().String()+"/db", mysql.Options{})
	wantClass(t, err, store.ClassOutage, "connect: context deadline exceeded")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAddresses are ways of writing one.
func TestAddresses(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	good := server.URL("root", database)
	plain := strings.TrimSuffix(good, "?ssl-mode=DISABLED")
	odd := server.User(t, "odd")
	server.SQL(t, database, "SET PASSWORD FOR `"+odd+"` = PASSWORD('a:b/c@d?e&f%g h'); GRANT ALL ON `"+database+"`.* TO `"+odd+"`")
	sha := server.User(t, "ed25519")
	server.SQL(t, database, "ALTER USER `"+sha+"` IDENTIFIED VIA ed25519 USING PASSWORD('"+testserver.Password+"'); GRANT ALL ON `"+database+"`.* TO `"+sha+"`")
	for name, address := range map[string]string{
		"no parameters":        plain,
		"preferred":            with(good, "ssl-mode", "preferred"),
		"two hosts":            strings.Replace(good, server.Addr(), "127.0.0.1:1,"+server.Addr(), 1),
		"percent":              "mysql://" + odd + ":a%3Ab%2Fc%40d%3Fe%26f%25g%20h@" + server.Addr() + "/" + database,
		"ed25519 of MariaDB":   server.URL(sha, database),
		"a socket":             with(strings.Replace(good, server.Addr(), "", 1), "socket", server.SQL(t, "", "SELECT @@socket")),
		"a time for answering": with(good, "connect-timeout", "7"),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address, mysql.Options{})
			if err := s.Migrate(t.Context()); err != nil {
				t.Errorf("migrate: %v", err)
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	server := testserver.MariaDB(t)
	address := server.URL("root", server.Database(t))
	look := open(t, address, mysql.Options{ReadOnly: true})
	wantConfig(t, look.Check(t.Context()), "tables are missing", "run `recibo migrate`")
	writer := migrated(t, address, mysql.Options{})
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
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
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
	server := testserver.MariaDB(t)
	address := server.URL("root", server.Database(t))
	for writers, want := range map[int]int{0: 2, -1: 2, 1: 1, 7: 7, 16: 16, 99: 16} {
		if got := open(t, address, mysql.Options{Writers: writers}).Limits().Writers; got != want {
			t.Errorf("%d writers: %d, want %d", writers, got, want)
		}
	}
}
