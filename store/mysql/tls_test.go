package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// TestTLS opens a server with TLS whose certificate is for localhost and
// 127.0.0.1, and which wants a client certificate of some users.
func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := testserver.NewAuthority(t), testserver.NewAuthority(t)
	server := testserver.NewMariaDB(t, testserver.TLS(authority))
	database := server.Database(t)
	certified, encrypted := server.User(t, "certified"), server.User(t, "encrypted")
	server.SQL(t, "", "GRANT ALL ON `"+database+"`.* TO `"+certified+"` REQUIRE X509; GRANT ALL ON `"+database+"`.* TO `"+encrypted+"` REQUIRE SSL")
	address := func(user string, more ...string) string {
		return with(server.URL(user, database), append([]string{"ssl-mode", "VERIFY_IDENTITY", "ssl-ca", authority.File()}, more...)...)
	}
	full := address("root")
	cert, key := authority.Client(t, "certified")
	wrongCert, wrongKey := stranger.Client(t, "certified")
	for name, address := range map[string]string{
		"VERIFY_IDENTITY":     full,
		"VERIFY_CA":           with(full, "ssl-mode", "VERIFY_CA"),
		"VERIFY_CA elsewhere": at(with(full, "ssl-mode", "VERIFY_CA"), newDetour(t, server.Addr(), "127.0.0.2:0").addr),
		"REQUIRED":            with(server.URL(encrypted, database), "ssl-mode", "REQUIRED"),
		"PREFERRED":           with(server.URL(encrypted, database), "ssl-mode", "PREFERRED"),
		"client certificate":  address(certified, "ssl-cert", cert, "ssl-key", key),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address, mysql.Options{})
			if err := s.Migrate(t.Context()); err != nil {
				t.Errorf("migrate: %v", err)
			}
			const version = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_version'"
			for _, got := range []string{mysql.Question(t, s, version), mysql.ReaderQuestion(t, s, version)} {
				if !strings.HasPrefix(got, "TLSv1.") {
					t.Errorf("encrypted: %q", got)
				}
			}
		})
	}
	for _, c := range []struct{ name, address, words, hint string }{
		{"wrong authority", with(full, "ssl-ca", stranger.File()), "certificate signed by unknown authority", "ssl-ca=FILE"},
		{"wrong authority, no mode", with(server.URL("root", database), "ssl-mode", "VERIFY_CA", "ssl-ca", stranger.File()), "certificate signed by unknown authority", "ssl-ca=FILE"},
		{"wrong host", at(full, newDetour(t, server.Addr(), "127.0.0.2:0").addr), "certificate is valid for 127.0.0.1, not 127.0.0.2", "write the host as the server's certificate names it"},
		{"no client certificate", address(certified), "Access denied for user", "may also want TLS"},
		{"client certificate without its key", address(certified, "ssl-cert", cert, "ssl-key", "/no/such/key"), "no such file", "--store takes"},
		{"TLS wanted for this user", server.URL(encrypted, database), "Access denied for user", "may also want TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantConfig(t, refused(t, c.address, mysql.Options{}), c.words, c.hint)
		})
	}
	// Whether the server's word about a strange certificate arrives before the end
	// of the connection is chance.
	err := refused(t, address(certified, "ssl-cert", wrongCert, "ssl-key", wrongKey), mysql.Options{})
	if store.ClassOf(err) != store.ClassOutage || !strings.Contains(fmt.Sprint(err), "the server closed the connection") {
		wantConfig(t, err, "unknown certificate authority", "check ssl-cert and ssl-key")
	}
}
