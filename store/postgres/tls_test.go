package postgres_test

import (
	"testing"

	"recibo/internal/testserver"
	"recibo/store/postgres"
)

// TestTLS opens a server with TLS whose certificate is for localhost, and which
// wants a client certificate of user "certified".
func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := testserver.NewAuthority(t), testserver.NewAuthority(t)
	server := testserver.NewPostgres(t, testserver.TLS(authority), testserver.HBA("hostssl all certified 127.0.0.1/32 cert"),
		testserver.HBA("hostnossl all certified 127.0.0.1/32 reject"))
	server.SQL(t, "postgres", "CREATE ROLE certified LOGIN; CREATE ROLE other LOGIN PASSWORD '"+testserver.Password+"'")
	password := server.URL("postgres", "postgres")
	full := with(password, "sslmode", "verify-full", "sslrootcert", authority.File())
	certified := with(server.URL("certified", "postgres"), "sslmode", "verify-full", "sslrootcert", authority.File())
	cert, key := authority.Client(t, "certified")
	wrongName, wrongNameKey := authority.Client(t, "somebody")
	wrongAuthority, wrongAuthorityKey := stranger.Client(t, "certified")

	for name, address := range map[string]string{
		"verify-full":        full,
		"verify-ca":          with(full, "sslmode", "verify-ca"),
		"require":            with(password, "sslmode", "require"),
		"client certificate": with(certified, "sslcert", cert, "sslkey", key),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address, postgres.Options{})
			if err := s.Migrate(t.Context()); err != nil && name != "client certificate" {
				t.Errorf("migrate: %v", err)
			}
			if got := postgres.Question(t, s, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"); got != "true" {
				t.Errorf("encrypted: %s", got)
			}
		})
	}
	for _, c := range []struct{ name, address, words, hint string }{
		{"wrong authority", with(full, "sslrootcert", stranger.File()), "certificate signed by unknown authority", "sslrootcert=FILE"},
		{"wrong authority, verify-ca", with(full, "sslmode", "verify-ca", "sslrootcert", stranger.File()), "certificate signed by unknown authority", "sslrootcert=FILE"},
		{"wrong host", at(full, newDetour(t, server.Addr(), "127.0.0.2:0").addr), "certificate is valid for 127.0.0.1, not 127.0.0.2", "write the host as the server's certificate names it"},
		{"no client certificate", certified, "connection requires a valid client certificate", "pg_hba.conf"},
		{"client certificate of another user", with(certified, "sslcert", wrongName, "sslkey", wrongNameKey), "certificate authentication failed for user", "pg_hba.conf"},
		{"client certificate of a strange authority", with(certified, "sslcert", wrongAuthority, "sslkey", wrongAuthorityKey), "connection requires a valid client certificate", "sslcert"},
		{"client certificate without its key", with(certified, "sslcert", cert, "sslkey", "/no/such/key"), "no such file", "--store takes"},
		{"TLS wanted for this user", with(server.URL("certified", "postgres"), "sslmode", "disable"), "pg_hba.conf", "pg_hba.conf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantConfig(t, refused(t, c.address, postgres.Options{}), c.words, c.hint)
		})
	}
	server.SQL(t, "postgres", "ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.1'")
	set(t, server, "SET ssl_max_protocol_version = 'TLSv1.1'")
	wantConfig(t, refused(t, full, postgres.Options{}), "tls: protocol version not supported", "the server's log")
}
