package mongodb_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

// wantConfig checks an error that waiting cannot mend.
func wantConfig(t testing.TB, err error, words, hint string) {
	t.Helper()
	config, ok := errors.AsType[*store.ConfigError](err)
	if !ok {
		t.Errorf("error %v, want a *store.ConfigError", err)
		return
	}
	if !strings.Contains(err.Error(), words) || !strings.Contains(config.Hint(), hint) {
		t.Errorf("error %q, hint %q; want %q, %q", err, config.Hint(), words, hint)
	}
	wantNoSecret(t, err.Error()+config.Hint())
}

// refused opens what cannot be opened.
func refused(t testing.TB, address string, o mongodb.Options) error {
	t.Helper()
	s, err := mongodb.Open(t.Context(), address, o)
	if err == nil {
		t.Errorf("it was opened: %v", s.Close())
	}
	return err
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	good := server.URL("admin", "payments")
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	shown := "store mongodb://admin:***@" + u.Host + "/payments: "
	const secret = testserver.Password
	for _, c := range []struct{ name, address, words, hint string }{
		{"password", strings.Replace(good, secret, "wrong-secret", 1), shown + "authentication failed (AuthenticationFailed 18)", "--store-password-file"},
		{"user", server.URL("nobody", "payments"), "authentication failed", "authSource"},
		{"no database", server.URL("admin", ""), "the address names no database", "--store takes mongodb://"},
		{"parameter", with(good, "retryWrites", "perhaps"), "invalid value for", "--store takes"},
		{"mechanism", with(good, "authMechanism", "SMOKE-SIGNALS"), "", "--store takes"},
		{"authority's file", with(good, "tls", "true", "tlsCAFile", "/no/such/file"), "no such file", "--store takes"},
		{"port", "mongodb://app:" + secret + "@host:port/db", "", "--store takes"},
		{"password that was not escaped", "mongodb://app:a/" + secret + "?b@host:x/db", "", "--store takes"},
		{"password with an @", "mongodb://app:" + secret + "@" + secret + "@host/db", "", "--store takes"},
		{"password with a percent sign", "mongodb://app:%zz" + secret + "@host/db", "", "--store takes"},
		{"scheme", "mongo://app:" + secret + "@host/db", "scheme must be", "--store takes"},
		{"no scheme", "app:" + secret, "mongodb:***", "--store takes"},
		{"name that nobody has", "mongodb+srv://app:" + secret + "@no-such-cluster.invalid/db", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := refused(t, c.address, mongodb.Options{})
			if _, outage := errors.AsType[*store.Error](err); outage && c.hint == "" {
				wantNoSecret(t, err.Error()) // the name server may be down, as here it is
				return
			}
			wantConfig(t, err, c.words, c.hint)
		})
	}
}

// TestOpenWaits are errors that time may mend.
func TestOpenWaits(t *testing.T) {
	t.Parallel()
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
	const user = "mongodb://app:" + testserver.Password + "@"
	for _, c := range []struct{ name, address, words string }{
		{"nobody listens", user + nobody + "/db", "connect: connection refused"},
		{"no answer", user + silent.Addr().String() + "/db?connectTimeoutMS=500&serverSelectionTimeoutMS=1500", "connect: no answer in time"},
		{"no such host", user + "no-such-host.invalid/db?connectTimeoutMS=1000&serverSelectionTimeoutMS=1500", "connect: no address of host no-such-host.invalid"},
		{"TLS with a server that has none", with(testserver.SecantusDB(t).URL("admin", "x"), "tls", "true"), "connect: the server closed the connection"},
		{"two hosts, both down", user + nobody + ",localhost:1/db?replicaSet=rs", "connect: connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantClass(t, refused(t, c.address, mongodb.Options{}), store.ClassOutage, c.words)
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = mongodb.Open(ctx, user+silent.Addr().String()+"/db", mongodb.Options{})
	wantClass(t, err, store.ClassOutage, "connect: context deadline exceeded")
}

// TestNoPrimary is a replica set that elects one, or has lost its majority.
func TestNoPrimary(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	// As a set of another name it is none of its members.
	address := strings.Replace(with(server.URL("admin", "x"), "replicaSet", "other"), "directConnection=true", "directConnection=false", 1)
	err := refused(t, address, mongodb.Options{})
	wantClass(t, err, store.ClassOutage, "connect: no server is the primary")
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	address := server.URL("admin", server.Database(t))
	s := migrated(t, address, mongodb.Options{})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	look := open(t, address, mongodb.Options{ReadOnly: true})
	wantPayments(t, look, 1)
	wantConfig(t, look.Update(t.Context(), counted(2)), "opened for reading only", "for writing")
	wantConfig(t, look.Migrate(t.Context()), "opened for reading only", "recibo migrate")
}

// TestClosed answers, and does not hang.
func TestClosed(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wantClass(t, s.Update(t.Context(), counted(1)), store.ClassOutage, "the store is closed")
	_, err := s.Reader().Totals(t.Context())
	wantClass(t, err, store.ClassOutage, "the store is closed")
}
